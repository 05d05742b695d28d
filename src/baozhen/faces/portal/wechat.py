"""Where WeChat sends what people write to the official account; the answers lead to the wallet.

`BAOZHEN_WECHAT_TOKEN` and `BAOZHEN_WECHAT_AES_KEY` are those set on the platform (safe mode); the
AppID stands in `BAOZHEN_WECHAT_URL`. Nothing about a policy is ever written into a chat: an answer
is a link, and the page behind it asks who is there.
"""

import time
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.limits import Limit, spend
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.notify.wechat_messages import (
    BODY_BYTES_MAX,
    MessageKeys,
    WeChatMessageRefused,
    check_fresh,
    check_signature,
    decrypt,
    read_xml,
    sealed_reply,
    write_xml,
)
from baozhen.foundation.notify.wechat_people import WeChatNotConfigured
from baozhen.signing.organizations.insurer import get_insurer

MESSAGES = Limit(name="wechat_in", most=6_000)
_POLICIES = ("保单", "查询", "下载", "标志", "批改", "发票", "回执")
_VERIFY = ("验真", "真伪", "真假", "核验")
_CLAIM = ("报案", "理赔", "出险", "事故", "进度")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest) -> HttpResponse:
    """Prove to the platform that this address is ours, or answer a message."""
    spend(MESSAGES, address_of(request))
    keys = _keys()
    given = {name: request.GET.get(name, "") for name in ("signature", "timestamp", "nonce")}
    if request.method == "GET":
        check_signature(given["signature"], keys.token, given["timestamp"], given["nonce"])
        return _plain(request.GET.get("echostr", ""))
    check_fresh(given["timestamp"], at_seconds=time.time())
    sealed = _sealed_body(request)
    check_signature(
        request.GET.get("msg_signature", ""),
        keys.token,
        given["timestamp"],
        given["nonce"],
        sealed,
    )
    answer = _answer(read_xml(decrypt(sealed, keys)))
    if answer is None:
        return _plain("success")
    body = sealed_reply(answer, keys, timestamp=str(int(time.time())), nonce=given["nonce"])
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def _keys() -> MessageKeys:
    token, aes_key = configured("BAOZHEN_WECHAT_TOKEN"), configured("BAOZHEN_WECHAT_AES_KEY")
    app_id = unquote(urlsplit(configured("BAOZHEN_WECHAT_URL")).username or "")
    if not (token and aes_key and app_id):
        raise WeChatNotConfigured(app="公众号")
    return MessageKeys(token=token, aes_key=aes_key, app_id=app_id)


def _sealed_body(request: HttpRequest) -> str:
    """Return the cipher text; a message in clear text is refused, whatever the platform allows."""
    if len(request.body) > BODY_BYTES_MAX:
        raise WeChatMessageRefused
    sealed = read_xml(request.body).get("Encrypt", "")
    if not sealed:
        raise WeChatMessageRefused
    return sealed


def _answer(message: dict[str, str]) -> bytes | None:
    """Return the answer to a message, None when nothing is to be said."""
    text = _words(message)
    if text is None:
        return None
    return write_xml(
        {
            "ToUserName": message.get("FromUserName", ""),
            "FromUserName": message.get("ToUserName", ""),
            "CreateTime": str(int(time.time())),
            "MsgType": "text",
            "Content": text,
        }
    )


def _words(message: dict[str, str]) -> str | None:
    if message.get("MsgType") == "event":
        event, key = message.get("Event", "").lower(), message.get("EventKey", "")
        if event == "subscribe":
            return f"欢迎关注{get_insurer().short_name}。\n{_menu()}"
        return _topic(key) if event == "click" else None
    if message.get("MsgType") == "text":
        return _topic(message.get("Content", ""))
    return _menu()


def _topic(text: str) -> str:
    """Return the answer to what somebody wrote or pressed; the menu when it is unclear."""
    if text == "verify" or any(word in text for word in _VERIFY):
        return f"核验电子保单的真伪：{_link('portal:verify', '上传文件验真')}"
    if text == "claim" or any(word in text for word in _CLAIM):
        phone = get_insurer().claim_phone
        return f"请在保单里点“报案”：{_own('我的保单')}\n也可致电 {phone}，服务完全相同。"
    if text == "policies" or any(word in text for word in _POLICIES):
        return f"查看和下载您本人的保单、保险标志和发票：{_own('我的保单')}"
    return _menu()


def _menu() -> str:
    insurer = get_insurer()
    return (
        f"我的保单：{_own('查看与下载')}\n"
        f"保单验真：{_link('portal:verify', '上传文件验真')}\n"
        f"人工服务：{insurer.service_phone}，报案：{insurer.claim_phone}\n"
        "为保护您的信息，保单内容只在核对本人身份后的页面显示。"
    )


def _own(label: str) -> str:
    return _link("journey:wechat_enter", label)


def _link(name: str, label: str) -> str:
    return f'<a href="{settings.BAOZHEN_PUBLIC_URL.rstrip("/")}{reverse(name)}">{label}</a>'


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
