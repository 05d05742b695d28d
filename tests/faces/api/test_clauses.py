"""Clauses by API: the list and the file, for keys that may read files."""

import hashlib

from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.insurance.policies.queries import clause_documents
from baozhen.signing.organizations.services import Scope


def test_the_list_leads_to_every_file(program):
    listed = program.get("/clauses").json()
    assert [item["sha256"] for item in listed] == [item.sha256 for item in clause_documents()]
    for item in listed:
        response = program.get(item["file"].removeprefix("/api/v1"))
        assert hashlib.sha256(response.content).hexdigest() == item["sha256"]
        assert len(response.content) == item["size"]
        assert response["ETag"] == f'"{item["sha256"]}"'


def test_a_copy_that_is_known_is_not_sent_again(program):
    item = program.get("/clauses").json()[0]
    address = item["file"].removeprefix("/api/v1")
    response = program.get(address, **{"If-None-Match": f'"{item["sha256"]}"'})
    assert response.status_code == 304


def test_unknown_clauses(program):
    response = program.get("/clauses/compulsory/1999/file")
    assert response.status_code == 404
    assert response.json()["code"] == "clauses_unknown"


def test_the_scope_is_asked_for(program_with):
    program = program_with(Scope.POLICIES_READ)
    assert program.get("/clauses").status_code == 403
    assert program.get("/clauses/compulsory/2026-demo/file").status_code == 403


def test_clauses_verify_as_current(program):
    item = program.get("/clauses").json()[0]
    data = program.get(item["file"].removeprefix("/api/v1")).content
    body = program.upload("/verifications", file=SimpleUploadedFile("c.pdf", data)).json()
    assert body["verdict"] == "genuine"
    assert body["register_word"] == "current"
    assert body["policy_no"] is None
