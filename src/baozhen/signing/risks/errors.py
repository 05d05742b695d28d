"""The refusals of handling a risk."""

from baozhen.foundation.errors import Refusal


class RiskUnknown(Refusal):
    """There is no such risk."""

    code = "risk_unknown"
    message = "没有编号为 {risk} 的风险"


class RiskHandled(Refusal):
    """Somebody has decided already."""

    code = "risk_handled"
    message = "风险 {public_id} 已经处置"


class HandlingMissing(Refusal):
    """A decision without words."""

    code = "handling_missing"
    message = "请写明处置说明"
