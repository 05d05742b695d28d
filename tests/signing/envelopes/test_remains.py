"""When a task's documents are destroyed, what else was stored of it goes with them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from baozhen.foundation.clock import now
from baozhen.foundation.jobs.worker import run_worker
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, DocumentVersion, Paper, Question, Sketch
from baozhen.signing.envelopes.queries import document_bytes, last_signature
from baozhen.signing.envelopes.services.remains import forget_task
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.errors import FileDestroyed
from baozhen.signing.files.services import Document, archive_many
from baozhen.signing.files.services.destroying import (
    approve_destruction,
    carry_out,
    propose_destruction,
)
from baozhen.signing.identity.models import CodeChallenge
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services import AccountFacts, create_account

pytestmark = pytest.mark.django_db(transaction=True)
LATER = datetime(2060, 1, 1, tzinfo=UTC)


@pytest.fixture
def task(desk):
    envelope = desk.finish(desk.start(flow_of("claim_application")))
    assert envelope.state == EnvelopeState.COMPLETED
    return envelope


def stored(envelope):
    """Everything of the task that lies in the store."""
    versions = DocumentVersion.objects.filter(document__envelope=envelope)
    pictures = Action.objects.filter(envelope=envelope).exclude(picture_sha256="")
    papers = Paper.objects.filter(signatory__envelope=envelope).exclude(sha256="")
    return {
        *envelope.documents.values_list("source_sha256", flat=True),
        *envelope.documents.values_list("head_sha256", flat=True),
        *versions.values_list("sha256", flat=True),
        *pictures.values_list("picture_sha256", flat=True),
        *papers.values_list("sha256", flat=True),
    }


def there(digests):
    return {digest for digest in digests if get_storage().exists(digest)}


def destroy(envelope):
    row = propose_destruction([envelope.public_id], reason="保管期满", actor="staff:1", at=LATER)
    approve_destruction(row.public_id, confirmed="1", actor="staff:2", at=LATER)
    carry_out(row.pk, at=LATER)
    run_worker(until_idle=True)


def test_versions_pictures_papers_and_values_go_with_the_dossier(task):
    digests = stored(task)
    assert there(digests) == digests
    assert len(digests) > task.documents.count()
    subject = task.signatories.get(kind="person").subject
    assert last_signature(subject) is not None
    destroy(task)
    assert there(digests) == set()
    task.refresh_from_db()
    assert task.values is None
    assert not Action.objects.filter(envelope=task, strokes__isnull=False).exists()
    assert not Question.objects.filter(signatory__envelope=task, answer__isnull=False).exists()
    assert last_signature(subject) is None
    with pytest.raises(FileDestroyed):
        document_bytes(task.documents.first())
    assert forget_task(task.public_id) <= digests


def test_what_another_task_or_sketch_needs_stays(desk, task):
    CodeChallenge.objects.update(queued_at=now() - timedelta(hours=2))  # a code may be sent again
    other = desk.finish(desk.start(flow_of("claim_application"), biz_no="B-2"))
    shared = stored(task) & stored(other)
    source = task.documents.first().source_sha256
    facts = AccountFacts(username="drafter", display_name="测试起草", unit=root_unit())
    Sketch.objects.create(
        public_id="skt_1",
        owner=create_account(facts, actor="test", at=now()),
        content={"documents": [{"title": "x", "sha256": source}]},
        made_at=now(),
        changed_at=now(),
    )
    destroy(task)
    assert there(stored(other)) == stored(other)
    assert shared <= there(stored(task))
    assert source in there(stored(task))


def test_a_task_whose_documents_a_proposal_keeps_stays_whole(task):
    document = task.documents.first()
    copy = Document(
        dossier="T2026000001",
        kind="proposal",
        subject_type="reading_item",
        subject_id=1,
        sha256=document.head_sha256,
        size=document.size,
    )
    with transaction.atomic():
        archive_many([copy], actor="test", at=now())
    assert forget_task(task.public_id) == set()
    task.refresh_from_db()
    assert task.values is not None


def test_a_dossier_that_is_no_task_has_nothing_more(desk):
    assert forget_task("T2026000001") == set()
