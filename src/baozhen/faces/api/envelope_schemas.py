"""What programs say and hear about signing tasks."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema

from baozhen.faces.api.conventions import BusinessNumber, PageInfo, PublicId
from baozhen.foundation.timestamps.modes import TimestampMode

DOCUMENTS_MAX = 20
PARTIES_MAX = 50
BASE64_MAX = 14 * 1024 * 1024


class PartyIn(Schema):
    """Who fills a role: a person's identity facts, or the unit of a company."""

    name: str = Field("", max_length=64, description="姓名；单位填 unit")
    id_type: str = Field("id_card", max_length=32, description="证件类型")
    id_no: str = Field("", max_length=32, description="证件号码，只用于核验，加密保存")
    mobile: str = Field("", max_length=11, description="手机号，接收签署链接和验证码")
    email: str = Field("", max_length=254, description="邮箱")
    unit: str = Field("", max_length=40, description="单位方的机构编号 org_…")
    channel: str = Field(
        "",
        pattern="^(sms|mail|wechat|dingtalk)?$",
        description="通知渠道；空为短信，没有手机号时为邮件",
    )
    channel_id: str = Field(
        "", max_length=128, description="渠道内的用户编号：微信 openid、钉钉 userid"
    )


class EnvelopeIn(Schema):
    """The wish to start a ready-made flow, or to have a template filled and signed."""

    flow: str = Field(
        "", max_length=48, description="流程代码，见 GET /flows", examples=["claim_application"]
    )
    template: str = Field("", max_length=48, description="或模版的代码、编号，按今天生效的版本")
    unit: str = Field("", max_length=40, description="发起机构编号 org_…；空为总公司")
    values: dict[str, Any] = Field(default_factory=dict, description="文件的填写内容")
    parties: dict[str, PartyIn] = Field(
        default_factory=dict, description="各角色的签署方；模版里没有写明的盖章方是发起机构自己"
    )
    silent: list[str] = Field(
        default_factory=list, max_length=50, description="用模版时：本单位静默盖章的角色"
    )
    steps: dict[str, Annotated[int, Field(ge=1, le=100)]] = Field(
        default_factory=dict, description="用模版时：各角色的次序，默认按模版中出现的次序"
    )
    title: str = Field("", max_length=200, description="用模版时：标题，默认为模版名称")
    biz_no: BusinessNumber | None = None
    message: str = Field("", max_length=500, description="给签署方的留言")


class BatchIn(Schema):
    """The wish to start a flow or a template for many rows."""

    flow: str = Field(max_length=48, description="流程代码，或模版编号 tpl_…")
    unit: str = Field("", max_length=40, description="发起机构编号；空为总公司")
    biz_no: BusinessNumber | None = None
    rows: list[dict[str, Any]] = Field(
        max_length=100_000,
        description="每行：values、parties、biz_no，用模版时还有 silent，最多 100,000 行",
    )
    timestamp: TimestampMode = Field(
        TimestampMode.AGGREGATED,
        description="只需本单位静默盖章的行：aggregated 每五十份合盖一个时间戳，证明另存；"
        "each 每个签名各一个；none 不盖。其他行一律 each",
    )


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=500, description="原因")


class AnswerOut(Schema):
    """One question to a party, and its answer: null while it is open, or was not asked at all."""

    role: str
    name: str
    question: str
    options: list[str]
    answer: str | float | bool | None
    answered_at: datetime | None


class EnvelopeOut(Schema):
    """A signing task."""

    id: PublicId
    biz_no: str | None
    flow: str
    title: str
    document_type: str
    state: str = Field(
        description="draft in_progress sealing completed declined recalled expired …"
    )
    content_sha256: str = Field(description="内容指纹，各方签署的是同一内容")
    created_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    reason: str
    attempts: int = Field(description="封签尝试次数")
    last_error: str
    signatories: list[dict[str, Any]]
    documents: list[dict[str, Any]]


class EnvelopePage(PageInfo):
    """A page of signing tasks."""

    items: list[EnvelopeOut]


class BatchOut(Schema):
    """A batch and how far it is."""

    id: PublicId
    flow: str
    state: str
    timestamp: TimestampMode
    total: int
    started: int
    failed: int
    waiting: int


class RowOut(Schema):
    """One row of a batch."""

    line: int
    status: str
    envelope: str | None
    code: str
    problem: str


class RowPage(PageInfo):
    """A page of rows."""

    items: list[RowOut]


class AuditOut(Schema):
    """What happened, hash-chained."""

    items: list[dict[str, Any]]


class LinkOut(Schema):
    """A one-person link to the signing page."""

    url: str
    expires_at: datetime | None


class EmbedIn(Schema):
    """The page that a signing page shall stand in."""

    origin: str = Field(
        max_length=255,
        description="宿主页面的来源：协议、主机名和端口",
        examples=["https://portal.example.com"],
    )


class PlaceIn(Schema):
    """Where a mark goes: by coordinates, or beside a keyword."""

    document: int = Field(1, ge=1, description="第几份文件，从 1 起")
    page: int = Field(-1, description="第几页，从 1 起；负数从末页倒数，-1 为末页")
    x: float = Field(0, ge=0, description="左下角起横坐标，磅（1/72 英寸），按看到的页面")
    y: float = Field(0, ge=0, description="左下角起纵坐标，磅")
    width: float = Field(113.4, gt=0, le=2000, description="宽，磅；113.4 即 40 毫米")
    height: float = Field(113.4, gt=0, le=2000, description="高，磅")
    keyword: str = Field("", max_length=100, description="按关键字定位，给出后坐标不用")
    occurrence: int = Field(1, ge=1, description="关键字第几次出现")
    riding: bool = Field(False, description="骑缝章")


class DocumentIn(Schema):
    """A PDF to be signed."""

    title: str = Field(min_length=1, max_length=200, description="文件标题")
    content: str = Field(max_length=BASE64_MAX, description="PDF 的 Base64")


class PaperIn(Schema):
    """An attachment to be handed in."""

    key: str = Field(min_length=1, max_length=32, pattern="^[a-z0-9_]+$", description="材料代码")
    label: str = Field(min_length=1, max_length=64, description="材料名称")
    required: bool = Field(True, description="必交")


class SignatoryIn(PartyIn):
    """A party of a free task."""

    role: str = Field(min_length=1, max_length=32, description="角色，在任务内唯一")
    label: str = Field(min_length=1, max_length=32, description="称谓，如“投保人”")
    papers: list[PaperIn] = Field(default_factory=list, max_length=20, description="要交的材料")


class StepIn(Schema):
    """One step of a free task."""

    role: str = Field(max_length=32, description="由哪个角色做")
    type: str = Field(
        max_length=16,
        description="seal 盖章、sign 签名、legal_rep_sign 法人章、approve 审批、"
        "pre_stamp 预盖章、view 查阅、cc 抄送",
    )
    order: int = Field(1, ge=1, le=100, description="次序，相同的并行")
    silent: bool = Field(False, description="静默签署，只限本单位")
    condition: dict[str, Any] | None = Field(None, description="条件：field、op、value")
    seal: str = Field("", max_length=40, description="印章编号；空为自动选择")
    places: list[PlaceIn] = Field(default_factory=list, max_length=200, description="签章位置")


class ReceiverIn(Schema):
    """Who gets the finished files by a link that works once."""

    name: str = Field(min_length=1, max_length=100, description="接收人")
    email: str = Field(min_length=3, max_length=254, description="邮箱")


class FreeIn(Schema):
    """The wish to have any PDF signed by any parties."""

    title: str = Field(min_length=1, max_length=200, description="标题")
    document_type: str = Field("other", max_length=48, description="文件类型")
    unit: str = Field("", max_length=40, description="发起机构；空为总公司")
    documents: list[DocumentIn] = Field(min_length=1, max_length=DOCUMENTS_MAX)
    signatories: list[SignatoryIn] = Field(min_length=1, max_length=PARTIES_MAX)
    actions: list[StepIn] = Field(min_length=1, max_length=200, description="步骤")
    values: dict[str, Any] = Field(default_factory=dict, description="条件引用的数值")
    reading_seconds: int = Field(0, ge=0, le=3600, description="最少阅读秒数")
    ways: list[str] = Field(
        default_factory=list,
        max_length=4,
        description="个人可用的签名方式：draw 手写、type 输入姓名、upload 上传、"
        "adopted 上次的签名；空为前三种",
    )
    deliver_to: ReceiverIn | None = Field(None, description="完成后送达谁")
    identity: str = Field("code", pattern="^(code|check)$", description="核验要求")
    expires_at: datetime | None = Field(None, description="截止时间")
    biz_no: BusinessNumber | None = None
    message: str = Field("", max_length=500, description="给签署方的留言")


class StepActIn(Schema):
    """An act on a step of one's own company."""

    action: str = Field(max_length=40, description="步骤编号 act_…")
    reason: str = Field("", max_length=500, description="意见或原因；退回时必填")
    seal: str = Field("", max_length=40, description="盖章时指定印章；空为自动选择")
