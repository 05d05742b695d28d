"""What the floors cannot know of each other: flow, log signer, log stamp, health checks."""

from baozhen.foundation import upkeep
from baozhen.foundation.audit import log
from baozhen.foundation.health import install_checks
from baozhen.foundation.states import install_flow
from baozhen.insurance.flow import FLOW
from baozhen.insurance.policies.services.resources import process_timestamper
from baozhen.signing.certificates.log_signer import LogSigner
from baozhen.site.checks import CHECKS


def wire() -> None:
    """Install what follows each fact, who signs and stamps the log, and the health checks."""
    install_flow(FLOW)
    log.install_signer(LogSigner)
    upkeep.install_log_stamp(_stamp)
    install_checks(CHECKS)


def _stamp(digest: bytes) -> bytes:
    return process_timestamper().stamp(digest, "sha256")
