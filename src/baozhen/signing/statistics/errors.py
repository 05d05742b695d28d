"""What figures and charging refuse."""

from baozhen.foundation.errors import Refusal


class PriceMalformed(Refusal):
    """The price makes no sense."""

    code = "price_malformed"
    message = "价格规则有误：{problem}"


class MonthNotOver(Refusal):
    """A month is cleared when it is over."""

    code = "month_not_over"
    message = "{month} 尚未结束，不能清分"


class StatementSettled(Refusal):
    """What was confirmed is worked out no more."""

    code = "statement_settled"
    message = "{month} 的清分单已经确认，不能重新计算；差额请在下一个月的价格中处理"


class StatementUnknown(Refusal):
    """There is no such statement for this person."""

    code = "statement_unknown"
    message = "没有找到清分单 {statement}，或您无权查看"
