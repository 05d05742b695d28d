"""The notary: what goes out, what comes back, what is kept, and what is not believed."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from baozhen.foundation.clock import now
from baozhen.foundation.consistency import changed_rows
from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.links import LinkAddressUnprotected
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.services.depositing import deposit_evidence
from baozhen.signing.files.errors import DepositUnderWay, NotaryMissing
from baozhen.signing.files.evidence import make_package
from baozhen.signing.files.models import ArchiveItem, NotaryDeposit
from baozhen.signing.files.notary import (
    DepositOrder,
    DevelopmentNotary,
    HTTPSNotary,
    NotaryOutage,
    NotaryRefused,
    get_notary,
)
from baozhen.signing.files.services import CopyOrder, Involved
from baozhen.signing.files.services.depositing import (
    ask_again,
    ask_deposits,
    end_rule,
    set_rule,
)
from baozhen.signing.organizations.queries import root_unit
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.package import CheckResult, check_package
from baozhen.trust.package_records import PackageStep
from tests.signing.files.making import sealed_pdf
from tests.signing.files.notary import PATH, LocalNotary
from tests.signing.files.test_evidence_package import changed, check
from tests.signing.files.test_file_centre import branch, enter  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
PERSON = "测试欣"


@pytest.fixture
def server():
    notary = LocalNotary()
    yield notary
    notary.close()


def connected(server, public_key=None):
    """The adapter insists on HTTPS; the test leads its requests to the local server."""

    class Detour(httpx.HTTPTransport):
        def handle_request(self, request):
            request.url = request.url.copy_with(scheme="http")
            return super().handle_request(request)

    http = httpx.Client(transport=Detour())
    return HTTPSNotary(server.url, public_key=public_key or server.signer.public_key, http=http)


def order(**more):
    facts = {"reference": "dep_1", "sha256": "ab" * 32, "title": "投保单", "at": now()}
    return DepositOrder(**facts | more)


@pytest.fixture
def entry(platform):
    return enter(
        sealed_pdf("甲方与乙方约定如下"),
        root_unit(),
        title=f"{PERSON}的理赔申请书",
        document_type="claim_application",
        parties=(Involved(name=PERSON),),
    )


def test_a_deposit_is_signed_and_its_receipt_believed(server):
    receipt = connected(server).deposit(order())
    assert (receipt.number, receipt.service) == ("N000001", "示例公证处")
    assert server.asked == [("POST", PATH)]
    assert connected(server).find("dep_1", sha256="ab" * 32) == receipt
    assert connected(server).find("dep_2", sha256="ab" * 32) is None
    assert connected(server).deposit(order(title="别的")) == receipt


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_receipts_of_every_family_are_read(algorithm):
    server = LocalNotary(algorithm)
    try:
        assert connected(server).deposit(order()).algorithm is algorithm
    finally:
        server.close()


def test_receipts_of_another_key_or_about_another_file_are_refused(server):
    strange = connected(server, public_key=generate(Algorithm.SM2_SM3).public_key)
    with pytest.raises(NotaryRefused, match="回执无效"):
        strange.deposit(order())
    with pytest.raises(NotaryRefused, match="摘要"):
        connected(server).find("dep_1", sha256="cd" * 32)


def test_a_wrong_key_is_told_and_an_outage_is_one(server):
    server.status = 400
    with pytest.raises(NotaryRefused, match="不受理"):
        connected(server).deposit(order())
    for status in (429, 500, 503):
        server.status = status
        with pytest.raises(NotaryOutage):
            connected(server).deposit(order())
    server.close()
    with pytest.raises(NotaryOutage):
        connected(server).deposit(order())


def test_the_way_to_the_notary_must_be_encrypted(server):
    with pytest.raises(LinkAddressUnprotected):
        HTTPSNotary(server.plain_url, public_key=b"")


def test_the_configured_notary_is_taken_and_the_twin_refuses_production(settings, tmp_path):
    assert isinstance(get_notary(), DevelopmentNotary)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = tmp_path / "notary.pem"
    pem.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    settings.BAOZHEN_NOTARY_URL = "https://a:b@notary.example"
    settings.BAOZHEN_NOTARY_PUBLIC_KEY = str(pem)
    assert isinstance(get_notary(), HTTPSNotary)
    settings.BAOZHEN_NOTARY_URL = ""
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        get_notary()


@pytest.mark.requirement("S2-L160.d3", "S2-L160.n4")
def test_the_fingerprint_is_deposited_and_the_receipt_stands_in_the_package(entry, server):
    (deposit,) = ask_deposits([entry], actor="t", at=now())
    with pytest.raises(DepositUnderWay):
        ask_deposits([entry], actor="t", at=now())
    deposit_evidence(deposit.pk, notary=connected(server))
    deposit_evidence(deposit.pk, notary=connected(server))
    deposit.refresh_from_db()
    assert deposit.state == "recorded"
    assert server.asked == [("POST", PATH)], "what is done is not done again"
    manifest = get_storage().get(deposit.sha256)
    assert sha256(manifest).hex() == server.deposits[deposit.public_id]["hash"]
    assert entry.sha256 in manifest.decode()
    assert PERSON not in json.dumps(server.deposits, ensure_ascii=False)
    assert ArchiveItem.objects.filter(sha256=deposit.sha256, kind="evidence").count() == 1
    wanted = CopyOrder(recipient="法务", reason="诉讼举证")
    made = make_package(entry, wanted, parts=parts_of(entry), actor="t", at=now())
    report, failed = check(made.data)
    assert failed == set()
    said = next(one for one in report.checks if one.step == PackageStep.NOTARY)
    assert said.result is CheckResult.PASSED
    assert "示例公证处 N000001" in said.detail
    assert f"notary/{deposit.public_id}.json" in zipfile.ZipFile(BytesIO(made.data)).namelist()


@pytest.mark.parametrize(
    ("old", "new"), [(b"N000001", b"N000002"), (b"30", b"31"), (b"hash", b"hush")]
)
def test_a_receipt_that_was_changed_is_found_out(entry, server, old, new):
    (deposit,) = ask_deposits([entry], actor="t", at=now())
    deposit_evidence(deposit.pk, notary=connected(server))
    wanted = CopyOrder(recipient="法务", reason="诉讼举证")
    data = make_package(entry, wanted, actor="t", at=now()).data
    forged = changed(data, "notary/", lambda body: body.replace(old, new))
    assert PackageStep.NOTARY in check(forged)[1] or PackageStep.COMPLETE in check(forged)[1]
    assert not check(forged)[0].is_genuine


def test_a_slow_notary_is_asked_again_and_never_given_the_order_twice(entry, server):
    (deposit,) = ask_deposits([entry], actor="t", at=now())
    server.is_slow = True
    for _ in range(2):
        with pytest.raises(NotaryOutage):
            deposit_evidence(deposit.pk, notary=connected(server))
        assert list(changed_rows(NotaryDeposit)) == [], "rows agree with the record meanwhile"
    server.is_slow = False
    deposit_evidence(deposit.pk, notary=connected(server))
    deposit.refresh_from_db()
    assert deposit.state == "recorded"
    assert [method for method, _ in server.asked] == ["POST", "GET", "GET"]
    assert len(server.deposits) == 1


def test_a_refusal_is_kept_and_can_be_asked_again(entry, server):
    (deposit,) = ask_deposits([entry], actor="t", at=now())
    server.status = 403
    deposit_evidence(deposit.pk, notary=connected(server))
    deposit.refresh_from_db()
    assert deposit.state == "refused"
    assert "不受理" in deposit.refusal
    server.status = 200
    ask_again(deposit, actor="t", at=now())
    deposit_evidence(deposit.pk, notary=connected(server))
    deposit.refresh_from_db()
    assert deposit.state == "recorded"


def test_rules_say_which_files_are_deposited(platform, branch, entry):  # noqa: F811
    assert not NotaryDeposit.objects.exists(), "without a rule nothing is"
    rule = set_rule(branch, "claim_application", actor="t", at=now())
    pdf = sealed_pdf("约定")
    enter(pdf, root_unit(), dossier="env_2", document_type="claim_application")
    enter(pdf, branch, dossier="env_3", document_type="endorsement")
    assert not NotaryDeposit.objects.exists(), "another unit, another type"
    wanted = enter(pdf, branch, dossier="env_4", document_type="claim_application")
    assert NotaryDeposit.objects.get().entry == wanted
    end_rule(rule.pk, actor="t", at=now())
    enter(pdf, branch, dossier="env_5", document_type="claim_application")
    set_rule(None, "", actor="t", at=now() + timedelta(hours=1))
    enter(pdf, branch, dossier="env_6", document_type="claim_application")
    assert NotaryDeposit.objects.count() == 1, "archived before the rule, registered late or not"


@pytest.mark.django_db(transaction=True)
def test_the_worker_deposits_what_a_rule_asks_for(platform):
    set_rule(None, "", actor="t", at=now())
    enter(sealed_pdf("约定"), root_unit())
    run_worker(until_idle=True)
    deposit = NotaryDeposit.objects.get()
    assert deposit.state == "recorded"
    assert "演示" in deposit.service


def test_without_a_notary_the_button_says_so(entry, settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(NotaryMissing):
        ask_deposits([entry], actor="t", at=now())
    with pytest.raises(NotaryMissing):
        set_rule(None, "", actor="t", at=now())


def test_the_names_of_the_steps_are_whole():
    report = check_package(b"junk", anchors=None, at=now())
    assert len(report.checks) == len(PackageStep)
