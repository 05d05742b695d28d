"""公众号消息: only the platform is answered, in safe mode, with links and never with data."""

import time

import pytest

from baozhen.foundation.notify.wechat_messages import (
    MessageKeys,
    decrypt,
    encrypt,
    read_xml,
    signature_of,
    write_xml,
)

pytestmark = pytest.mark.django_db
KEYS = MessageKeys(
    token="spamtest", aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", app_id="wxapp"
)
ADDRESS = "/wechat/messages"


@pytest.fixture
def account(settings):
    settings.BAOZHEN_WECHAT_URL = "https://wxapp:secret@api.weixin.qq.com"
    settings.BAOZHEN_WECHAT_TOKEN = KEYS.token
    settings.BAOZHEN_WECHAT_AES_KEY = KEYS.aes_key


def send(client, fields, keys=KEYS, stamp=None, signature=None):
    message = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1"} | fields
    sealed = encrypt(write_xml(message), keys)
    stamp, nonce = stamp or str(int(time.time())), "n1"
    query = {
        "signature": signature_of(keys.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": signature or signature_of(keys.token, stamp, nonce, sealed),
    }
    address = ADDRESS + "?" + "&".join(f"{name}={value}" for name, value in query.items())
    body = write_xml({"ToUserName": "gh_1", "Encrypt": sealed})
    return client.post(address, body, content_type="text/xml")


def said(response):
    assert response.status_code == 200, response.content
    sealed = read_xml(response.content)
    parts = (sealed["TimeStamp"], sealed["Nonce"], sealed["Encrypt"])
    assert sealed["MsgSignature"] == signature_of(KEYS.token, *parts)
    return read_xml(decrypt(sealed["Encrypt"], KEYS))


def test_the_platform_finds_out_that_the_address_is_ours(client, account):
    query = {"timestamp": "1", "nonce": "n", "echostr": "12345"}
    right = client.get(ADDRESS, query | {"signature": signature_of("spamtest", "1", "n")})
    assert (right.status_code, right.content) == (200, b"12345")
    assert client.get(ADDRESS, query | {"signature": "0" * 40}).status_code == 403


@pytest.mark.requirement("S0-6.1b")
@pytest.mark.parametrize(
    ("fields", "link"),
    [
        ({"MsgType": "text", "Content": "我的保单"}, "/m/wechat/enter"),
        ({"MsgType": "text", "Content": "怎么验真"}, "/verify"),
        ({"MsgType": "text", "Content": "出险了"}, "/m/wechat/enter"),
        ({"MsgType": "event", "Event": "CLICK", "EventKey": "policies"}, "/m/wechat/enter"),
        ({"MsgType": "event", "Event": "CLICK", "EventKey": "verify"}, "/verify"),
        ({"MsgType": "event", "Event": "subscribe"}, "/m/wechat/enter"),
        ({"MsgType": "image"}, "/m/wechat/enter"),
    ],
)
def test_an_answer_is_a_link(client, account, fields, link):
    answer = said(send(client, fields))
    assert (answer["ToUserName"], answer["FromUserName"]) == ("o1", "gh_1")
    assert link in answer["Content"]


def test_some_events_need_no_answer(client, account):
    response = send(client, {"MsgType": "event", "Event": "unsubscribe"})
    assert response.content == b"success"


def test_a_number_in_a_chat_shows_nothing(client, account, policy):
    answer = said(send(client, {"MsgType": "text", "Content": policy.number}))
    assert policy.number not in answer["Content"]
    assert policy.plate_masked not in answer["Content"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": MessageKeys(token="other", aes_key=KEYS.aes_key, app_id="wxapp")},
        {"keys": MessageKeys(token="spamtest", aes_key=KEYS.aes_key, app_id="wxother")},
        {"stamp": "1000000000"},
        {"signature": "0" * 40},
    ],
)
def test_a_forged_message_is_refused(client, account, wrong):
    assert send(client, {"MsgType": "text", "Content": "保单"}, **wrong).status_code == 403


def test_a_message_in_clear_text_is_refused(client, account):
    stamp = str(int(time.time()))
    address = (
        f"{ADDRESS}?timestamp={stamp}&nonce=n&signature={signature_of('spamtest', stamp, 'n')}"
    )
    body = write_xml({"FromUserName": "o1", "MsgType": "text", "Content": "保单"})
    assert client.post(address, body, content_type="text/xml").status_code == 403


def test_without_an_account_there_is_nothing(client):
    assert client.get(ADDRESS).status_code == 404
