"""验真: upload and answer, the QR link, and what strangers' files are told."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import FileKind, Standing
from baozhen.insurance.policies.tokens import verification_url
from baozhen.insurance.verification.models import VerificationEntry


def upload(client, data, name="policy.pdf"):
    file = SimpleUploadedFile(name, data, content_type="application/pdf")
    return client.post("/verify", {"file": file})


def verdict_of(response):
    return re.search(r'data-verdict="(\w+)"', response.content.decode())[1]


@pytest.mark.requirement("S0-6.4.1", "S0-6.4.2", "S0-3.8")
def test_our_own_file_is_genuine_and_current(client, policy_file, pdf):
    response = upload(client, pdf)
    text = response.content.decode()
    assert response.status_code == 200
    assert verdict_of(response) == "genuine"
    assert "真实有效" in text
    assert policy_file.number in text
    assert "国密签章（SM2）" in text
    assert "国际算法签章（RSA）" in text
    assert "不认识国密算法" in text  # what ordinary readers will say


@pytest.mark.requirement("S0-3.8", "S0-6.4.2")
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_one_changed_byte_is_noticed(client, pdf, place):
    changed = bytearray(pdf)
    changed[int(len(pdf) * place)] ^= 0x01
    response = upload(client, bytes(changed))
    assert verdict_of(response) != "genuine"
    assert "真实有效" not in response.content.decode()


def test_bytes_added_at_the_end_are_noticed(client, pdf):
    assert verdict_of(upload(client, pdf + b"\n% more")) != "genuine"


@pytest.mark.parametrize(
    ("data", "verdict"), [(b"hello", "unreadable"), (b"%PDF-1.7\n%%EOF\n", "unreadable")]
)
def test_what_is_no_pdf(client, platform, data, verdict):
    response = upload(client, data)
    assert verdict_of(response) == verdict
    assert "无法识别" in response.content.decode()


@pytest.mark.parametrize(
    ("standing", "title"),
    [(Standing.SUPERSEDED, "真实，已批改"), (Standing.CANCELLED, "真实，已注销")],
)
def test_a_genuine_file_that_is_no_longer_in_force(client, policy_file, pdf, standing, title):
    PolicyFile.objects.filter(pk=policy_file.pk).update(standing=standing)
    assert title in upload(client, pdf).content.decode()


def test_the_question_is_kept_and_the_file_is_not(client, policy_file, pdf):
    upload(client, pdf, name="张三的保单.pdf")
    entry = VerificationEntry.objects.get()
    assert (entry.source, entry.verdict, entry.word) == ("portal", "genuine", "current")
    assert entry.sha256 == policy_file.sha256
    assert "张三" not in repr(entry.__dict__)


def test_no_file_is_a_fault_under_the_field(client, platform):
    response = client.post("/verify", {})
    assert response.status_code == 422
    assert "请选择一个 PDF 文件" in response.content.decode()


def test_a_file_that_is_too_large(client, platform):
    response = upload(client, b"%PDF-1.7\n" + b"0" * (10 * 1024 * 1024))
    assert response.status_code == 422
    assert "10 MB" in response.content.decode()


def test_a_file_name_is_text_and_nothing_else(client, platform):
    text = upload(client, b"x", name="<script>alert(1)</script>.pdf").content.decode()
    assert "<script>alert" not in text


@pytest.mark.requirement("S0-6.4.1")
def test_the_qr_link_tells_what_was_issued_masked(client, policy, policy_file, raw):
    address = verification_url(policy_file.number).partition("/v/")[2]
    text = client.get(f"/v/{address}").content.decode()
    assert "这个保单号由我公司签发" in text
    assert policy.plate_masked in text
    assert raw["policyholder"]["name"] not in text
    assert raw["policyholder"]["id_no"] not in text
    assert raw["vehicle"]["vin"] not in text


def test_the_marks_qr_link(client, policy):
    mark = PolicyFile.objects.get(policy=policy, kind=FileKind.MARK)
    address = verification_url(mark.number).partition("/v/")[2]
    assert "电子保险标志" in client.get(f"/v/{address}").content.decode()


@pytest.mark.parametrize("token", ["", "/", "/0000000000000000", "?t=0"])
def test_a_number_without_its_token_tells_nothing(client, policy_file, token):
    response = client.get(f"/v/{policy_file.number}{token}")
    text = response.content.decode()
    assert "无法凭此二维码确认" in text or response.status_code == 404
    assert policy_file.policy.plate_masked not in text


def test_too_many_uploads_from_one_address(client, platform, monkeypatch):
    monkeypatch.setattr("baozhen.faces.portal.verify.VERIFICATIONS", _none_left())
    response = upload(client, b"x")
    assert response.status_code == 429
    assert "Retry-After" in response.headers


def _none_left():
    from baozhen.faces.limits import Limit

    return Limit(name="none", most=0)
