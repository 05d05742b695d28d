"""条款 for everybody: the list, the file, its verification, and the link from a policy."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest

from baozhen.faces.portal.query import grant
from baozhen.foundation.clock import now
from baozhen.insurance.policies.models import ClauseDocument
from baozhen.insurance.policies.queries import clause_documents
from baozhen.insurance.verification.models import VerificationEntry


@pytest.fixture
def clauses(platform):
    """The clauses of the compulsory insurance."""
    return ClauseDocument.objects.get(product="compulsory")


def address_of(document):
    return f"/clauses/{document.product}/{document.version}.pdf"


def test_the_page_lists_all_clauses(client, clauses):
    page = client.get("/clauses")
    text = page.content.decode()
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "all"
    for document in clause_documents():
        for fact in (document.title, document.version, document.filing_no, document.sha256):
            assert fact in text
        assert address_of(document) in text


def test_before_publishing_the_page_says_so(client, db):
    assert "条款尚未发布" in client.get("/clauses").content.decode()


def test_the_footer_leads_to_the_clauses(client, db):
    assert 'href="/clauses"' in client.get("/").content.decode()


def test_anybody_may_take_the_file_and_keep_it(client, clauses):
    response = client.get(address_of(clauses))
    assert hashlib.sha256(response.content).hexdigest() == clauses.sha256
    assert response["Content-Type"] == "application/pdf"
    assert response["ETag"] == f'"{clauses.sha256}"'
    assert response["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in response.headers
    assert not response.cookies
    again = client.get(address_of(clauses), headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("address", ["compulsory/1999", "nothing/2026-demo"])
def test_what_was_never_published_is_not_found(client, clauses, address):
    response = client.get(f"/clauses/{address}.pdf")
    assert response.status_code == 404
    assert "没有已发布的条款" in response.content.decode()


def upload(client, data):
    return client.post("/verify", {"file": SimpleUploadedFile("clauses.pdf", data)})


def test_the_file_is_genuine_and_current(client, clauses):
    answer = upload(client, client.get(address_of(clauses)).content).content.decode()
    assert 'data-verdict="genuine"' in answer
    assert "真实有效" in answer
    assert clauses.filing_no in answer
    assert VerificationEntry.objects.get().word == "current"


def test_changed_clauses_are_noticed(client, clauses):
    data = bytearray(client.get(address_of(clauses)).content)
    data[len(data) // 2] ^= 0x01
    answer = upload(client, bytes(data)).content.decode()
    assert 'data-verdict="genuine"' not in answer
    assert "真实有效" not in answer


def test_a_policy_leads_to_its_clauses(client, policy):
    request = HttpRequest()
    request.session = client.session
    grant(request, policy, at=now())
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key
    text = client.get("/query/result").content.decode()
    assert "适用条款" in text
    assert f'href="{address_of(ClauseDocument.objects.get(product="compulsory"))}"' in text
