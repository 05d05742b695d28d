"""Sudden death of the process that signs: nothing is lost, nothing is signed twice."""

import os
import random
import signal
import time

import pytest
from django.db import connections

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.forms import flow_of
from baozhen.signing.envelopes.models import Action, DocumentVersion, Envelope
from baozhen.signing.envelopes.services.batches import start_rows
from baozhen.signing.envelopes.services.performing import perform_action
from baozhen.signing.envelopes.states import ActionState, EnvelopeState
from baozhen.signing.files.models import ArchiveItem
from baozhen.signing.seals.models import SealUse
from tests.signing.envelopes.conftest import desk as desk  # noqa: PLC0414 -- the fixture
from tests.signing.envelopes.test_envelopes_reliability import batch_of, keys_of, rows, values_for

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 20261121
_shared = []  # kept from being closed: the parent goes on with it


def killed(work, *, after):
    """Run the work in a process of its own and kill it after some seconds; tell whether it died."""
    connections.close_all()
    child = os.fork()
    if not child:
        # With a browser's event loop about, a thread has one connection inside it and one outside;
        # the child is outside, where ours may be open: sharing it would leave its work undecided.
        _shared.append(connections["default"].connection)
        connections["default"].connection = None
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def haunt(work, is_done, *, kills, longest):
    """Kill the work at random moments, then let it finish; return how often it died at it."""
    chance = random.Random(SEED)  # noqa: S311 -- not a secret
    deaths = 0
    for _ in range(kills):
        if is_done():
            break
        deaths += killed(work, after=chance.uniform(0.0, longest))
    for _ in range(5):
        if is_done():
            break
        work()
    return deaths


def timed(work):
    """Do the work and return how long it took, so that kills fall into it on any machine."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def check_sound(envelopes):
    """Every envelope is complete, and everything about it happened exactly once."""
    for envelope in envelopes:
        envelope.refresh_from_db()
        assert envelope.state == EnvelopeState.COMPLETED, envelope.last_error
        document = envelope.documents.get()
        versions = DocumentVersion.objects.filter(document=document).order_by("number")
        signing = envelope.actions.filter(type__in=["seal", "sign", "legal_rep_sign"])
        assert [v.number for v in versions] == list(range(signing.count() + 1))
        assert versions.last().sha256 == document.head_sha256
        assert get_storage().exists(document.head_sha256)
        item = ArchiveItem.objects.get(dossier=envelope.public_id)
        assert item.sha256 == document.head_sha256
        uses = SealUse.objects.filter(reference=envelope.public_id)
        seals = envelope.actions.filter(type="seal").count()
        assert list(uses.values_list("state", flat=True)) == ["done"] * seals
        acts = AuditEntry.objects.filter(subject_type="envelope", subject_id=envelope.pk)
        assert acts.filter(action="envelope.completed").count() == 1


def test_killing_the_signer_of_single_envelopes(desk):
    flow = flow_of("policy_insurer")
    warm = [desk.start(flow, biz_no=f"W-{number}") for number in range(2)]
    desk.perform(warm[0])  # caches are warm before the children are born
    longest = 2 * timed(lambda: desk.perform(warm[1]))

    def work():
        waiting = Action.objects.filter(state=ActionState.PERFORMING).order_by("pk")
        for key in list(waiting.values_list("pk", flat=True)):
            perform_action(key=key)

    def is_done():
        return not Action.objects.filter(state=ActionState.PERFORMING).exists()

    deaths = 0
    for turn in range(8):
        envelopes = [desk.start(flow, biz_no=f"K-{turn}-{number}") for number in range(6)]
        deaths += haunt(work, is_done, kills=8, longest=longest)
        check_sound(envelopes)
        if deaths >= 3:
            break
        longest /= 2  # measured while the machine was busy: these lived too long
    assert deaths >= 3


def test_killing_the_worker_of_a_silent_chunk(desk):
    flow = flow_of("policy_insurer")
    row = rows(1, values=values_for(flow), parties={})[0]
    warm = batch_of([row] * 12, flow=flow.code)
    start_rows(keys=keys_of(warm))
    again = batch_of([row] * 12, flow=flow.code)
    whole = timed(lambda: start_rows(keys=keys_of(again)))
    deaths = 0
    for _ in range(8):
        batch = batch_of([row] * 12, flow=flow.code)
        deaths += _haunt_chunk(batch, longest=whole)
        assert batch.rows.filter(status="started").count() == 12
        envelopes = list(Envelope.objects.filter(batch=batch))
        assert len(envelopes) == 12
        check_sound(envelopes)
        if deaths >= 4:
            break
        whole /= 2
    assert deaths >= 4


def _haunt_chunk(batch, *, longest):
    keys = keys_of(batch)

    def is_done():
        batch.refresh_from_db()
        left = Envelope.objects.filter(batch=batch).exclude(state=EnvelopeState.COMPLETED)
        return batch.state == "finished" and not left.exists()

    return haunt(lambda: start_rows(keys=keys), is_done, kills=6, longest=longest)
