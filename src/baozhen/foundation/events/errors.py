"""How calling others back is refused."""

from baozhen.foundation.errors import Refusal


class EventTypeUnknown(Refusal):
    """There is no event of this name."""

    code = "event_type_unknown"
    message = "没有事件类型 {type}"


class WebhookUnknown(Refusal):
    """No endpoint of this number, or another client's."""

    code = "webhook_unknown"
    message = "没有找到回调地址 {endpoint}"


class DeliveryUnknown(Refusal):
    """No delivery of this number, or another client's."""

    code = "webhook_delivery_unknown"
    message = "没有找到回调 {delivery}"


class WebhookAddressRefused(Refusal):
    """The address is one that this program must not call."""

    code = "webhook_address_refused"
    message = "回调地址不能使用：{reason}"


class WebhookInactive(Refusal):
    """The endpoint is switched off."""

    code = "webhook_inactive"
    message = "回调地址 {endpoint} 已停用"


class TooManyWebhooks(Refusal):
    """A client has as many endpoints as it may."""

    code = "too_many_webhooks"
    message = "每个客户端最多 {most} 个回调地址"
