"""What templates refuse, and why."""

from baozhen.foundation.errors import Refusal


class TemplateUnknown(Refusal):
    """There is no such template."""

    code = "template_unknown"
    message = "没有模版 {template}"


class NoVersionInForce(Refusal):
    """No approved version of the template is in force on the day."""

    code = "template_not_in_force"
    message = "模版 {template} 在 {on} 没有生效的版本"


class CodeTaken(Refusal):
    """Another template has this code."""

    code = "template_code_taken"
    message = "模版代码 {template} 已被使用"


class TemplateInvalid(Refusal):
    """What a template or a shared clause shall be called cannot stand."""

    code = "template_invalid"
    message = "模版信息有误：{reason}"


class NotADraft(Refusal):
    """Only a draft may be edited or submitted."""

    code = "template_version_fixed"
    message = "第 {number} 版不是草稿，内容不能再改；请另建新版"


class EditedMeanwhile(Refusal):
    """Somebody else changed the draft since it was opened."""

    code = "template_edited_meanwhile"
    message = "这份草稿刚被别人改过，请刷新后再改"


class NotSubmitted(Refusal):
    """Only what was submitted may be approved or returned."""

    code = "template_version_not_submitted"
    message = "第 {number} 版没有提交批准"


class ReasonMissing(Refusal):
    """Ending or returning a version wants a reason."""

    code = "template_reason_missing"
    message = "请填写理由"


class SamePerson(Refusal):
    """Who wrote a version does not approve it."""

    code = "template_same_person"
    message = "编写或改过这一版的人不能批准它，请由另一人批准"


class PersonRequired(Refusal):
    """A program approves nothing: two keys may well be in one hand."""

    code = "template_person_required"
    message = "模版须由有权限的人在管理台批准，接口密钥不能批准"


class FieldsInvalid(Refusal):
    """The fields of a version contradict themselves; `faults` names each."""

    code = "template_fields_invalid"
    message = "域定义有 {count} 处问题：{first}"


class ValuesInvalid(Refusal):
    """The values do not fit the fields; `faults` names each."""

    code = "template_values_invalid"
    message = "填写内容有 {count} 处问题：{first}"


class SourceInvalid(Refusal):
    """The source cannot become a document."""

    code = "template_source_invalid"
    message = "模版不能生成文件：{reason}"


class ConverterMissing(Refusal):
    """LibreOffice is not installed."""

    code = "template_converter_missing"
    message = (
        "本机没有安装 LibreOffice，不能转换 Word 文件；"
        "请在 Word 或 WPS 里另存为 PDF 后上传，或请管理员安装 LibreOffice"
    )


class PeriodInvalid(Refusal):
    """The period of effect overlaps another version's or ends before it begins."""

    code = "template_period_invalid"
    message = "生效期间有误：{reason}"


class ClauseUnknown(Refusal):
    """There is no such shared clause."""

    code = "template_clause_unknown"
    message = "没有共用条款 {clause}"
