"""Who may ask what, for every operation that the OpenAPI document names, new ones too."""

import json
import re

import pytest
from django.db import connection

from baozhen.faces.api.urls import openapi_document
from baozhen.signing.organizations.services import Scope
from tests.faces.api.conftest import Program

pytestmark = pytest.mark.django_db

OPEN = {
    "/api/v1/health",
    "/api/v1/oauth/token",
    "/api/v1/file-links/{token}",
    # A payment channel signs its notices (test_payment_notices).
    "/api/v1/payment-notices/{channel}",
}
# A connected identity system proves itself by its own signature, no program by its key.
WITHOUT_SCOPE = {
    "/api/v1/verifications",
    "/api/v1/verifications/report",
    "/api/v1/identity-callbacks/own-system",
}
# Ids of nothing, each of the form that its operation takes.
PREFIXES = {
    "envelope_id": "env",
    "batch_id": "bat",
    "webhook_id": "whk",
    "delivery_id": "dlv",
    "seal_id": "seal",
    "template_id": "tpl",
    "file_id": "file",
    "subject_id": "sub",
    "check_id": "chk",
    "risk_id": "risk",
    "deposit_id": "dep",
    "pre_stamp_id": "pst",
}


def operations():
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


# The mini-program's pages have a session of the person's own: tests/faces/api/test_mini.py.
MINI = "/api/v1/mini/"
OPERATIONS = [
    entry for entry in operations() if entry[1] not in OPEN and not entry[1].startswith(MINI)
]
NAMES = [f"{method} {path}" for method, path, _operation in OPERATIONS]
every_operation = pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)


def address(path, operation):
    """Fill the path with ids of nothing."""
    kinds = {
        entry["name"]: entry["schema"].get("type")
        for entry in operation.get("parameters", [])
        if entry["in"] == "path"
    }

    def fill(found):
        name = found[1].partition(":")[2] or found[1]
        if kinds.get(name) == "integer":
            return "999999999"
        return f"{PREFIXES.get(name, 'xxx')}_{'0' * 26}"

    return re.sub(r"\{([\w:]+)\}", fill, path.removeprefix("/api/v1"))


def ask(program, method, path, operation):
    if method == "GET":
        return program.get(address(path, operation))
    if method == "PATCH":
        return program.patch(address(path, operation), {})
    return program.post(address(path, operation), {}, Idempotency_Key="k")


@every_operation
def test_nothing_without_a_key(method, path, operation):
    assert ask(Program(""), method, path, operation).status_code == 401


def test_nothing_without_the_scope(program_with):
    """One program for each scope: an operation answers 403 to all of them but its own."""
    programs = {scope: program_with(scope, name=f"only-{scope}") for scope in Scope}
    for method, path, operation in OPERATIONS:
        statuses = {
            scope: ask(program, method, path, operation).status_code
            for scope, program in programs.items()
        }
        let_in = [scope for scope, status in statuses.items() if status != 403]
        allowed = len(Scope) if path in WITHOUT_SCOPE else 1
        assert len(let_in) == allowed, (method, path, let_in)


def test_what_does_not_exist_and_what_is_anothers_look_alike(program):
    """No operation on one thing answers with success, or with a fault of ours, to a guessed id."""
    for method, path, operation in OPERATIONS:
        if "{" not in path:
            continue
        answer = ask(program, method, path, operation)
        assert answer.status_code in {400, 404, 415, 422}, (method, path, answer.content[:300])


def test_reading_changes_nothing(program):
    """The database itself counts what a transaction writes."""
    for method, path, operation in OPERATIONS:
        if method != "GET":
            continue
        before = _fingerprint()
        ask(program, method, path, operation)
        assert _fingerprint() == before, path


def _fingerprint():
    """How often rows of each table were written in this transaction, the counts of asking apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables "
            "WHERE relname <> 'requests_requestcount' ORDER BY relname"
        )
        return json.dumps(cursor.fetchall())
