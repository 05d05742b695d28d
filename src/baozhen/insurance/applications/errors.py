"""The refusals of the applications stage, and the one outage of its own."""

from baozhen.foundation.errors import Outage, Refusal


class HolderUnlike(Refusal):
    """Name, number and mobile do not belong together, as far as anybody confirms."""

    code = "holder_unlike"
    message = (
        "姓名、身份证号码与手机号核对不一致。请填写本人证件上的姓名和号码，"
        "以及用本人身份证办理的手机号；核对无误仍不通过的，请致电客服"
    )


class HolderCheckWaiting(Outage):
    """The provider has not answered yet."""

    code = "holder_check_waiting"
    message = "实名核验暂时没有结果，请过几分钟再试；您已填写的投保内容都会保留"


class ApplicationUnknown(Refusal):
    """There is no such application, or it is not the asker's: nobody learns which."""

    code = "application_unknown"
    message = "没有找到投保单 {number}"


class ApplicationBehind(Refusal):
    """Somebody, perhaps in another tab, has changed the application meanwhile."""

    code = "application_behind"
    message = "这份投保单刚在另一个页面修改过，您这次填的内容还没有保存；请核对后再次保存"


class ApplicationClosed(Refusal):
    """The application is past being filled in, or past what is asked of it now."""

    code = "application_closed"
    message = "投保单现在的状态是“{state}”，不能再{act}"


class ApplicationFaulty(Refusal):
    """Something is missing or wrong; the facts hold every fault."""

    code = "application_faulty"
    message = "投保单还有 {count} 处需要补充或更正"


class ApplicantUnlike(Refusal):
    """The applicant of the form is not the person who is here."""

    code = "applicant_unlike"
    message = "投保人须是您本人：{what}与实名核验的不一致，请更正或由投保人本人办理"


class ApplicantUnchecked(Refusal):
    """The applicant has not been real-name checked (S0-4.2)."""

    code = "applicant_unchecked"
    message = "投保人还没有通过实名核验，请先完成核验再提交"


class ReasonMissing(Refusal):
    """An act that ends something says why."""

    code = "application_reason_missing"
    message = "请写明原因（2 至 200 个字）"


class QuoteChanged(Refusal):
    """The tables of today give another premium than the one that was shown."""

    code = "quote_changed"
    message = "保费按今天的费率重新计算为 {now}（原 {before}），请核对后再次提交"


class ReadingLinkRefused(Refusal):
    """The link is unknown, used or too old: nobody learns which, what to do is the same."""

    code = "reading_link_refused"
    message = "这个链接已经用过或过期了。请登录“我的投保”继续，或联系我们重新发送"


class NothingOffered(Refusal):
    """There is no counter-offer to answer."""

    code = "nothing_offered"
    message = "这份投保单没有待您确认的新方案"
