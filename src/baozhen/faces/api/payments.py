"""Notices of payment channels: public addresses, each verified by the channel's own signature."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router

from baozhen.faces.api.bodies import declared_length
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.client import address_of
from baozhen.faces.limits import LIVE, spend
from baozhen.foundation.clock import now
from baozhen.insurance.payments.services.telling import take_notice

router = Router(tags=["支付"])
_NOTICE_BYTES_MAX = 65_536
Channel = Literal["wechat", "alipay", "unionpay"]


@router.post(
    "/payment-notices/{channel}",
    response={200: None, **PROBLEMS},
    auth=None,
    summary="支付渠道的结果通知",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "渠道规定的报文：微信支付为 JSON，支付宝和银联为表单；由渠道签名",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
            },
        }
    },
)
def notice(request: HttpRequest, channel: Channel) -> HttpResponse:
    """Take a notice and answer as the channel wants it; the same notice again changes nothing.

    What the channel did not sign is refused with 401, kept, counted and told as a risk.
    """
    spend(LIVE, f"payment-notice:{address_of(request)}")
    declared_length(request, most=_NOTICE_BYTES_MAX)
    answer = take_notice(channel, headers=request.headers, body=request.body, at=now())
    return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
