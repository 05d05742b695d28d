"""Who signed, when, and whether that may be trusted: steps 6 to 10 of docs/verification.md."""

import json
from datetime import timedelta

import pytest

from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.errors import ParseError, VerificationError
from baozhen.trust.evidence import parse_proof
from baozhen.trust.pdf.sign import sign_dual
from baozhen.trust.report import STEP_TITLES, VERDICT_WORDS, CheckResult, Report, Step, Verdict
from baozhen.trust.verify import TrustAnchors, inspect
from baozhen.trust.x509.issue import Reason, Revocation, issue_crl
from baozhen.trust.x509.parse import parse_certificate
from baozhen.trust.x509.revocation import RevocationEvidence
from tests import pdfs
from tests.pki import NOW, ORGANIZATION, family, hierarchy, stranger


def answer(data: bytes, **changes) -> Report:
    options = {
        "anchors": pdfs.anchors(),
        "at": NOW,
        "revocation": pdfs.revocation(),
        **changes,
    }
    return inspect(data, **options)


def result(report: Report, step: Step) -> CheckResult:
    return report.checks[step - 1].result


def test_every_step_has_a_number_a_title_and_an_answer():
    report = answer(pdfs.signed())
    assert [check.step for check in report.checks] == list(range(1, 11))
    assert [check.title for check in report.checks] == list(STEP_TITLES.values())
    assert all(check.detail for check in report.checks)
    assert set(VERDICT_WORDS) == set(Verdict)


def test_the_json_is_what_the_command_line_promises():
    value = json.loads(answer(pdfs.signed()).to_json(file="a.pdf", register="current"))
    assert value["file"] == "a.pdf"
    assert value["verdict"] == "genuine"
    assert value["register"] == "current"
    assert value["demo"] is True
    assert set(value["checks"][0]) == {"step", "title", "result", "detail"}
    assert value["signatures"][1]["covers_whole_file"] is True
    assert value["sha256"] == sha256(pdfs.signed()).hex()
    assert value["sm3"] == sm3(pdfs.signed()).hex()


def test_an_unexpected_organization_is_untrusted():
    report = answer(pdfs.signed(), anchors=pdfs.anchors(organization="另一家保险公司"))
    assert report.verdict is Verdict.UNTRUSTED
    assert result(report, Step.SIGNER) is CheckResult.FAILED


def test_without_an_expected_organization_the_signer_is_unknown_but_named():
    report = answer(pdfs.signed(), anchors=pdfs.anchors(organization=None))
    assert report.verdict is Verdict.GENUINE
    assert result(report, Step.SIGNER) is CheckResult.UNKNOWN
    assert ORGANIZATION in report.checks[Step.SIGNER - 1].detail


def test_the_roots_of_one_family_do_not_vouch_for_the_other():
    roots = TrustAnchors((family("rsa").root.certificate,), ORGANIZATION)
    report = answer(pdfs.signed(), anchors=roots)
    assert report.verdict is Verdict.UNTRUSTED
    assert [s.trusted for s in report.signatures] == [False, True]


def revoked(name: str, *, at, reason: Reason = Reason.KEY_COMPROMISE) -> RevocationEvidence:
    issuing = family(name).issuing
    entry = Revocation(
        serial=parse_certificate(family(name).signer.certificate).serial,
        revoked_at=at,
        reason=reason,
    )
    crl = issue_crl(
        issuer=issuing.certificate,
        signer=issuing.signer,
        number=9,
        this_update=NOW,
        next_update=NOW + timedelta(days=9),
        revoked=[entry],
    )
    return RevocationEvidence(crls=(*pdfs.revocation().crls, crl))


@pytest.mark.parametrize("name", ["sm2", "rsa"])
def test_a_revoked_certificate_is_untrusted(name: str):
    report = answer(pdfs.signed(), revocation=revoked(name, at=NOW - timedelta(hours=1)))
    assert report.verdict is Verdict.UNTRUSTED
    assert result(report, Step.REVOCATION) is CheckResult.FAILED


def test_a_timestamp_before_the_revocation_saves_the_signature():
    """And its twin: without a timestamp nobody knows that it was made before."""
    later = {
        "at": NOW + timedelta(days=5),
        "revocation": revoked("rsa", at=NOW + timedelta(days=1)),
    }
    assert answer(pdfs.signed(stamped=True), **later).verdict is Verdict.GENUINE
    assert answer(pdfs.signed(), **later).verdict is Verdict.UNTRUSTED


def test_a_timestamp_outlives_the_certificate():
    """And its twin: without one, the signature ends with the certificate."""
    later = {"at": NOW + timedelta(days=4 * 365)}
    assert answer(pdfs.signed(stamped=True), **later).verdict is Verdict.GENUINE
    report = answer(pdfs.signed(), **later)
    assert report.verdict is Verdict.UNTRUSTED
    assert result(report, Step.CHAIN) is CheckResult.FAILED


def test_missing_revocation_lists_leave_the_step_unknown():
    report = answer(pdfs.signed(), revocation=RevocationEvidence())
    assert report.verdict is Verdict.GENUINE
    assert result(report, Step.REVOCATION) is CheckResult.UNKNOWN


def test_a_pending_timestamp_leaves_the_time_unknown():
    report = answer(pdfs.signed())
    assert report.verdict is Verdict.GENUINE
    assert result(report, Step.TIME) is CheckResult.UNKNOWN


def test_a_token_of_an_unknown_authority_is_untrusted():
    def stamp(digest: bytes, hash_name: str) -> bytes:
        from baozhen.trust.cms.timestamp import TimestampRequest, issue_token

        name = "sm2" if hash_name == "sm3" else "rsa"
        request = TimestampRequest(hash_name, digest, None, True)
        return issue_token(stranger().families[name].tsa, request, at=NOW, serial=1)

    data = sign_dual(pdfs.linted(), **pdfs.identities(), at=NOW, timestamp=stamp)
    report = answer(data)
    assert report.verdict is Verdict.UNTRUSTED
    assert result(report, Step.TIME) is CheckResult.FAILED


def test_a_signature_dated_after_its_timestamp_is_not_believed():
    data = sign_dual(
        pdfs.linted(), **pdfs.identities(), at=NOW + timedelta(days=1), timestamp=pdfs.stamp
    )
    report = answer(data, at=NOW + timedelta(days=2))
    assert result(report, Step.TIME) is CheckResult.FAILED


# Evidence beside the file.


@pytest.mark.parametrize("hash_name", ["sha256", "sm3"])
def test_a_detached_token_proves_the_time(hash_name: str):
    data = pdfs.signed()
    report = answer(data, detached_timestamp=pdfs.detached(data, hash_name))
    assert report.verdict is Verdict.GENUINE
    assert result(report, Step.TIME) is CheckResult.PASSED
    assert {s.timestamp_at for s in report.signatures} == {NOW}


def test_an_aggregated_token_proves_the_time():
    data = pdfs.signed()
    report = answer(data, detached_timestamp=pdfs.aggregated(data))
    assert report.verdict is Verdict.GENUINE
    assert result(report, Step.TIME) is CheckResult.PASSED


@pytest.mark.parametrize("make", [pdfs.detached, pdfs.aggregated])
def test_the_proof_of_another_file_proves_nothing(make):
    report = answer(pdfs.signed(), detached_timestamp=make(pdfs.plain()))
    assert result(report, Step.TIME) is CheckResult.UNKNOWN
    assert "无效" in report.checks[Step.TIME - 1].detail
    assert {s.timestamp_at for s in report.signatures} == {None}


@pytest.mark.parametrize("make", [pdfs.detached, pdfs.aggregated])
def test_a_proof_survives_its_file(make):
    data = pdfs.signed()
    proof = make(data)
    digest = sha256(data).hex()
    assert parse_proof(proof.to_json(file_sha256=digest), file_sha256=digest) == proof
    with pytest.raises(VerificationError):
        parse_proof(proof.to_json(file_sha256=digest), file_sha256="0" * 64)


def test_a_proof_without_a_timestamp_is_none():
    text = json.dumps({"format": "baozhen-proof/1", "sha256": "0", "timestamp": None}).encode()
    assert parse_proof(text, file_sha256="0") is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"timestamp": []},
        {"timestamp": {"kind": "other", "token": ""}},
        {"timestamp": {"kind": "detached", "token": "!"}},
        {"timestamp": {"kind": "aggregated", "token": ""}},
        {"timestamp": {"kind": "aggregated", "token": "", "path": ["zz"], "index": 0, "size": 1}},
        {"timestamp": {"kind": "aggregated", "token": "", "path": [], "index": "0", "size": 1}},
    ],
)
def test_a_malformed_proof_is_an_error(change):
    value = {"format": "baozhen-proof/1", "sha256": "0", "timestamp": {}, **change}
    with pytest.raises(ParseError):
        parse_proof(json.dumps(value).encode(), file_sha256="0")
    for text in (b"", b"[" * 100_000, b"\xff", b"x" * 300_000):
        with pytest.raises(ParseError):
            parse_proof(text, file_sha256="0")


def test_the_hierarchy_of_the_tests_is_named_as_a_demonstration():
    report = answer(pdfs.signed())
    assert report.is_demo
    assert len(report.trust) == len(hierarchy().families) - 1
