"""What follows the facts of identity: the jobs that carry them on."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    # `submitted` defers its own job with a delay: the provider is asked at once by the caller.
    "identity_check.submitted": (),
    "identity_check.answering": (),
    "identity_check.reviewing": (),
    # S2-L512a: after the insurer's own system has passed somebody, their certificate is asked for.
    "identity_check.passed": ("apply_after_identity",),
    "identity_check.failed": (),
    "identity_check.withdrawn": (),
}
