"""What follows the facts of certificates: the jobs that carry them on.

`binding.revoked`, `binding.failing`, `binding.suspended` and `ukey.lost` matter to seals: the jobs
that suspend them are named by the app that keeps them.
"""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "binding.pending": (),
    "binding.active": (),
    "binding.failing": (),
    "binding.suspended": (),
    "binding.revoked": (),
    "binding.expired": (),
    "certificate_application.requested": (),
    "certificate_application.reviewing": (),
    "certificate_application.issued": (),
    "certificate_application.refused": (),
    "certificate_application.cancelled": (),
    "ukey.applied": (),
    "ukey.approved": (),
    "ukey.refused": (),
    "ukey.issued": (),
    "ukey.returned": (),
    "ukey.lost": (),
    "trust_anchor.proposed": (),
    "trust_anchor.listed": (),
    "trust_anchor.removal_proposed": (),
    "trust_anchor.removed": (),
    "trust_anchor.refused": (),
}
