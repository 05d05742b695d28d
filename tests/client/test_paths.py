"""Every call of the SDK against the committed OpenAPI document, and the other way round."""

import inspect
import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import baozhen.client.archive
import baozhen.client.centre
import baozhen.client.journey
import baozhen.client.resources
import baozhen.client.safeguards
from baozhen.client import Client
from baozhen.client.calls import API_ROOT
from baozhen.client.paging import Page
from baozhen.client.parts import Part

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"
# What is no business of the SDK's: tokens and links are fetched elsewhere, others call with what
# they have to tell, and the mini-program's pages call for its person.
LEFT_OUT = {
    ("GET", "/health"),
    ("POST", "/oauth/token"),
    ("GET", "/file-links/{}"),
    ("POST", "/identity-callbacks/own-system"),
    ("POST", "/integrations/{}/inbound"),
    ("POST", "/payment-notices/{}"),
    ("POST", "/mini/session"),
    ("POST", "/mini/identity"),
    ("POST", "/mini/identity/confirm"),
    ("GET", "/mini/policies"),
    ("GET", "/mini/policies/{}"),
    ("GET", "/mini/policies/{}/file"),
    ("POST", "/mini/policies/{}/claims"),
    ("GET", "/mini/claims/{}"),
}
# A POST that asks and changes nothing may be sent again.
ASKING = ("/verifications", "/quotes", "/file-comparisons", "/mark-readings")
VALUES = {
    "limit": 50,
    "amount_fen": 12,
    "since": datetime(2026, 6, 1, tzinfo=UTC),
    "until": datetime(2026, 6, 2, tzinfo=UTC),
    "on": date(2026, 6, 1),
    "file": b"%PDF-",
    "types": ["policy.issued"],
    "chain": [],
    "overlap_hours": 24,
    "document": 1,
}
BODIES = {
    "application", "body", "check", "confirmation", "facts", "proposal", "request", "subject",
    "values", "wanted",
}  # fmt: skip


MODULES = (
    baozhen.client.archive,
    baozhen.client.centre,
    baozhen.client.journey,
    baozhen.client.resources,
    baozhen.client.safeguards,
)


class Recorder:
    """Keeps the calls that a resource makes, and answers nothing of interest."""

    def __init__(self, operations):
        self.operations = operations
        self.calls = []

    def send(self, call):
        self.calls.append(call)
        schema = answer_of(self.operations[operation_of(self.operations, call)])
        return [] if schema.get("type") == "array" else {"items": []}

    def page(self, call):
        self.calls.append(call)
        return Page([], has_more=False, cursor=None)

    def pages(self, call):
        self.calls.append(call)
        return iter(())

    def download(self, call, to):
        self.calls.append(call)
        return SimpleNamespace(size=0)


def argument(name, method):
    if name == "to":
        return io.BytesIO()
    if name in {"proposals", "rows"}:
        return [{}]
    if name in BODIES:
        return {}
    if "date" in str(inspect.signature(method).parameters[name].annotation):
        return date(2026, 6, 1)
    return VALUES.get(name, "a-b")


def resources():
    for module in MODULES:
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Part) and kind.__module__ == module.__name__:
                yield kind


METHODS = [
    (kind, name)
    for kind in resources()
    for name, _ in inspect.getmembers(kind, inspect.isfunction)
    if not name.startswith("_")
]


def answer_of(operation):
    """Return the schema of what is answered when all is well."""
    answers = [answer for status, answer in operation["responses"].items() if status[0] == "2"]
    return answers[0]["content"]["application/json"]["schema"]


def called(operations, kind, name):
    """Return the one call that a method makes when it is given everything it knows."""
    recorder = Recorder(operations)
    method = getattr(kind, name)
    asked = [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.name != "self" and parameter.kind is not parameter.VAR_KEYWORD
    ]
    found = method(kind(recorder), **{one: argument(one, method) for one in asked})
    if inspect.isgenerator(found):
        list(found)
    (call,) = recorder.calls
    return call


@pytest.fixture(scope="module")
def operations():
    """The operations by method and path, with placeholders alike."""
    found = {}
    for path, methods in json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"].items():
        for method, operation in methods.items():
            bare = re.sub(r"\{\w+\}", "{}", path.removeprefix(API_ROOT))
            found[method.upper(), bare] = operation
    return found


def operation_of(operations, call):
    """Return the key of the operation that a call means: a named path before a placeholder."""
    wanted = call.path.split("/")
    fitting = [
        (method, path)
        for method, path in operations
        if method == call.method
        and len(path.split("/")) == len(wanted)
        and all(part in ("{}", asked) for part, asked in zip(path.split("/"), wanted, strict=True))
    ]
    assert fitting, f"{call.method} {call.path} is not in docs/openapi.json"
    return min(fitting, key=lambda one: one[1].count("{}"))


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_every_call_exists(operations, kind, name):
    call = called(operations, kind, name)
    operation = operations[operation_of(operations, call)]
    parameters = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
    assert {("query", one) for one in call.query} <= parameters
    if call.idempotency_key is not None:
        assert ("header", "Idempotency-Key") in parameters or _is_safe_to_repeat(call)
    if call.method == "POST" and call.idempotency_key is None and call.is_repeatable:
        assert call.path.startswith(ASKING)


def _is_safe_to_repeat(call):
    """Switching a webhook is the same done twice; the platform asks for no key."""
    return re.fullmatch(r"/webhooks/[^/]+/actions/(change|disable|enable)", call.path) is not None


def test_every_operation_has_a_call(operations):
    reached = {operation_of(operations, called(operations, kind, name)) for kind, name in METHODS}
    # An id and a list differ by the placeholder alone.
    assert set(operations) - reached == LEFT_OUT


def test_every_resource_stands_on_the_client():
    with Client("http://core", key="bz_x") as client:
        held = {type(value) for value in vars(client).values()}
    assert set(resources()) <= held
