"""The reading gate: everything read to its end and long enough, on the server; then signing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.services.closing import make_anew, withdraw
from baozhen.insurance.applications.services.deciding import ACCEPTED, Decision, apply_decision
from baozhen.insurance.applications.services.submitting import submit_application
from baozhen.insurance.applications.states import ApplicationState
from baozhen.insurance.disclosures.errors import (
    DeclarationsOpen,
    DeclarationUnknown,
    FilesUnread,
    NothingToRead,
    NotPayable,
    NotYetSigned,
    ReadingItemUnknown,
    ReadingPageStale,
    ReadingSetChanged,
    ReadingTooShort,
)
from baozhen.insurance.disclosures.models import DisclosureDocument, ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import (
    check_payable,
    item_view,
    items_of,
    page_version,
    progress_of,
    signature_section,
    signed_set,
    signed_sets_shown,
)
from baozhen.insurance.disclosures.reading import Progress, credit, paced
from baozhen.insurance.disclosures.services.codes import pass_proposal_code, send_proposal_code
from baozhen.insurance.disclosures.services.declaring import declare
from baozhen.insurance.disclosures.services.freezing import reading_set_of
from baozhen.insurance.disclosures.services.reading import (
    Report,
    finish_item,
    open_item,
    report_progress,
)
from baozhen.insurance.disclosures.services.signing import (
    begin_signing,
    recall_signing,
    settle_signed_set,
)
from baozhen.insurance.disclosures.states import ReadingState
from baozhen.insurance.disclosures.texts import NOTICES, applicant_statement
from baozhen.signing.envelopes.evidence import parts_of
from baozhen.signing.envelopes.services.filing import file_envelopes
from baozhen.signing.envelopes.services.telling import notify_signatory
from baozhen.signing.envelopes.states import EnvelopeState
from baozhen.signing.files.models import ArchiveItem, FileEntry
from baozhen.signing.identity.errors import CodeWrong
from baozhen.signing.organizations.services import appoint_first
from tests.faces.conftest import BACKEND
from tests.insurance.applications.making import THREE_YEARS, answers, save
from tests.insurance.disclosures.signing import (
    DEVICE,
    accepted,
    declare_all,
    last_code,
    read_all,
    read_item,
    sign_by_hand,
    signed,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)
S = timedelta(seconds=1)


@pytest.fixture
def at():
    return now()


@pytest.fixture
def ready(platform, at):
    """A set that waits to be read, and the instant."""
    return reading_set_of(accepted(at), at=at)


def report(**changes):
    return Report(**({"view": "text", "has_ended": True} | changes))


@pytest.mark.requirement("S0-4.2.4b1")
def test_the_set_has_the_form_and_all_combined_files(ready):
    items = items_of(ready)
    assert [item.kind for item in items] == ["proposal", "clauses", "clauses", *NOTICES]
    form = items[0]
    assert form.document is None
    assert form.sha256 == ready.proposal_sha256
    # The form that is signed names each of the others by its digest.
    assert [row[3] for row in ready.form["files"]] == [item.sha256 for item in items[1:]]
    assert all(item.seconds_min > 0 and item.version for item in items)


def test_shared_files_are_made_once(platform, at):
    one = reading_set_of(accepted(at), at=at)
    count = DisclosureDocument.objects.count()
    other = reading_set_of(accepted(at), at=at)
    assert DisclosureDocument.objects.count() == count
    assert [i.sha256 for i in items_of(one)][1:] == [i.sha256 for i in items_of(other)][1:]
    assert one.proposal_sha256 != other.proposal_sha256
    assert reading_set_of(one.application, at=at + S).pk == one.pk


def test_what_is_not_accepted_is_not_read(platform, at):
    application = accepted(at)
    withdraw(application.pk, reason="不要了", actor="test", at=at)
    application.refresh_from_db()
    with pytest.raises(NothingToRead):
        reading_set_of(application, at=at)


def test_time_is_counted_by_the_servers_clock(ready, at):
    open_item(ready.pk, 1, at=at)
    item = report_progress(ready.pk, 1, report(has_ended=False), at=at + 5 * S)
    assert item.seconds == 5
    # A long silence is not reading.
    item = report_progress(ready.pk, 1, report(has_ended=False), at=at + 600 * S)
    assert item.seconds == 25
    with pytest.raises(ReadingTooShort) as refused:
        finish_item(ready.pk, 1, report(has_ended=False), version=page_version(item), at=at)
    assert "读到文件末尾" in str(refused.value)


def test_two_files_at_once_share_the_time(ready, at):
    open_item(ready.pk, 1, at=at)
    open_item(ready.pk, 2, at=at)
    first = report_progress(ready.pk, 1, report(), at=at + 10 * S)
    second = report_progress(ready.pk, 2, report(), at=at + 10 * S)
    assert (first.seconds, second.seconds) == (10, 0)


def test_a_file_is_not_finished_before_its_least_time(ready, at):
    item = open_item(ready.pk, 2, at=at)
    with pytest.raises(ReadingTooShort) as refused:
        finish_item(ready.pk, 2, report(), version=page_version(item), at=at + 3 * S)
    assert refused.value.facts["reason"] == f"请再阅读 {item.seconds_min - 3} 秒"
    item.refresh_from_db()
    assert item.finished_at is None
    assert not AuditEntry.objects.filter(action="reading_item.finished").exists()


def test_a_file_that_was_never_opened_is_not_finished(ready, at):
    item = ready.items.get(position=3)
    with pytest.raises(ReadingTooShort):
        finish_item(ready.pk, 3, report(), version=page_version(item), at=at + 900 * S)
    with pytest.raises(ReadingItemUnknown):
        open_item(ready.pk, 99, at=at)


def test_a_page_of_another_version_finishes_nothing(ready, at):
    open_item(ready.pk, 2, at=at)
    with pytest.raises(ReadingPageStale):
        finish_item(ready.pk, 2, report(), version="f" * 64, at=at + 15 * S)


def test_elder_mode_gives_more_time(ready, at):
    item = open_item(ready.pk, 2, at=at)
    at += 20 * S
    report_progress(ready.pk, 2, report(), at=at)
    with pytest.raises(ReadingTooShort):
        finish_item(ready.pk, 2, report(is_elder=True), version=page_version(item), at=at)
    at += 10 * S
    item = finish_item(ready.pk, 2, report(is_elder=True), version=page_version(item), at=at)
    assert item.is_elder
    assert item.seconds == 30 == paced(item.seconds_min, is_elder=True)


def test_without_scripts_one_report_is_enough(ready, at):
    item = open_item(ready.pk, 2, at=at)
    done = finish_item(
        ready.pk, 2, report(view="plain"), version=page_version(item), at=at + 40 * S
    )
    assert (done.seconds, done.view) == (40, "plain")


@pytest.mark.requirement("S0-4.2.1a")
def test_what_was_read_is_on_record_and_frozen(ready, at):
    at = read_item(ready, 1, at=at)
    item = ready.items.get(position=1)
    entry = AuditEntry.objects.get(action="reading_item.finished", subject_id=item.pk)
    assert entry.facts["sha256"] == item.sha256
    assert entry.facts["page_version"] == item.page_version == page_version(item)
    assert entry.facts["seconds"] >= item.seconds_min
    again = finish_item(ready.pk, 1, report(), version="", at=at + S)
    assert again.finished_at == item.finished_at
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingItem.objects.filter(pk=item.pk).update(seconds=9_999)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingSet.objects.filter(pk=ready.pk).update(proposal_sha256="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM disclosures_disclosuredocument")


def test_the_reading_view_says_the_words_and_masks_numbers(ready):
    items = items_of(ready)
    text = str(item_view(items[0]))
    assert "测试甲" in text
    assert "1101**********1017" in text
    assert "110199198506151017" not in text
    assert "16100000001" not in text
    for item in items[1:]:
        sections = item_view(item)["sections"]
        assert sections
        assert all(part["items"] for part in sections)
    exclusions = next(item for item in items if item.kind == "exclusions")
    assert all(p["strong"] for s in item_view(exclusions)["sections"] for p in s["items"])


@pytest.mark.requirement("S0-4.2.4b2")
def test_signing_is_blocked_until_every_file_is_read(ready, at):
    count = ready.items.count()
    for position in range(1, count):
        at = read_item(ready, position, at=at)
    with pytest.raises(FilesUnread) as refused:
        begin_signing(ready.pk, at=at)
    assert refused.value.facts == {"count": 1, "names": "《个人信息处理授权书》"}
    with pytest.raises(FilesUnread):
        declare(ready.pk, "truthful", actor="test", at=at)
    ready.refresh_from_db()
    assert ready.envelope is None
    assert not ready.declarations.exists()
    at = read_item(ready, count, at=at)
    with pytest.raises(DeclarationsOpen) as undeclared:
        begin_signing(ready.pk, at=at)
    assert undeclared.value.facts["count"] == 6


@pytest.mark.requirement("S0-4.2.3a2")
def test_each_declaration_is_an_act_of_its_own(ready, at):
    at = read_all(ready, at=at)
    codes = list(applicant_statement().items)
    assert len(codes) == 6
    for code in codes[:-1]:
        first = declare(ready.pk, code, actor="test", at=at)
        assert declare(ready.pk, code, actor="test", at=at + S).pk == first.pk
    with pytest.raises(DeclarationsOpen) as refused:
        begin_signing(ready.pk, at=at)
    assert refused.value.facts["names"] == "“接受电子单证”"
    with pytest.raises(DeclarationUnknown):
        declare(ready.pk, "everything", actor="test", at=at)
    assert AuditEntry.objects.filter(action="declaration_made.confirmed").count() == 5


def test_another_content_is_another_set_and_readings_are_void(ready, at):
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = begin_signing(ready.pk, at=at)
    Application.objects.filter(pk=ready.application_id).update(content_sha256="0" * 64)
    with pytest.raises(ReadingSetChanged):
        begin_signing(ready.pk, at=at)
    application = Application.objects.get(pk=ready.application_id)
    fresh = reading_set_of(application, at=at)
    ready.refresh_from_db()
    envelope.refresh_from_db()
    assert ready.state == ReadingState.VOID
    assert envelope.state == EnvelopeState.RECALLED
    assert fresh.number == 2
    assert not fresh.items.filter(opened_at__isnull=False).exists()


@pytest.mark.requirement("S0-3.5", "S0-4.2.4c1", "S0-4.2.4c2", "S0-4.2.4c3", "S0-4.1b")
def test_sign_archive_and_open_the_way_to_paying(ready, at):
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = sign_by_hand(ready, at=at)
    application = ready.application
    application.refresh_from_db()
    assert application.state == ApplicationState.ACCEPTED
    with pytest.raises(NotPayable):
        check_payable(application)
    work(envelope)
    application.refresh_from_db()
    ready.refresh_from_db()
    assert (application.state, ready.state) == (ApplicationState.SIGNED, ReadingState.SIGNED)
    assert application.signed_at == ready.signed_at is not None
    form = envelope.documents.get(position=1)
    # The dossier has the signed form and every file that was read, in the same transaction.
    archived = ArchiveItem.objects.filter(dossier=application.proposal_no)
    combined = {item.sha256 for item in items_of(ready)[1:]}
    assert set(archived.values_list("sha256", flat=True)) == {form.head_sha256} | combined
    settle_signed_set(envelope.pk, at=at)
    assert archived.count() == 1 + len(combined)
    with pytest.raises(NotPayable) as refused:
        check_payable(application)
    assert refused.value.facts["reasons"] == "还没有通过投保短信验证"
    # The file centre, and the evidence: strokes, will by code, identity, times.
    file_envelopes(keys=[envelope.pk])
    entry = FileEntry.objects.get(envelope=envelope.public_id)
    assert entry.item.sha256 == form.head_sha256
    parts = parts_of(entry)
    action = envelope.actions.get()
    assert action.strokes["strokes"]
    assert action.consent.document_sha256 == envelope.content_sha256
    proofs = [f"{what}-{action.public_id}" for what in ("will", "identity")]
    assert {"0-task", *proofs, f"reading-{action.signatory.public_id}"} == set(parts.evidence)


def test_nobody_is_sent_a_link_for_what_the_journey_leads_through(ready, at):
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = begin_signing(ready.pk, at=at)
    signatory = envelope.signatories.get()
    notify_signatory(key=envelope.actions.get().pk)
    signatory.refresh_from_db()
    assert signatory.link_hash == ""


@pytest.mark.requirement("S0-4.2.4d1")
def test_the_code_after_signing_opens_payment(ready, at):
    application = ready.application
    with pytest.raises(NotYetSigned):
        send_proposal_code(application, device=DEVICE, at=at)
    signed(ready, at=at)
    application = Application.objects.get(pk=application.pk)
    at = now()
    challenge = send_proposal_code(application, device=DEVICE, at=at)
    wrong = f"{(int(last_code()) + 1) % 1_000_000:06d}"
    with pytest.raises(CodeWrong):
        pass_proposal_code(application, challenge.public_id, wrong, device=DEVICE, at=at)
    application.refresh_from_db()
    assert application.code_passed_at is None
    passed = pass_proposal_code(
        application, challenge.public_id, last_code(), device=DEVICE, at=at + S
    )
    assert passed.code_passed_at == at + S
    check_payable(passed)
    again = pass_proposal_code(passed, challenge.public_id, "000000", device=DEVICE, at=at + 2 * S)
    assert again.code_passed_at == at + S
    section = signature_section(passed)
    assert section["documents_read"] == ["proposal", "clauses", *NOTICES]
    assert section["declarations"] == list(applicant_statement().items)
    assert section["evidence_no"] == signed_set(passed).envelope.public_id


def test_a_withdrawn_application_is_signed_no_more(ready, at):
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = begin_signing(ready.pk, at=at)
    withdraw(ready.application_id, reason="改主意了", actor="test", at=at)
    recall_signing(ready.application_id, at=at)
    envelope.refresh_from_db()
    ready.refresh_from_db()
    assert (envelope.state, ready.state) == (EnvelopeState.RECALLED, ReadingState.VOID)
    recall_signing(ready.application_id, at=at)


def test_what_was_signed_while_it_was_withdrawn_is_archived_and_goes_nowhere(ready, at):
    at = read_all(ready, at=at)
    declare_all(ready, at=at)
    envelope = sign_by_hand(ready, at=at)
    withdraw(ready.application_id, reason="改主意了", actor="test", at=at)
    recall_signing(ready.application_id, at=at)
    work(envelope)
    application = Application.objects.get(pk=ready.application_id)
    ready.refresh_from_db()
    assert application.state == ApplicationState.WITHDRAWN
    assert ready.state == ReadingState.SIGNED
    with pytest.raises(NotPayable):
        check_payable(application)


@pytest.mark.requirement("S0-4.2.4c4")
def test_made_anew_and_signed_it_supersedes_the_earlier_set(ready, at, client):
    first = signed(ready, at=at)
    earlier = Application.objects.get(pk=first.application_id)
    at += timedelta(minutes=30)
    withdraw(earlier.pk, reason="限额改为300万", actor="test", at=at)
    anew = make_anew(earlier.pk, actor="test", at=at)
    start = (at + timedelta(days=10)).date().isoformat()
    cover = {"starts_on": start, "record": THREE_YEARS, "package": "full"}
    save(anew, "cover", {"cover": cover}, at)
    save(anew, "answers", answers(), at)
    anew.refresh_from_db()
    submit_application(anew.pk, anew.applicant, revision=anew.revision, actor="test", at=at)
    apply_decision(anew.pk, Decision(outcome=ACCEPTED), actor="test", at=at)
    anew.refresh_from_db()
    # Until the new one is signed, the earlier one is what there is.
    assert list(signed_sets_shown(Application.objects.all())) == [first]
    second = signed(reading_set_of(anew, at=at), at=at)
    first.refresh_from_db()
    earlier.refresh_from_db()
    assert (first.state, earlier.state) == (ReadingState.SUPERSEDED, ApplicationState.SUPERSEDED)
    assert first.superseded_by == second
    assert list(signed_sets_shown(Application.objects.all())) == [second]
    kept = ArchiveItem.objects.filter(dossier=earlier.proposal_no)
    assert kept.count() == 1 + first.items.exclude(kind="proposal").count()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingSet.objects.filter(pk=first.pk).delete()
    check_told_in_the_file_centre(client, first, second)


def check_told_in_the_file_centre(client, first, second):
    """Whoever finds the earlier form is told, in the list, on its page and in its dossier."""
    file_envelopes(keys=[first.envelope_id, second.envelope_id])
    account = appoint_first("clerk", "clerk", ["业务经办"], password="a-long-password-1", at=now())
    client.force_login(account.user, backend=BACKEND)
    earlier, later = (
        FileEntry.objects.get(envelope=row.envelope.public_id) for row in (first, second)
    )
    said = f"已被投保单 {second.application.proposal_no} 的签署文件替代"
    listing = client.get("/console/files?q=投保单").content.decode()
    assert (listing.count("已被替代"), listing.count("在档")) == (1, 1)
    assert said in client.get(f"/console/files/{earlier.public_id}").content.decode()
    assert "现行" in client.get(f"/console/files/{later.public_id}").content.decode()
    for row, count in ((first, 1), (second, 0)):
        address = f"/console/dossiers?number={row.application.proposal_no}"
        assert client.get(address).content.decode().count("已被替代") == count


def test_pace_and_credit_are_plain_arithmetic():
    start = now()
    assert credit(None, start) == 0
    assert credit(start, start - S) == 0
    assert credit(start, start + 3 * S) == 3
    assert credit(start, start + 300 * S) == 20
    assert paced(15, is_elder=True) == 23
    half = Progress(seconds=10, seconds_min=10, has_ended=False, is_finished=False)
    assert (half.share, half.is_complete, half.missing) == (50, False, "请读到文件末尾")
    done = Progress(seconds=10, seconds_min=10, has_ended=True, is_finished=False)
    assert (done.share, done.is_complete, done.missing) == (100, True, "")


def test_progress_of_a_finished_file_is_whole(ready, at):
    read_item(ready, 1, at=at)
    assert progress_of(ready.items.get(position=1), is_elder=True).share == 100
