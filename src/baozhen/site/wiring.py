"""What the floors cannot know of each other: flow, certificates, log, health checks."""

from collections.abc import Mapping
from datetime import date
from functools import partial

from baozhen.foundation import upkeep
from baozhen.foundation.audit import log
from baozhen.foundation.health import install_checks
from baozhen.foundation.sealing import install_certificates
from baozhen.foundation.sealing.checkpoints import LogSigner
from baozhen.foundation.states import install_flow
from baozhen.foundation.traces import flow as traces
from baozhen.foundation.traces.keeping import install_keeper
from baozhen.foundation.traces.relations import install_relations
from baozhen.foundation.traces.services.exporting import install_export_source
from baozhen.insurance import flow as insurance
from baozhen.insurance.endorsements.queries import current_content
from baozhen.insurance.policies.contents import install_contents
from baozhen.insurance.policies.queries import compulsory_of_vehicle
from baozhen.insurance.policies.services.resources import process_timestamper
from baozhen.insurance.products.kinds import install_kind
from baozhen.insurance.underwriting.register import install_own_cover
from baozhen.insurance.underwriting.services import kind_of_rules
from baozhen.insurance.verification.queries import proof_by_sha256
from baozhen.signing.certificates import flow as certificates
from baozhen.signing.certificates.queries import active_certificates, certificates_ever
from baozhen.signing.envelopes import flow as envelopes
from baozhen.signing.envelopes.services.leaving import open_tasks_of
from baozhen.signing.envelopes.services.remains import forget_task
from baozhen.signing.envelopes.services.telling import install_text_counter
from baozhen.signing.files import flow as files
from baozhen.signing.files.proofs import install_proofs
from baozhen.signing.files.services.destroying import install_forgetter
from baozhen.signing.identity import flow as identity
from baozhen.signing.organizations import flow as organizations
from baozhen.signing.organizations.services.directory import install_open_tasks
from baozhen.signing.risks import flow as risks
from baozhen.signing.seals import flow as seals
from baozhen.signing.statistics import flow as statistics
from baozhen.signing.statistics.services import count_text
from baozhen.signing.templates import flow as templates
from baozhen.site.checks import checks
from baozhen.site.traces import export_parts, kept, print_chronology, same_business


def wire() -> None:
    """Install what follows each fact, who signs and stamps the log, and the health checks."""
    install_flow(whole_flow())
    install_certificates(active_certificates)
    log.install_signer(partial(LogSigner, certificates_ever=certificates_ever))
    upkeep.install_log_stamp(_stamp)
    install_keeper(kept)
    install_relations(same_business)
    install_export_source(export_parts, _stamp, print_chronology)
    install_checks(checks())
    install_text_counter(count_text)
    install_open_tasks(open_tasks_of)
    install_forgetter(forget_task)
    install_kind(kind_of_rules())
    install_own_cover(_own_cover)
    install_contents(current_content)
    install_proofs(proof_by_sha256)


def _own_cover(vin: str, day: date) -> date | None:
    """Return the last day of our own compulsory cover of a vehicle on a day, for underwriting."""
    policy = compulsory_of_vehicle(vin, day)
    return None if policy is None else policy.cover_ends_at.date()


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
        traces,
        insurance,
    )
    for room in rooms:
        for fact, jobs in room.FLOW.items():
            whole[fact] = (*whole.get(fact, ()), *jobs)
    return whole


def _stamp(digest: bytes) -> bytes:
    return process_timestamper().stamp(digest, "sha256")
