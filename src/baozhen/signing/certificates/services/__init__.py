"""What may be done with certificates; the verbs of bindings stand here by their names."""

from baozhen.signing.certificates.services.bindings import (
    BindingRequest,
    activate_binding,
    bind_certificate,
    expire_bindings,
    is_demonstration,
    probe_binding,
    revoke_binding,
    set_up_development_hierarchy,
    suspend_binding,
    watch_binding,
)

__all__ = [
    "BindingRequest",
    "activate_binding",
    "bind_certificate",
    "expire_bindings",
    "is_demonstration",
    "probe_binding",
    "revoke_binding",
    "set_up_development_hierarchy",
    "suspend_binding",
    "watch_binding",
]
