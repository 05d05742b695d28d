"""The committed OpenAPI document is what the code says, and the code does what it says."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import baozhen.faces.api
from baozhen.faces.api.urls import openapi_document
from baozhen.site.wsgi import application

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_the_committed_document_is_current():
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(openapi_document())), "请运行 ./dev docs"


def test_it_is_openapi_3_1_and_describes_its_problems():
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            if path != "/api/v1/health":
                assert {"401", "403", "422", "429"} <= statuses, (method, path)
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert "application/problem+json" in response["content"]
            assert operation["summary"]


def test_reads_are_gets_and_writes_are_posts():
    """A step of an application is filled in again and again: that alone is a PATCH."""
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    methods = {method for operations in document["paths"].values() for method in operations}
    assert methods == {"get", "post", "patch"}
    patched = [path for path, operations in document["paths"].items() if "patch" in operations]
    assert patched == ["/api/v1/applications/{number}"]


@schemathesis.serializer("application/x-ndjson")
def _lines(_context, value):
    return str(value).encode()


schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def key(api_key):
    """A key that may do everything; the test's own connection outlives each request."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield api_key()
    for end in ends:
        end.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_what_the_document_says(case, key):
    case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=CHECKS)


def test_no_two_shapes_share_a_name():
    """Found: of two classes with one name the document held only one."""
    folder = Path(baozhen.faces.api.__file__).parent
    text = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    names = re.findall(r"^class (\w+)\((?:Schema|PageInfo)\)", text, re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []
