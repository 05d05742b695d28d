"""The only door to the signing keys: documents, probes of a key, checkpoints of the log.

Whose certificates sign is told from above, as plain facts (`identities`); the keys that they name
are opened here alone (`opening`), and an import contract keeps everybody else away from them.
"""

from baozhen.foundation.sealing.failures import count_failure, signing_failures
from baozhen.foundation.sealing.identities import (
    BoundCertificate,
    certificates_at,
    install_certificates,
)
from baozhen.foundation.sealing.sealer import (
    SealedPdf,
    Sealer,
    SealingLimits,
    SealRequest,
    build_sealer,
)

__all__ = [
    "BoundCertificate",
    "SealRequest",
    "SealedPdf",
    "Sealer",
    "SealingLimits",
    "build_sealer",
    "certificates_at",
    "count_failure",
    "install_certificates",
    "signing_failures",
]
