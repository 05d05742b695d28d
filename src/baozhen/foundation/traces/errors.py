"""How the rooms of traces say no."""

from baozhen.foundation.errors import Refusal


class TraceUnknown(Refusal):
    """There is no such session, page, package or list."""

    code = "trace_unknown"
    message = "没有这份回溯记录：{what}"


class TraceActsMalformed(Refusal):
    """What a page sent is not a batch of acts."""

    code = "trace_acts_malformed"
    message = "页面送来的操作记录不合规格：{reason}"


class TraceReasonMissing(Refusal):
    """Looking at people's acts, handing them out or ending them needs a reason."""

    code = "trace_reason_missing"
    message = "请写明事由（4 至 200 字）"


class SecondPersonNeeded(Refusal):
    """Who asked, or agreed before, cannot agree (again)."""

    code = "second_person_needed"
    message = "须由另一位人员批准：提出人和已批准的人不能再批准"


class TracesMustStay(Refusal):
    """The time is not up, or somebody needs the records."""

    code = "traces_must_stay"
    message = "回溯记录 {session} 还不能销毁：{reason}"
