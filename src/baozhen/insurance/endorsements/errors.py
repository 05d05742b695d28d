"""Refusals of the endorsements stage."""

from collections.abc import Sequence

from baozhen.foundation.errors import Refusal
from baozhen.insurance.proposals.faults import Fault


class ChangeUnknown(Refusal):
    """No such change, or it is not this person's."""

    code = "change_unknown"
    message = "没有找到这项批改申请"


class ChangeNotAllowed(Refusal):
    """The policy, as it stands, cannot be changed in this way."""

    code = "change_not_allowed"
    message = "{reason}"


class CompulsoryStays(Refusal):
    """交强险条例 第十六条: compulsory cover ends on one of three grounds only."""

    code = "compulsory_stays"
    message = (
        "交强险不能随意退保：只有车辆被依法注销登记、办理停驶或者经公安机关证实丢失，"
        "才可以解除交强险合同（交强险条例 第十六条）"
    )


class ChangeIncomplete(Refusal):
    """A value or a paper is missing, or says nothing new."""

    code = "change_incomplete"
    message = "{what}"


class ChangeInvalid(Refusal):
    """The changed policy would break a rule of proposals; the first broken rule is told."""

    code = "change_invalid"
    message = "{first}"

    def __init__(self, *, faults: Sequence[Fault]) -> None:
        super().__init__(path=faults[0].path, first=faults[0].message)
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[object, ...]:
        return (_invalid, (self.faults,))


def _invalid(faults: tuple[Fault, ...]) -> ChangeInvalid:
    return ChangeInvalid(faults=faults)


class NoRateKnown(Refusal):
    """The tables do not know the price; a person has to work it out."""

    code = "no_rate_known"
    message = "“{cover}”的这一方案需要人工核定保险费，请致电客服办理"


class ChangeUnderWay(Refusal):
    """Another change of the same application is not finished."""

    code = "change_under_way"
    message = "这份保单还有一项批改没有办完，请先完成或撤回，再办理新的批改"


class ChangeStale(Refusal):
    """The policy or the day has moved on since the change was worked out."""

    code = "change_stale"
    message = "{reason}，请重新办理，按最新内容计算"


class ApproverInvolved(Refusal):
    """Who asked for a change does not approve it."""

    code = "approver_involved"
    message = "提出批改申请的人不能审批同一申请"
