"""What follows when a deposit moves."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    # The job stands on the floor above, which knows what else belongs into the evidence.
    "notary_deposit.queued": ("deposit_evidence",),
    "notary_deposit.recorded": (),
    "notary_deposit.refused": (),
}
