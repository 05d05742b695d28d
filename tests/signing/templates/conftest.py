"""What the tests of templates stand on: an insurer, and a template of one page."""

from datetime import date

import pytest

from baozhen.foundation.clock import now
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.templates.models import TemplateVersion
from baozhen.signing.templates.services import (
    Approval,
    Content,
    TemplateDraft,
    approve_version,
    create_template,
    submit_version,
)
from baozhen.signing.templates.states import SourceKind, VersionState

WRITER, CHECKER = "staff:writer", "staff:checker"
SOURCE = """#import "/look.typ": *
#let d = json("/data.json")
#show: setup.with("确认书")
#head("投保确认书")
#rows(("投保人", d.shown.holder), ("保险费", d.shown.premium), ("大写", d.shown.capitals))
#place-for("投保人（签名）")
"""
FIELDS = [
    {"name": "holder", "kind": "text", "label": "投保人"},
    {"name": "premium", "kind": "amount", "label": "保险费"},
    {"name": "capitals", "kind": "amount_capitals", "source": "premium"},
    {"name": "sign", "kind": "signature", "role": "policyholder", "keyword": "投保人（签名）"},
]
SAMPLE = {"holder": "张测试", "premium": 137645}


@pytest.fixture
def at(platform):
    """The present."""
    return now()


@pytest.fixture
def unit(platform):
    """The insurer."""
    return root_unit()


@pytest.fixture
def draft(unit, at):
    """Make a template with a draft."""

    def make(code="confirmation", source=SOURCE, **more):
        facts = {"source_kind": SourceKind.TYPST, "fields": FIELDS, "sample": SAMPLE} | more
        return create_template(
            TemplateDraft(code=code, title="投保确认书", document_type="confirmation", unit=unit),
            Content(source=source, **facts),
            actor=WRITER,
            at=at,
        )

    return make


@pytest.fixture
def approve(at):
    """Have a draft approved by another person."""

    def act(version, on=date(2026, 1, 1), **more):
        approval = Approval(effective_from=on, **more)
        if TemplateVersion.objects.get(pk=version.pk).state == VersionState.DRAFT:
            submit_version(version.pk, actor=WRITER, at=at)
        return approve_version(version.pk, approval, actor=CHECKER, at=at)

    return act
