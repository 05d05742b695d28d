"""What follows when a risk is raised or handled."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "risk.open": ("mail_risk",),
    "risk.held": ("mail_risk",),
    "risk.handled": (),
    "risk.dismissed": (),
}
