"""The evidence package of a real signing task: identity, will and acts stand in it and hold."""

import json
import zipfile
from io import BytesIO

import pytest

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.foundation.upkeep import extend_log
from baozhen.signing.envelopes.evidence import parts_of, standing_of
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, Envelope
from baozhen.signing.envelopes.services.many import sign_together, together_digest
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.models import FileEntry, NotaryDeposit
from baozhen.signing.files.services import CopyOrder
from baozhen.signing.files.services.depositing import set_rule
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.package import CheckResult
from baozhen.trust.package_records import PackageStep
from tests.signing.envelopes.conftest import desk  # noqa: F401 -- a fixture
from tests.signing.envelopes.test_envelopes_many import confirmed, given, waiting
from tests.signing.files.test_evidence_package import changed, check

pytestmark = pytest.mark.django_db(transaction=True)


def entry_of(envelope):
    run_worker(until_idle=True)
    return FileEntry.objects.get(envelope=envelope.public_id)


def package_of(entry):
    order = CopyOrder(recipient="法务", reason="诉讼举证")
    return make_package(entry, order, parts=parts_of(entry), actor="t", at=now()).data


def results(data):
    report, _ = check(data)
    return {one.step: one.result for one in report.checks}, report


@pytest.mark.requirement("S2-L160.d3")
def test_a_task_leaves_evidence_of_identity_will_and_deposit(desk):  # noqa: F811
    set_rule(root_unit(), "application_contract", actor="t", at=now())
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    entry = entry_of(envelope)
    extend_log()
    data = package_of(entry)
    names = zipfile.ZipFile(BytesIO(data)).namelist()
    for folder in ("evidence/will-", "evidence/identity-", "notary/", "log/", "audit/action-"):
        assert any(name.startswith(folder) for name in names), folder
    found, report = results(data)
    assert set(found.values()) == {CheckResult.PASSED}, report.to_dict()
    assert NotaryDeposit.objects.get().state == "recorded"


def test_a_will_for_several_tasks_holds_for_each_and_for_no_other(desk):  # noqa: F811
    flow = flow_of("claim_application")
    envelopes = [desk.start(flow, biz_no=f"T-{number}") for number in range(2)]
    keys = waiting(envelopes, "sign")
    for action in Action.objects.filter(pk__in=keys):
        desk.read(action)
    challenge = confirmed(desk, keys, together_digest(keys))
    sign_together(keys, given(challenge), at=now())
    data = package_of(entry_of(desk.finish(envelopes[0])))
    assert results(data)[0][PackageStep.EVIDENCE] is CheckResult.PASSED

    def another(body):
        value = json.loads(body)
        value["documents"][0] = "0" * 64
        return json.dumps(value).encode()

    forged = changed(data, "evidence/will-", another)
    assert results(forged)[0][PackageStep.EVIDENCE] is CheckResult.FAILED


def test_a_file_of_a_voided_task_says_so(desk):  # noqa: F811
    envelope = desk.finish(desk.start(flow_of("application_contract")))
    entry = entry_of(envelope)
    data = get_storage().get(entry.sha256)
    found = inspect_file(data, at=now())
    assert (found.report["verdict"], found.word, found.entry) == ("genuine", "current", entry)
    Envelope.objects.filter(pk=envelope.pk).update(state="voided")
    assert standing_of(entry) == inspect_file(data, at=now()).word == "cancelled"
