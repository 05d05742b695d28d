"""The refusals of reading, declaring, signing and the proposal's code."""

from baozhen.foundation.errors import Refusal


class NothingToRead(Refusal):
    """The application is not one that is read and signed now."""

    code = "nothing_to_read"
    message = "投保单现在的状态是“{state}”，不在阅读签名的环节"


class ReadingItemUnknown(Refusal):
    """The set has no such file."""

    code = "reading_item_unknown"
    message = "没有这份文件"


class ReadingSetChanged(Refusal):
    """The content is another one by now: the earlier readings are void."""

    code = "reading_set_changed"
    message = "投保内容或告知文件已经更新，之前的阅读记录不再有效，请重新阅读后签名"


class ReadingTooShort(Refusal):
    """A file is finished only after its end was reached and its least time is over."""

    code = "reading_too_short"
    message = "《{title}》还没有读完：{reason}"


class ReadingPageStale(Refusal):
    """The page that reports is not the one that is served now."""

    code = "reading_page_stale"
    message = "页面已经更新，请刷新后继续阅读，已读的时间仍然有效"


class FilesUnread(Refusal):
    """Signing is impossible before everything is read (S0-4.2.4b2)."""

    code = "files_unread"
    message = "还有 {count} 份文件没有读完：{names}。全部读完才能签名"


class DeclarationUnknown(Refusal):
    """There is no such declaration."""

    code = "declaration_unknown"
    message = "没有这一项声明"


class DeclarationsOpen(Refusal):
    """Each declaration is confirmed on its own before signing."""

    code = "declarations_open"
    message = "还有 {count} 项声明没有确认：{names}。请逐项确认后签名"


class SignatureUnderway(Refusal):
    """The will is confirmed; nothing can be changed while the signature is made."""

    code = "signature_underway"
    message = "签名已经确认，正在处理，请稍候"


class NotYetSigned(Refusal):
    """The proposal's code is sent after signing."""

    code = "not_yet_signed"
    message = "投保单还没有签名，请先完成阅读和签名"


class NotPayable(Refusal):
    """Payment opens after signing, archiving and the code (S0-4.2.4c2, c3, d1)."""

    code = "application_not_payable"
    message = "还不能缴费：{reasons}"
