"""Checks: asked, answered, kept as evidence, reused while they hold, waiting when none answers."""

import hashlib
import hmac
import json
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from baozhen.foundation.clock import now
from baozhen.foundation.errors import DevelopmentOnly, IllegalMove
from baozhen.signing.certificates.demonstration import demonstration_folder
from baozhen.signing.certificates.services import set_up_development_hierarchy
from baozhen.signing.identity.errors import (
    AgentActsForClient,
    CallbackRefused,
    ChallengeWrong,
    CheckClosed,
    IdentityCallRefused,
    IdentityInputMissing,
    IdentityKindMismatch,
    IdentityNotVerified,
    IdentityOutage,
    IdentityProviderMissing,
    PapersExpired,
    TransferGuessWrong,
)
from baozhen.signing.identity.jobs import follow_identity_checks
from baozhen.signing.identity.models import IdentityCheck
from baozhen.signing.identity.providers.development import DevelopmentElements
from baozhen.signing.identity.providers.generic import SIGNATURE, TIMESTAMP, HTTPSIdentity, sign
from baozhen.signing.identity.providers.ports import Question, Verdict
from baozhen.signing.identity.providers.registry import provider_of
from baozhen.signing.identity.providers.tencent import Account as CloudAccount
from baozhen.signing.identity.providers.tencent import TencentFaceID
from baozhen.signing.identity.queries import (
    evidence_of,
    find_subjects,
    list_checks,
    missing_checks,
    require_identity,
    shared_uses,
    tier_of,
    valid_checks,
)
from baozhen.signing.identity.services.answers import (
    answer_key_challenge,
    complete_check,
    confirm_transfer,
    key_challenge,
    review_check,
    take_callback,
    withdraw_check,
)
from baozhen.signing.identity.services.checks import CheckScope, ask_provider, start_check
from baozhen.signing.identity.services.devices import check_not_agent, note_device
from baozhen.signing.identity.services.papers import PaperFacts, register_paper
from baozhen.signing.identity.services.subjects import (
    SubjectFacts,
    mobile_index,
    register_subject,
    register_subjects,
)
from baozhen.signing.identity.states import CheckKind, CheckState, Tier
from baozhen.signing.organizations.models import Account
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import ensure_organization
from baozhen.signing.risks.models import Risk
from baozhen.signing.risks.services import handle_risk
from baozhen.trust.x509.hierarchy import make_hierarchy
from tests.signing.identity.conftest import NOW

SIGN_IN = CheckScope(purpose="sign_in")
LATER = NOW + timedelta(minutes=1)


def start(subject, kind, inputs=None, *, scope=SIGN_IN, at=NOW):
    return start_check(subject, kind, inputs or {}, scope=scope, actor="test", at=at)


def other(number, **changes):
    facts = {
        "kind": "person",
        "name": f"测试{number}",
        "id_no": f"1101991990010{number:05d}",
        "mobile": "16100000001",
        **changes,
    }
    return register_subject(SubjectFacts(**facts), actor="test", at=NOW)


@pytest.mark.requirement("S2-L160.a1", "S2-L40a", "S2-L800c")
def test_first_use_is_verified_and_reused_while_it_holds(person):
    with pytest.raises(IdentityNotVerified):
        require_identity(person, NOW)
    check = start(person, "three_elements")
    assert check.state == CheckState.PASSED
    assert check.provider == "development"
    assert check.receipt
    assert check.answer_sha256
    assert check.inputs is None
    require_identity(person, LATER)
    again = start(person, "three_elements", at=NOW + timedelta(days=179))
    assert again.pk == check.pk
    fresh = start(person, "three_elements", at=NOW + timedelta(days=181))
    assert fresh.pk != check.pk
    evidence = evidence_of([person], at=LATER)
    assert [item["check"] for item in evidence] == [check.public_id]
    assert person.id_no not in json.dumps(evidence)


def test_a_check_stops_counting_when_the_facts_change(person):
    check = start(person, "three_elements")
    assert valid_checks(person, LATER) == [check]
    changed = other(1, name="测试甲", id_no="110199198506151017", mobile="16100000009")
    assert changed.pk == person.pk
    assert valid_checks(changed, LATER) == []


def test_what_differs_fails_and_a_document_is_never_reused(person):
    stranger = other(2, name="测试不符")
    failed = start(stranger, "three_elements")
    assert failed.state == CheckState.FAILED
    assert failed.valid_until is None
    scope = CheckScope(purpose="sign", document_sha256="ab" * 32)
    first = start(person, "three_elements", scope=scope)
    assert start(person, "three_elements", scope=scope).pk != first.pk


@pytest.mark.requirement("S0-3.10")
def test_a_face_is_answered_elsewhere_and_a_mismatch_is_reported(person):
    check = start(person, "face")
    assert check.state == CheckState.ANSWERING
    assert check.session_url
    done = complete_check(check.public_id, at=LATER)
    assert done.state == CheckState.PASSED
    assert done.score == 99
    stranger = other(3, name="测试不符")
    shown = start(stranger, "face")
    assert complete_check(shown.public_id, at=LATER).state == CheckState.FAILED
    assert Risk.objects.filter(kind="identity.face_mismatch").count() == 1


@pytest.mark.requirement("S2-L160.a2", "S2-L160.a3")
def test_a_company_is_shown_by_licence_representative_and_transfer(company):
    assert start(company, "licence").state == CheckState.PASSED
    assert start(company, "legal_rep").state == CheckState.PASSED
    require_identity(company, LATER)
    with pytest.raises(IdentityKindMismatch):
        start(company, "face")
    with pytest.raises(IdentityInputMissing):
        start(company, "transfer")
    account = {"bank_account": "6212345678900000011", "bank_name": "示例银行"}
    check = start(company, "transfer", account)
    assert check.state == CheckState.ANSWERING
    paid = int(check.inputs["amount_fen"])
    assert 1 <= paid <= 99
    for left in (2, 1):
        with pytest.raises(TransferGuessWrong) as refused:
            confirm_transfer(check.public_id, amount_fen=paid + 1, at=LATER)
        assert refused.value.facts["left"] == left
    assert confirm_transfer(check.public_id, amount_fen=paid, at=LATER).state == "passed"
    second = start(
        company,
        "transfer",
        account,
        scope=CheckScope(purpose="again"),
        at=NOW + timedelta(days=800),
    )
    for _ in range(3):
        with pytest.raises(TransferGuessWrong):
            confirm_transfer(second.public_id, amount_fen=100, at=NOW + timedelta(days=800))
    with pytest.raises(CheckClosed):
        confirm_transfer(second.public_id, amount_fen=1, at=NOW + timedelta(days=800))


def test_a_transfer_is_not_guessed_after_its_days(company):
    account = {"bank_account": "6212345678900000011", "bank_name": "示例银行"}
    check = start(company, "transfer", account)
    paid = int(check.inputs["amount_fen"])
    with pytest.raises(TransferGuessWrong):
        confirm_transfer(check.public_id, amount_fen=paid, at=NOW + timedelta(days=8))
    check.refresh_from_db()
    assert check.state == CheckState.FAILED


@pytest.mark.requirement("S2-L160.a4")
def test_a_ukey_signs_a_challenge(company):
    set_up_development_hierarchy(organization=company.name, at=NOW)
    folder = demonstration_folder()
    check = start(company, "ukey")
    for family in ("sm2", "rsa"):
        identity = folder.identity(family, "signer")
        fresh = start(company, "ukey", scope=CheckScope(purpose=family, document_sha256="ab" * 32))
        good = identity.signer.sign(key_challenge(fresh))
        given = {"certificate": identity.certificate, "chain": identity.chain, "at": LATER}
        old = identity.signer.sign(key_challenge(check))
        with pytest.raises(ChallengeWrong):  # a signature over another challenge
            answer_key_challenge(fresh.public_id, signature=old, **given)
        done = answer_key_challenge(fresh.public_id, signature=good, **given)
        assert done.state == CheckState.PASSED
        assert done.answer["certificate_sha256"]


def test_a_strangers_ukey_is_refused(company, person):
    set_up_development_hierarchy(organization=company.name, at=NOW)
    made = make_hierarchy(organization=company.name, now=NOW, random_bytes=lambda n: b"\x55" * n)
    key = made.families["sm2"].signer
    check = start(company, "ukey")
    signature = key.signer.sign(key_challenge(check))
    given = {"certificate": key.certificate, "chain": key.chain, "signature": signature}
    with pytest.raises(ChallengeWrong):
        answer_key_challenge(check.public_id, at=LATER, **given)
    # The right authority, but another's certificate: whose it is counts.
    own = demonstration_folder().identity("sm2", "signer")
    others = start(person, "ukey")
    signature = own.signer.sign(key_challenge(others))
    given = {"certificate": own.certificate, "chain": own.chain, "signature": signature}
    with pytest.raises(ChallengeWrong):
        answer_key_challenge(others.public_id, at=LATER, **given)


@pytest.mark.requirement("S2-L800c")
def test_agents_papers_are_reviewed_and_end(person):
    ended = PaperFacts(paper_type="执业证", number="1", valid_until=date(2026, 5, 31))
    with pytest.raises(PapersExpired):
        register_paper(person, ended, actor="hr", at=NOW)
    facts = PaperFacts(paper_type="执业证", number="0001", valid_until=date(2026, 7, 1))
    check = register_paper(person, facts, actor="hr", at=NOW)
    assert check.state == CheckState.REVIEWING
    assert list(list_checks({"state": "open"})) == [check]
    done = review_check(check.public_id, accepted=True, reason="", actor="staff:b", at=LATER)
    assert done.state == CheckState.PASSED
    assert [item.kind for item in valid_checks(person, LATER)] == [CheckKind.AGENT_PAPERS]
    assert valid_checks(person, NOW + timedelta(days=40)) == []
    withdraw_check(check.public_id, reason="伪造", actor="staff:b", at=LATER)
    assert valid_checks(person, LATER) == []
    with pytest.raises(IllegalMove):
        withdraw_check(check.public_id, reason="再次", actor="staff:b", at=LATER)


@pytest.mark.requirement("S2-L311")
def test_an_agents_device_never_confirms_and_shared_ones_raise_the_tier(person):
    agent = other(4, mobile="16100000004", is_agent=True)
    note_device(agent, "tablet", at=NOW)
    with pytest.raises(AgentActsForClient):
        start(person, "face", scope=CheckScope(purpose="sign", device="tablet"))
    [risk] = Risk.objects.filter(kind="identity.agent_confirms")
    assert not IdentityCheck.objects.filter(subject=person).exists()
    # Until somebody has looked into it, this client is asked for the strongest proof.
    assert tier_of(person, NOW) == Tier.HIGH
    handle_risk(risk.pk, handling="已核实", dismissed=False, actor="staff:s", at=NOW)

    assert tier_of(person, NOW) == Tier.NORMAL
    family = [other(number) for number in (5, 6)]  # three on one mobile: a family
    assert tier_of(person, NOW) == Tier.RAISED
    start(family[1], "three_elements")
    start(family[0], "three_elements")
    assert Risk.objects.filter(kind="identity.mobile_shared").count() == 1
    assert missing_checks(family[1], LATER) == ((CheckKind.FACE, CheckKind.VIDEO, CheckKind.UKEY),)
    for number in (7, 8, 9):
        other(number)
    assert tier_of(person, NOW) == Tier.HIGH
    assert [use.subjects for use in shared_uses(at_least=3)] == [6]
    for number, subject in enumerate([person, *family, other(10)], start=1):
        assert note_device(subject, "shared", at=NOW) == number
    assert Risk.objects.filter(kind="identity.device_shared").count() == 1


def test_a_hundred_subjects_cost_a_handful_of_statements(db, django_assert_max_num_queries):
    facts = [
        SubjectFacts(kind="person", name=f"测试{n}", id_no=f"11019919900101{n:04d}", mobile="161")
        for n in range(100)
    ]
    with django_assert_max_num_queries(8):
        made = register_subjects([*facts, facts[0]], actor="test", at=NOW)
    assert len({row.pk for row in made}) == 100
    assert made[0] == made[-1]
    assert find_subjects("110199199001010001").get() == made[1]


@pytest.mark.requirement("S2-L160.n1")
def test_a_provider_that_is_down_keeps_the_check_waiting(person, settings, serve):
    down = [True]

    def answer(_method, _path, _headers, _body):
        return (503, {}) if down[0] else (200, {"verdict": "matches", "receipt": "r-1"})

    server = serve(answer)
    use(settings, "three_elements", server)
    check = start(person, "three_elements")
    assert check.state == CheckState.SUBMITTED
    assert "暂时不可用" in check.last_error
    with pytest.raises(IdentityOutage):
        ask_provider(check.pk, at=LATER)
    down[0] = False
    ask_provider(check.pk, at=LATER)
    ask_provider(check.pk, at=LATER)  # a job that runs twice
    check.refresh_from_db()
    assert (check.state, check.receipt) == (CheckState.PASSED, "r-1")
    references = {json.loads(body)["reference"] for _, _, _, body in server.calls}
    assert references == {check.public_id}
    assert len(server.calls) == 3


def use(settings, kind, server, adapter="https"):
    line = {"adapter": adapter, "name": "insurer", "url": server.url, "secret": "s3cret-s3cret"}
    settings.BAOZHEN_IDENTITY_PROVIDERS = json.dumps({kind: line})


@pytest.mark.requirement("S2-L133.01", "S2-L512a")
def test_the_insurers_own_system_submits_reviews_and_tells(person, settings, serve):
    verdicts = ["waiting"]

    def answer(method, path, headers, body):
        stamp, signed = headers[TIMESTAMP.lower()], headers[SIGNATURE.lower()]
        if signed != sign(b"s3cret-s3cret", stamp, body or path.encode()):
            return 401, {}
        return 200, {"verdict": verdicts[0], "receipt": "case-7"}

    use(settings, "own_system", serve(answer))
    check = start(person, "own_system")
    assert check.state == CheckState.REVIEWING
    assert complete_check(check.public_id, at=LATER).state == CheckState.REVIEWING
    follow_identity_checks()  # an old case is asked about, and still waits
    verdicts[0] = "matches"
    assert complete_check(check.public_id, at=LATER).state == CheckState.PASSED


def test_a_callback_is_believed_only_when_signed_and_fresh(person, settings, serve):
    use(settings, "own_system", serve(lambda *_: (200, {"verdict": "waiting", "receipt": "c"})))
    check = start(person, "own_system")
    told = {"reference": check.public_id, "receipt": "c", "verdict": "matches"}
    body = json.dumps(told).encode()
    stamp = str(int(now().timestamp()))
    good = {TIMESTAMP: stamp, SIGNATURE: sign(b"s3cret-s3cret", stamp, body)}
    for headers, content in (
        ({}, body),
        ({**good, SIGNATURE: "0" * 64}, body),
        (good, body.replace(b"matches", b"differs")),
        ({TIMESTAMP: "1000", SIGNATURE: sign(b"s3cret-s3cret", "1000", body)}, body),
    ):
        with pytest.raises(CallbackRefused):
            take_callback(headers, content, at=LATER)
    assert take_callback(good, body, at=LATER).state == CheckState.PASSED
    assert take_callback(good, body, at=LATER).state == CheckState.PASSED  # told twice


@pytest.mark.requirement("S2-L160.n1", "S2-L363")
def test_tencent_requests_are_signed_as_documented(person, settings, serve):
    results = {"PhoneVerification": "0", "BankCard4EVerification": "-1"}

    def answer(_method, _path, headers, body):
        if not signed_by_the_book(headers, body, b"key"):
            fault = {"Code": "AuthFailure.SignatureFailure", "Message": "no"}
            return 200, {"Response": {"Error": fault, "RequestId": "1"}}
        action = headers["x-tc-action"]
        if action in results:
            return 200, {"Response": {"Result": results[action], "RequestId": f"req-{action}"}}
        if action == "DetectAuth":
            told = {"Url": "https://faceid.example.com/x", "BizToken": "tok", "RequestId": "2"}
            return 200, {"Response": told}
        code = {"ErrCode": 0, "ErrMsg": "成功", "Sim": "98.50"} if passed[0] else {"ErrCode": None}
        return 200, {"Response": {"Text": code, "VideoData": {"x": "y"}, "RequestId": "3"}}

    passed = [False]
    server = serve(answer)
    line = {
        "adapter": "tencent",
        "secret_id": "id",
        "secret_key": "key",
        "rule_id": "1",
        "endpoint": server.url,
    }
    kinds = ("three_elements", "four_elements", "face")
    settings.BAOZHEN_IDENTITY_PROVIDERS = json.dumps(dict.fromkeys(kinds, line))
    three = start(person, "three_elements")
    assert (three.state, three.receipt) == ("passed", "req-PhoneVerification")
    four = start(person, "four_elements", {"bank_card": "6212345678900000011"})
    assert four.state == CheckState.FAILED
    assert four.inputs is None  # the card's number is not kept
    face = start(person, "face")
    assert face.session_url == "https://faceid.example.com/x"
    assert complete_check(face.public_id, at=LATER).state == CheckState.ANSWERING
    passed[0] = True
    done = complete_check(face.public_id, at=LATER)
    assert (done.state, str(done.score)) == ("passed", "98.50")
    assert "VideoData" not in done.answer

    wrong = TencentFaceID(CloudAccount(secret_id="id", secret_key=b"other", endpoint=server.url))
    question = Question(kind=CheckKind.THREE_ELEMENTS, reference="r", name="测试甲")
    with pytest.raises(IdentityCallRefused):
        wrong.verify(question)
    results["PhoneVerification"] = "-7"
    good = TencentFaceID(CloudAccount(secret_id="id", secret_key=b"key", endpoint=server.url))
    with pytest.raises(IdentityOutage):
        good.verify(question)


def signed_by_the_book(headers, body, secret):
    """Compute TC3-HMAC-SHA256 again, from what arrived."""
    given = headers["authorization"]
    day = given.split("/")[1]
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{headers['content-type']}",
            f"host:{headers['host']}",
            f"x-tc-action:{headers['x-tc-action'].lower()}",
            "",
            "content-type;host;x-tc-action",
            hashlib.sha256(body).hexdigest(),
        ]
    )
    text = "\n".join(
        [
            "TC3-HMAC-SHA256",
            headers["x-tc-timestamp"],
            f"{day}/faceid/tc3_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = b"TC3" + secret
    for part in (day, "faceid", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return given.endswith(hmac.new(key, text.encode(), hashlib.sha256).hexdigest())


def test_production_has_no_twins(settings):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        DevelopmentElements()
    with pytest.raises(IdentityProviderMissing):
        provider_of(CheckKind.THREE_ELEMENTS)


def test_the_database_refuses_a_pass_without_times_and_kept_inputs(person):
    check = start(person, "face")
    for change in ({"state": "passed"}, {"state": "failed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            IdentityCheck.objects.filter(pk=check.pk).update(**change)


def test_a_gateway_that_talks_nonsense_is_an_outage(serve):
    adapter = HTTPSIdentity(name="x", url=serve(lambda *_: (200, b"[]")).url, secret=b"s")
    question = Question(kind=CheckKind.LICENCE, reference="r", name="示例")
    with pytest.raises(IdentityOutage):
        adapter.verify(question)
    refusing = HTTPSIdentity(name="x", url=serve(lambda *_: (400, b"{}")).url, secret=b"s")
    with pytest.raises(IdentityCallRefused):
        refusing.verify(question)
    assert Verdict("waiting") is Verdict.WAITING


def test_one_of_the_staff_is_a_client_like_any_other_for_themselves(person):
    ensure_organization(at=NOW)
    user = User.objects.create_user("s1")
    fields = {"user": user, "unit": root_unit(), "kind": "staff", "mobile": person.mobile}
    times = {"created_at": NOW, "updated_at": NOW}
    account = Account.objects.create(
        public_id="acc_1",
        display_name="测试丁",
        mobile_index=mobile_index(person.mobile),
        **fields,
        **times,
    )
    with pytest.raises(AgentActsForClient):
        check_not_agent(person, mobile=person.mobile, at=NOW)
    Account.objects.filter(pk=account.pk).update(display_name=person.name)
    check_not_agent(person, mobile=person.mobile, at=NOW)
