"""Clauses: published once, never with other text, kept for long, and as genuine as a policy."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.sealing.errors import NoActiveCertificate
from baozhen.foundation.storage import get_storage
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.insurance.policies.errors import ClausesChanged
from baozhen.insurance.policies.models import ClauseDocument
from baozhen.insurance.policies.queries import clause_document_for, clause_documents
from baozhen.insurance.policies.services import clauses
from baozhen.insurance.policies.services.clauses import publish_clauses
from baozhen.insurance.products.clauses import clause_product, clause_products
from baozhen.insurance.verification import consistency
from baozhen.insurance.verification.queries import register_word
from baozhen.signing.files.models import ArchiveItem
from baozhen.site.commands import fsck
from baozhen.site.commands.pdf_text import extract_text
from bench.generate import FORMS


class DeadTimestamper:
    """A service that does not answer."""

    def stamp(self, digest, hash_name):
        raise TimestampOutage(reason="test")


def test_each_product_has_one_document(platform):
    documents = clause_documents()
    assert [document.product for document in documents] == list(clause_products())
    assert len({document.sha256 for document in documents}) == len(documents)
    for document in documents:
        data = get_storage().get(document.sha256)
        assert len(data) == document.size
        assert document.filing_no in extract_text(data)
        assert document.template_sha256
        assert document.fonts_sha256
        assert document.engine_version


def test_publishing_twice_is_publishing_once(platform):
    before = list(ClauseDocument.objects.order_by("id").values())
    assert publish_clauses(at=now()) == 0
    call_command("prepare_platform")
    assert list(ClauseDocument.objects.order_by("id").values()) == before
    published = AuditEntry.objects.filter(action="clause_document.published")
    assert published.count() == len(clause_products())


def test_a_published_version_never_gets_other_text(platform, monkeypatch):
    original = clauses.clause_content

    def changed(product, **facts):
        content = original(product, **facts)
        return content | {"note": content["note"] + "另有约定的除外。"}

    monkeypatch.setattr(clauses, "clause_content", changed)
    with pytest.raises(ClausesChanged, match="文字不得改动"):
        publish_clauses(at=now())
    with pytest.raises(SystemExit, match="文字不得改动"):
        call_command("prepare_platform")


def test_another_version_is_another_document(platform, monkeypatch):
    original = clauses.clause_content

    def renewed(product, **facts):
        return original(product, **facts) | {"version": "2027-demo"}

    before = now()
    monkeypatch.setattr(clauses, "clause_content", renewed)
    later = before + timedelta(days=1)
    assert publish_clauses(at=later) == len(clause_products())
    assert clause_document_for("car", "commercial").version == "2027-demo"
    # A policy of the day before keeps the clauses of its day, and they stay in force.
    old = clause_document_for("car", "commercial", at=before)
    assert old.version == "2026-demo"
    assert register_word(sha256=old.sha256) == "current"
    assert clause_document_for("car", "commercial", at=before - timedelta(days=1)) is None


@pytest.mark.parametrize("form", FORMS)
def test_every_cover_has_its_clauses(platform, form):
    assert clause_document_for(form, "compulsory").product == "compulsory"
    assert clause_document_for(form, "commercial").product == f"commercial_{form}"
    assert clause_product(form, "commercial") in clause_products()


def test_the_row_is_written_once(platform):
    row = ClauseDocument.objects.filter(product="compulsory")
    for change in (lambda: row.update(sha256="0" * 64), row.delete):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()


def test_clauses_are_archived_for_thirty_years(platform):
    for document in clause_documents():
        item = ArchiveItem.objects.get(sha256=document.sha256)
        assert (item.kind, item.retention_rule) == ("clauses", "clauses")
        assert item.retain_until.year - item.archived_at.year >= 30


def test_without_a_certificate_nothing_is_published_and_nothing_fails(
    database, fonts, settings, caplog
):
    settings.PRODUCTION = True  # no demonstration hierarchy
    with pytest.raises(NoActiveCertificate):
        publish_clauses(at=now())
    call_command("prepare_platform")
    assert not ClauseDocument.objects.exists()
    assert "clauses are not published yet" in caplog.text


def test_without_a_timestamp_the_clauses_wait(database, fonts, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        patch.setattr(clauses, "process_timestamper", DeadTimestamper)
        call_command("prepare_platform")
    assert not ClauseDocument.objects.exists()
    assert "clauses are not published yet" in caplog.text
    call_command("prepare_platform")
    assert ClauseDocument.objects.count() == len(clause_products())


def test_the_register_knows_clauses_by_their_bytes(platform):
    for document in clause_documents():
        assert register_word(sha256=document.sha256) == "current"


def test_fsck_holds_clauses_against_their_files(platform):
    checks = fsck._checks(now())
    assert list(consistency.check_clauses(checks)) == []
    assert list(consistency.contradictions()) == []
    document = clause_documents()[0]
    get_storage().remove(document.sha256)
    found = list(consistency.check_clauses(checks))
    assert [finding.where for finding in found] == [f"条款 {document}"]


def test_fsck_notices_clauses_that_nothing_archived(platform):
    row = clause_documents()[0]
    row.pk = None
    row.version, row.sha256 = "forged", "0" * 64
    row.save(force_insert=True)
    found = [finding.where for finding in consistency.contradictions()]
    assert found == ["compulsory forged"]
