"""What the API says of events, callbacks and their deliveries."""

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from baozhen.faces.api.conventions import PageInfo

_EXAMPLE = "whk_06bt3k9q2w8v5n7r4t6y8z0a1c"


class EventInfo(Schema):
    """What happened: ids and hashes, never personal data."""

    id: str = Field(description="事件编号，与回调的 webhook-id 相同", examples=["evt_06bt3k9q2w"])
    type: str = Field(description="如 envelope.completed")
    timestamp: datetime
    data: dict[str, Any] = Field(description="object 对象类型、id 编号，及各事件自己的编号与摘要")


class EventPage(PageInfo):
    """Events in an order in which none is missed; `cursor` is always given, to go on from."""

    items: list[EventInfo]


class EndpointInfo(Schema):
    """An address that is called about events."""

    id: str = Field(examples=[_EXAMPLE])
    url: str
    types: list[str] = Field(description="事件类型；空表示全部")
    description: str
    active: bool
    disabled_reason: str
    failing_since: datetime | None
    public_key: str = Field(description="Ed25519 公钥（whpk_），验证 v1a 签名")
    created_at: datetime


class EndpointPage(PageInfo):
    """A page of endpoints."""

    items: list[EndpointInfo]


class NewEndpoint(EndpointInfo):
    """A new endpoint with its secret."""

    secret: str = Field(description="签名密钥（whsec_），验证 v1 签名；只在此处给出")


class EndpointIn(Schema):
    """The endpoint that shall be."""

    url: str = Field(max_length=500, description="https 地址；指向内部网络的地址会被拒绝")
    types: list[str] = Field(default=[], max_length=64, description="事件类型；空表示全部")
    description: str = Field(default="", max_length=200)


class EndpointChange(Schema):
    """What shall change; what is left out stays."""

    types: list[str] | None = Field(default=None, max_length=64)
    description: str | None = Field(default=None, max_length=200)


class Rotation(Schema):
    """How long the present secret signs beside the new one."""

    overlap_hours: int = Field(default=24, ge=0, le=168)


class NewSecret(Schema):
    """The new secret of an endpoint."""

    id: str
    secret: str


class EndpointReasonIn(Schema):
    """Why an endpoint is switched off."""

    reason: str = Field(min_length=1, max_length=200)


class Span(Schema):
    """The span of time whose events are told again."""

    since: datetime
    until: datetime


class Replayed(Schema):
    """How many events will be told again."""

    id: str
    replayed: int


class AttemptInfo(Schema):
    """One call."""

    number: int
    at: datetime
    status_code: int | None
    reason: str
    milliseconds: int


class DeliveryInfo(Schema):
    """One event for one endpoint."""

    id: str
    event: str
    type: str
    status: Literal["waiting", "delivered", "given_up"]
    attempts: int
    created_at: datetime
    next_at: datetime | None
    delivered_at: datetime | None


class DeliveryDetail(DeliveryInfo):
    """A delivery with its calls."""

    calls: list[AttemptInfo]


class DeliveryPage(PageInfo):
    """A page of deliveries, the newest first."""

    items: list[DeliveryInfo]
