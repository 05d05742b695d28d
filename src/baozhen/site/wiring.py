"""What the floors cannot know of each other: flow, certificates, log, health checks."""

from collections.abc import Mapping
from functools import partial

from baozhen.foundation import upkeep
from baozhen.foundation.audit import log
from baozhen.foundation.health import install_checks
from baozhen.foundation.sealing import install_certificates
from baozhen.foundation.sealing.checkpoints import LogSigner
from baozhen.foundation.states import install_flow
from baozhen.insurance import flow as insurance
from baozhen.insurance.policies.services.resources import process_timestamper
from baozhen.signing.certificates import flow as certificates
from baozhen.signing.certificates.queries import active_certificates, certificates_ever
from baozhen.signing.envelopes import flow as envelopes
from baozhen.signing.envelopes.services.leaving import open_tasks_of
from baozhen.signing.envelopes.services.telling import install_text_counter
from baozhen.signing.files import flow as files
from baozhen.signing.identity import flow as identity
from baozhen.signing.organizations import flow as organizations
from baozhen.signing.organizations.services.directory import install_open_tasks
from baozhen.signing.risks import flow as risks
from baozhen.signing.seals import flow as seals
from baozhen.signing.statistics import flow as statistics
from baozhen.signing.statistics.services import count_text
from baozhen.signing.templates import flow as templates
from baozhen.site.checks import CHECKS


def wire() -> None:
    """Install what follows each fact, who signs and stamps the log, and the health checks."""
    install_flow(whole_flow())
    install_certificates(active_certificates)
    log.install_signer(partial(LogSigner, certificates_ever=certificates_ever))
    upkeep.install_log_stamp(_stamp)
    install_checks(CHECKS)
    install_text_counter(count_text)
    install_open_tasks(open_tasks_of)


def whole_flow() -> Mapping[str, tuple[str, ...]]:
    """Return what follows each fact, of all rooms; a fact that two rooms share has both's jobs."""
    whole: dict[str, tuple[str, ...]] = {}
    rooms = (
        risks,
        organizations,
        identity,
        certificates,
        seals,
        files,
        envelopes,
        statistics,
        templates,
        insurance,
    )
    for room in rooms:
        for fact, jobs in room.FLOW.items():
            whole[fact] = (*whole.get(fact, ()), *jobs)
    return whole


def _stamp(digest: bytes) -> bytes:
    return process_timestamper().stamp(digest, "sha256")
