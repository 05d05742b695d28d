"""What the floors cannot know of each other: flow, certificates, log, health checks."""

from functools import partial

from baozhen.foundation import upkeep
from baozhen.foundation.audit import log
from baozhen.foundation.health import install_checks
from baozhen.foundation.sealing import install_certificates
from baozhen.foundation.sealing.checkpoints import LogSigner
from baozhen.foundation.states import install_flow
from baozhen.insurance.flow import FLOW
from baozhen.insurance.policies.services.resources import process_timestamper
from baozhen.signing.certificates.queries import active_certificates, certificates_ever
from baozhen.site.checks import CHECKS


def wire() -> None:
    """Install what follows each fact, who signs and stamps the log, and the health checks."""
    install_flow(FLOW)
    install_certificates(active_certificates)
    log.install_signer(partial(LogSigner, certificates_ever=certificates_ever))
    upkeep.install_log_stamp(_stamp)
    install_checks(CHECKS)


def _stamp(digest: bytes) -> bytes:
    return process_timestamper().stamp(digest, "sha256")
