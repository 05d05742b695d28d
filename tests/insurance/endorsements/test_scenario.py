"""Scenario S-06: raise the limit, try to surrender, cancel with a certificate, to the fen."""

from datetime import date

import pytest
from django.db import connection

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.clock import now
from baozhen.foundation.consistency import changed_rows
from baozhen.foundation.events.models import Event
from baozhen.foundation.notify.models import Delivery
from baozhen.foundation.storage import get_storage
from baozhen.insurance.endorsements.consistency import check_endorsement
from baozhen.insurance.endorsements.documents import printed_text
from baozhen.insurance.endorsements.errors import CompulsoryStays
from baozhen.insurance.endorsements.models import Change, Endorsement, RefundPart
from baozhen.insurance.endorsements.queries import (
    current_content,
    endorsement_with,
    endorsements_of,
    standing_of_endorsement,
    word_of_file,
)
from baozhen.insurance.endorsements.services.applying import apply_due
from baozhen.insurance.endorsements.services.confirming import open_payment
from baozhen.insurance.endorsements.services.filing import (
    register_endorsements,
    unregistered_changes,
)
from baozhen.insurance.endorsements.services.telling import mail_change, text_change
from baozhen.insurance.payments.models import Refund
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import PolicyState
from baozhen.signing.files.models import ArchiveItem, FileEntry
from baozhen.site.commands import fsck
from baozhen.site.commands.pdf_text import extract_text
from tests.insurance.endorsements.making import (
    china,
    confirm,
    draft,
    finish,
    issued_s01,
    paid_order,
    pay_difference,
    submit,
)
from tests.insurance.policies.test_issuing import verdict_of

pytestmark = pytest.mark.usefixtures("database", "platform")


def raise_limit(policy):
    at = china(5, 31)
    change = draft(
        policy,
        "limit",
        at=at,
        values={"code": "B", "sum_insured": "3000000"},
        effective_on=date(2025, 6, 1),
    )
    assert change.premium_fen == 6140
    change = confirm(submit(change, at=at), at=at)
    assert change.state == "paying"
    open_payment(change, at=at)
    assert list(changed_rows(Change)) == []
    pay_difference(change, at=at)
    return finish(change, at=china(5, 31, 11))


def check_raised(commercial, change):
    """The endorsement says what has changed; the policy's own rows stay what they were."""
    assert change.state == "issued"
    [endorsement] = endorsements_of(commercial)
    assert endorsement.number == f"{commercial.number}-P01"
    assert (endorsement.premium_fen, endorsement.days) == (6140, 288)
    assert verdict_of(endorsement).verdict.value == "genuine"
    text = "".join(extract_text(get_storage().get(endorsement.sha256)).split())
    missing = [
        said for said in printed_text(endorsement.content) if "".join(said.split()) not in text
    ]
    assert missing == []
    assert "补收人民币陆拾壹元肆角整" in text
    policy_file = PolicyFile.objects.get(policy=commercial)
    assert policy_file.sha256 in text
    assert change.consent.document_sha256 == change.content_sha256
    assert endorsement_with(endorsement.sha256) == endorsement
    assert word_of_file(policy_file) == "changed"
    commercial.refresh_from_db()
    assert commercial.premium_fen == 137645  # the frozen rows stay what they were
    now_says = current_content(commercial.proposal)
    assert now_says["commercial"]["premium"] == "1454.27"
    then_said = current_content(commercial.proposal, on=china(5, 31))
    assert then_said["commercial"]["premium"] == "1376.45"


@pytest.mark.requirement("S0-3.4", "S0-4.3.5a", "S0-4.3.5b", "S0-4.3.3a")
def test_raise_the_limit_then_cancel_with_a_certificate():
    order = paid_order()
    policies = issued_s01(order_no=order.order_no)
    commercial, compulsory = policies["commercial"], policies["compulsory"]

    # 1. +61.40, approved, confirmed by a code of its own, paid, sealed.
    check_raised(commercial, raise_limit(commercial))

    # 2. Compulsory cover is not given up without a ground.
    assert apply_due(at=china(6, 1)) == 1
    with pytest.raises(CompulsoryStays):
        draft(compulsory, "surrender", at=china(8, 1), effective_on=date(2025, 8, 2))

    # 3. The vehicle is deregistered: 331.59 + 739.13 + 41.79 go back, tax does not.
    at = china(8, 31)
    change = draft(
        compulsory,
        "cancellation",
        at=at,
        ground="deregistration",
        files=["deregistration_certificate"],
        effective_on=date(2025, 9, 1),
    )
    assert [part["premium_fen"] for part in change.parts] == [-33159, -73913 - 4179]
    assert change.premium_fen == -111251
    change = confirm(submit(change, at=at), at=at)
    assert change.state == "sealing"
    finish(change, at=china(8, 31, 11))
    refunds = {row.order_no: row for row in RefundPart.objects.all()}
    assert refunds[order.order_no].amount_fen == 33159 + 73913
    assert sum(row.amount_fen for row in refunds.values()) == 111251
    assert not any(row.is_outside for row in refunds.values())
    assert sum(Refund.objects.values_list("amount_fen", flat=True)) == 111251

    # Until the day comes the policies run; then they and their papers say "cancelled".
    compulsory.refresh_from_db()
    assert compulsory.state == PolicyState.ISSUED
    assert apply_due(at=china(9, 1, 0)) == 1
    assert apply_due(at=china(9, 1, 1)) == 0
    for policy in (compulsory, commercial):
        policy.refresh_from_db()
        assert policy.state == PolicyState.CANCELLED
        assert policy.cancelled_at == china(9, 1, 0)
    files = PolicyFile.objects.order_by("id")
    assert {word_of_file(file) for file in files} == {"cancelled"}
    first, last = endorsements_of(commercial)
    assert (standing_of_endorsement(first), standing_of_endorsement(last)) == (
        "cancelled",
        "current",
    )
    assert "税务机关" in "".join(printed_text(last.content))

    check_told(change)


def check_told(change):
    """The dossier has everything, and the holder is told once."""
    kinds = ArchiveItem.objects.exclude(kind="clauses").values_list("kind", flat=True)
    assert sorted(kinds) == ["endorsement"] * 3 + ["evidence", "mark", "policy", "policy"]
    mail_change(change.pk, at=now())
    mail_change(change.pk, at=now())
    text_change(change.pk)
    assert change.pk in unregistered_changes(after=0, limit=9)
    register_endorsements(change.pk, at=now())
    assert change.pk not in unregistered_changes(after=0, limit=9)
    delivery = Delivery.objects.get(reference=f"change/{change.public_id}")
    assert len(delivery.content["attachments"]) == 2
    assert FileEntry.objects.filter(document_type="endorsement").count() == 2
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    effective = Event.objects.filter(type="policy_change.effective")
    assert change.public_id in effective.values_list("subject_id", flat=True)
    assert {"consent.given", "change.issued", "endorsement.issued", "policy.cancelled"} <= acts


def test_giving_up_before_the_start_costs_three_percent():
    order = paid_order()
    commercial = issued_s01(order_no=order.order_no)["commercial"]
    at = china(3, 12)
    change = draft(commercial, "surrender", at=at, effective_on=date(2025, 3, 13))
    assert change.premium_fen == -133516
    finish(confirm(submit(change, at=at), at=at), at=at)
    [refund] = Refund.objects.all()
    assert refund.amount_fen == 133516
    endorsement = Endorsement.objects.get()
    assert endorsement.content["premium"][2] == "-¥1,335.16"
    check_self_check(endorsement)


def check_self_check(endorsement):
    """`fsck` finds nothing in what was just issued, and names each thing that is then broken."""

    def found(row=endorsement):
        sections = dict(fsck._sections(10, at=now()))
        names = ("1 状态与事实", "2 数据行", "4 归档字节")
        about = [finding for name in names for finding in sections[name]]
        about += check_endorsement(row, fsck._checks(now()))
        return [f"{finding.where}：{finding.message}" for finding in about]

    assert found() == []
    whole = get_storage().get(endorsement.sha256)

    # Another text than was sealed, in a row that the database's triggers did not stop.
    forged = Endorsement.objects.get()
    forged.content = forged.content | {"subtitle": "另一种批改"}
    assert found(forged) == [
        f"批单 {endorsement.number}：冻结内容与其摘要不符",
        f"批单 {endorsement.number}：文件的文字中没有冻结内容 第 3 项",
    ]
    forged.refresh_from_db()

    # A file that was never sealed, where the sealed one should be.
    forged.sha256 = get_storage().put(b"%PDF-1.7 nothing of the kind")
    bare = found(forged)
    assert "字节" in bare[0]
    assert "核验结论为" in bare[1]
    assert "读不出文字" in bare[2]

    # The row itself changed behind the platform's back, and the bytes taken away.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE endorsements_endorsement DISABLE TRIGGER USER")
        cursor.execute("UPDATE endorsements_endorsement SET size = size + 1, premium_fen = 1")
        cursor.execute("ALTER TABLE endorsements_endorsement ENABLE TRIGGER USER")
    get_storage().remove(endorsement.sha256)
    broken = "\n".join(found())
    assert f"{endorsement.number}：已签章的批单没有归档，或归档的字节数不同" in broken
    assert f"批单 {endorsement.number}：列 premium_fen 与审计记录不符" in broken
    assert f"endorsement {endorsement.sha256}" in broken
    assert get_storage().put(whole) == endorsement.sha256
