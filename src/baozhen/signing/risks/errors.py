"""The refusals of handling a risk."""

from baozhen.foundation.errors import Refusal


class RiskHandled(Refusal):
    """Somebody has decided already."""

    code = "risk_handled"
    message = "风险 {public_id} 已经处置"


class HandlingMissing(Refusal):
    """A decision without words."""

    code = "handling_missing"
    message = "请写明处置说明"
