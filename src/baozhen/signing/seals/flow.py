"""What follows the facts of seals, and what seals do when a certificate ends."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "seal.making": (),
    "seal.active": (),
    "seal.suspended": (),
    "seal.abolished": (),
    "seal_change.requested": (),
    "seal_change.approved": (),
    "seal_change.refused": (),
    "seal_change.withdrawn": (),
    "seal_grant.active": (),
    "seal_grant.revoked": (),
    "seal_use.reserved": (),
    "seal_use.done": (),
    "seal_use.released": (),
    "seal_use.refused": (),
    "seal_loan.requested": (),
    "seal_loan.approved": (),
    "seal_loan.refused": (),
    "seal_loan.handed_out": (),
    "seal_loan.returned": (),
    "seal_loan.withdrawn": (),
    # Told by the floors below; the job suspends or renews the seals that rest on the certificate.
    "binding.active": ("recertify_seals",),
    "binding.suspended": ("suspend_seals",),
    "binding.revoked": ("suspend_seals",),
    "binding.expired": ("suspend_seals",),
    "account.left": ("note_kept_seals",),
    "ukey.lost": ("suspend_key_seals",),
    "ukey.returned": ("suspend_key_seals",),
}
