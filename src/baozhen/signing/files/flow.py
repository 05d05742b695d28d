"""What follows when a deposit, or a list to destroy, moves."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    # The job stands on the floor above, which knows what else belongs into the evidence.
    "notary_deposit.queued": ("deposit_evidence",),
    "notary_deposit.recorded": (),
    "notary_deposit.refused": (),
    "archive_destruction.proposed": (),
    "archive_destruction.refused": (),
    "archive_destruction.approved": ("destroy_dossiers",),
    "archive_destruction.done": (),
}
