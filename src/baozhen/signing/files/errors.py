"""What the file centre refuses."""

from baozhen.foundation.errors import Refusal


class FileUnknown(Refusal):
    """There is no such file, or it is not for this person."""

    code = "file_unknown"
    message = "没有找到文件 {file}，或您无权查看"


class FileNotArchived(Refusal):
    """A file is registered only when its bytes are in the archive."""

    code = "file_not_archived"
    message = "文件 {sha256} 没有归档，不能登记"


class PrintLimitReached(Refusal):
    """The document has been printed as often as it may be."""

    code = "print_limit_reached"
    message = "这份文件已打印 {count} 次，达到上限"


class ReasonMissing(Refusal):
    """A copy leaves the house only for a reason."""

    code = "reason_missing"
    message = "请填写用途或领取人"


class LinkRefused(Refusal):
    """The link is unknown, over, used up, or not for this place; which one is not told."""

    code = "download_link_refused"
    message = "下载链接无效或已失效，请向提供链接的机构重新索取"


class LinkMalformed(Refusal):
    """The wishes for a link are not right."""

    code = "download_link_malformed"
    message = "下载链接的设置有误：{problem}"


class MarkUnreadable(Refusal):
    """The uploaded picture or file carries no readable mark."""

    code = "mark_unreadable"
    message = "没有读到下载标记：请上传清晰的扫描件、照片或原文件"


class CopyImpossible(Refusal):
    """The copy cannot be made of this file."""

    code = "copy_impossible"
    message = "无法生成副本：{problem}"


class ComparisonImpossible(Refusal):
    """The two documents cannot be compared; the path names the one at fault."""

    code = "comparison_impossible"
    message = "无法比对：{problem}"


class ReportUnsealable(Refusal):
    """No seal may be used for verification reports; the seal's record says why."""

    code = "report_unsealable"
    message = "核验报告暂时不能盖章，请稍后再取；页面上的核验结论不受影响"


class SearchMalformed(Refusal):
    """A filter of the search makes no sense."""

    code = "file_search_malformed"
    message = "查询条件有误：{problem}"


class NotaryMissing(Refusal):
    """No notary is configured."""

    code = "notary_missing"
    message = "没有配置存证机构，请联系系统管理员设置 BAOZHEN_NOTARY_URL"


class DepositUnderWay(Refusal):
    """The file is being deposited already."""

    code = "deposit_under_way"
    message = "这份文件的存证正在办理，请等待回执"


class FileDestroyed(Refusal):
    """The time of the document was over, and its bytes are gone."""

    code = "file_destroyed"
    message = "文件保管期满，已于 {on} 销毁；只保留文件编号、摘要和销毁记录"


class NothingDue(Refusal):
    """No dossier of the choice may be destroyed."""

    code = "nothing_due"
    message = "没有可以销毁的卷宗：保管期未满、正被冻结，或已经列入别的清单"


class DestructionUnknown(Refusal):
    """There is no such list, or some of it belongs to units that are not this person's."""

    code = "destruction_unknown"
    message = "没有找到销毁清单 {key}，或其中有您无权处理的机构的卷宗"


class DestructionUnconfirmed(Refusal):
    """What was typed to confirm is not what the list says."""

    code = "destruction_unconfirmed"
    message = "清单上有 {count} 个卷宗，请输入这个数字以确认；没有批准"
