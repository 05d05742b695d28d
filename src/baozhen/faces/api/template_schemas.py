"""What programs say and hear about templates."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema

from baozhen.faces.api.conventions import PageInfo, PublicId
from baozhen.signing.templates.states import Sharing, SourceKind

BASE64_MAX = 28 * 1024 * 1024
_FIELDS = "域：名称、种类、位置、签署方、条件等，见“模版”说明"


class TemplateInfo(Schema):
    """A template."""

    id: PublicId
    code: str
    title: str
    document_type: str
    unit: str = Field(description="所属机构编号")
    sharing: str = Field(description="own、below、chosen 或 all")
    shared_with: list[str] = Field(description="sharing 为 chosen 时，选定的机构编号（含其下级）")
    needs_filing: bool = Field(description="批准时须填写条款备案号")
    created_at: datetime


class TemplatePage(PageInfo):
    """A page of templates."""

    items: list[TemplateInfo]


class VersionInfo(Schema):
    """One version of a template."""

    number: int
    state: str = Field(description="draft、submitted、approved、retired 或 dropped")
    source_kind: str = Field(description="pdf、docx 或 typst")
    pages: int | None = Field(description="上传文件的页数")
    sha256: str
    filing_no: str = Field(description="条款备案号")
    effective_from: date | None
    effective_until: date | None
    note: str
    fields: list[dict[str, Any]] = Field(description=_FIELDS)
    sample: dict[str, Any] = Field(description="示例数据")


class VersionList(Schema):
    """All versions, the newest first."""

    items: list[VersionInfo]


class ContentIn(Schema):
    """What a version says: a Typst text, or a file as Base64."""

    source_kind: SourceKind = Field(SourceKind.TYPST, description="typst、pdf 或 docx")
    source: str = Field("", max_length=200_000, description="Typst 文本（在线编排）")
    file: str = Field("", max_length=BASE64_MAX, description="PDF 或 DOCX 的 Base64")
    fields: list[dict[str, Any]] = Field(default_factory=list, max_length=500, description=_FIELDS)
    sample: dict[str, Any] = Field(default_factory=dict, description="示例数据，提交时用它试填")
    note: str = Field("", max_length=200, description="改了什么")


class TemplateIn(ContentIn):
    """A new template with its first draft."""

    code: str = Field(max_length=48, description="代码，小写字母、数字和下划线，以后不变")
    title: str = Field(max_length=128, description="名称")
    document_type: str = Field(max_length=48, description="文件类型")
    unit: str = Field("", max_length=40, description="所属机构编号；空为本客户端的机构")
    sharing: Sharing = Field(Sharing.BELOW, description="own、below、chosen 或 all")
    shared_with: list[PublicId] = Field(
        default_factory=list, max_length=500, description="sharing 为 chosen 时选定的机构编号"
    )
    needs_filing: bool = Field(False, description="批准时须填写条款备案号")


class SharingIn(Schema):
    """Who besides its own unit may use a template; what was shared before is replaced."""

    sharing: Sharing = Field(description="own、below、chosen 或 all")
    shared_with: list[PublicId] = Field(
        default_factory=list, max_length=500, description="sharing 为 chosen 时选定的机构编号"
    )


class EditIn(Schema):
    """What of a draft becomes different; what is left out stays."""

    source: str | None = Field(None, max_length=200_000, description="Typst 文本")
    file: str = Field("", max_length=BASE64_MAX, description="换成这份 PDF 或 DOCX（Base64）")
    fields: list[dict[str, Any]] | None = Field(None, max_length=500, description=_FIELDS)
    sample: dict[str, Any] | None = Field(None, description="示例数据")
    note: str = Field("", max_length=200, description="改了什么")


class TemplateReasonIn(Schema):
    """Why."""

    reason: str = Field(min_length=1, max_length=200, description="理由")


class FillIn(Schema):
    """The values; by default the version in force today is filled."""

    values: dict[str, Any] = Field(examples=[{"holder": "张测试", "premium": 137645}])
    on: date | None = Field(default=None, description="按这一天生效的版本填写，默认今天")


class Filled(Schema):
    """The document, and what the parties still put in."""

    template: PublicId
    version: int
    sha256: str
    pdf: str = Field(description="Base64 编码的 PDF")
    fields: list[dict[str, Any]] = Field(description="待签署的域，均已定位到页")
