"""POST /verifications and the health of the site."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.insurance.verification.models import VerificationEntry


def pdf_file(data):
    return SimpleUploadedFile("x.pdf", data, content_type="application/pdf")


def test_our_own_file(program, policy_file, pdf):
    body = program.upload("/verifications", file=pdf_file(pdf)).json()
    assert body["verdict"] == "genuine"
    assert body["register_word"] == "current"
    assert body["policy_no"] == policy_file.number
    assert {signature["algorithm"] for signature in body["signatures"]} == {
        "sm2-sm3",
        "rsa-sha256",
    }
    assert [check["step"] for check in body["checks"]] == list(range(1, 11))
    assert VerificationEntry.objects.get().source == "api"


def test_a_changed_file(program, pdf):
    body = program.upload("/verifications", file=pdf_file(pdf + b" ")).json()
    assert body["verdict"] == "tampered"
    assert body["register_word"] == "unknown"
    assert body["policy_no"] is None


def test_no_file(program):
    response = program.upload("/verifications")
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "file"


def test_a_file_that_is_too_large(program):
    response = program.upload("/verifications", file=pdf_file(b"0" * (10 * 1024 * 1024 + 1)))
    assert response.status_code == 413


def test_health(client, db):
    assert client.get("/api/v1/health").json() == {"status": "ok"}


def test_a_verb_that_an_address_does_not_take(program):
    response = program.post("/health")
    assert response.status_code == 405
    assert response["Allow"] == "GET"


@pytest.mark.requirement("S2-L160.b2")
def test_a_report_is_sent_and_is_genuine_itself(program, pdf):
    answer = program.upload("/verifications/report", file=SimpleUploadedFile("a.pdf", pdf))
    assert answer["Content-Type"] == "application/pdf"
    again = program.upload("/verifications", file=SimpleUploadedFile("r.pdf", answer.content))
    assert again.json()["verdict"] == "genuine"
