"""What follows when a risk is raised or handled."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "risk.open": (),
    "risk.held": (),
    "risk.handled": (),
    "risk.dismissed": (),
}
