"""The life of a seal: asked for, approved by another, changed, suspended, resumed, abolished."""

import base64
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from PIL import Image, ImageDraw

from baozhen.foundation.audit.models import AuditEntry
from baozhen.foundation.errors import IllegalMove
from baozhen.foundation.events.models import Event
from baozhen.foundation.notify.models import Delivery
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.services import revoke_binding
from baozhen.signing.identity.models import Subject
from baozhen.signing.organizations.services import lock_account
from baozhen.signing.risks.models import Risk
from baozhen.signing.seals import errors
from baozhen.signing.seals.jobs import mail_risk, recertify_seals, suspend_seals
from baozhen.signing.seals.maker import maker_anchors, seal_maker
from baozhen.signing.seals.models import Seal, SealChange, SealVersion
from baozhen.signing.seals.queries import blast_radius, choose_seal, seal_picture
from baozhen.signing.seals.services import (
    Look,
    Particulars,
    SealDraft,
    decide_change,
    finish_uses,
    freeze_seal,
    request_change,
    request_seal,
    request_update,
    reserve_uses,
    withdraw_change,
)
from baozhen.signing.seals.services.setting_up import set_up_demonstration_seals
from baozhen.signing.seals.states import ChangeKind, SealKind
from baozhen.trust.seal.ses import parse_seal, verify_seal
from baozhen.trust.x509.issue import Reason

MAKER, CHECKER = "staff:maker", "staff:checker"

pytestmark = pytest.mark.django_db


def change(seal, kind, at, *, approved=True, **more):
    asked = request_change(seal.pk, kind, reason="年检", actor=MAKER, at=at, **more)
    decide_change(asked.pk, approved=approved, decision="已阅", actor=CHECKER, at=at)
    return Seal.objects.get(pk=seal.pk)


@pytest.mark.requirement("S2-L160.f1", "S2-L160.g1")
def test_an_approved_seal_has_picture_vector_and_signed_structure(seal, at):
    assert (seal.state, seal.version) == ("active", 1)
    version = SealVersion.objects.get(seal=seal)
    assert seal_picture(seal).startswith(b"\x89PNG")
    assert version.vector.startswith("<svg")
    structure = parse_seal(bytes(version.ses))
    assert structure.info.seal_id == seal.public_id
    assert structure.info.picture.data == seal_picture(seal)
    chain = seal_maker(at=at).chain
    assert verify_seal(structure, at=at, anchors=maker_anchors(), intermediates=chain)
    bound = CertificateBinding.objects.filter(state="active")
    assert set(version.certificates) == set(bound.values_list("fingerprint", flat=True))


@pytest.mark.requirement("S2-L160.g1")
def test_the_whole_life_with_two_people_and_reasons(seal, unit, at):
    first = seal_picture(seal)
    look = Look(layout="oval_45x30", name=unit.name, purpose="批单专用章")
    seal = change(seal, ChangeKind.CHANGE, at, look=look)
    assert (seal.state, seal.version) == ("active", 2)
    assert seal_picture(seal) != first
    seal = change(seal, ChangeKind.SUSPEND, at)
    assert (seal.state, seal.state_reason) == ("suspended", "年检")
    assert Event.objects.filter(type="seal.suspended").exists()
    seal = change(seal, ChangeKind.RESUME, at)
    seal = change(seal, ChangeKind.ABOLISH, at)
    assert seal.state == "abolished"
    with pytest.raises(errors.ChangeUnfit):
        change(seal, ChangeKind.RESUME, at)
    actions = AuditEntry.objects.filter(subject_type="seal", subject_id=seal.pk).order_by("pk")
    assert [entry.action for entry in actions] == [
        "seal.making",
        "seal.active",
        "seal.active",
        "seal.suspended",
        "seal.active",
        "seal.abolished",
    ]


def test_nobody_approves_his_own_request(unit, at):
    look = Look(name=unit.name)
    draft = SealDraft(
        kind=SealKind.ELECTRONIC, category="policy", name="章", unit=unit, reason="用", look=look
    )
    asked = request_seal(draft, actor=MAKER, at=at)
    with pytest.raises(errors.OwnApproval):
        decide_change(asked.pk, approved=True, decision="", actor=MAKER, at=at)
    assert SealChange.objects.get(pk=asked.pk).state == "requested"
    # The database holds it too, whoever writes.
    with pytest.raises(IntegrityError), transaction.atomic():
        SealChange.objects.filter(pk=asked.pk).update(state="approved", decided_by=MAKER)
    with pytest.raises(errors.ReasonMissing):
        decide_change(asked.pk, approved=False, decision=" ", actor=CHECKER, at=at)
    decide_change(asked.pk, approved=False, decision="印文有误", actor=CHECKER, at=at)
    assert Seal.objects.get(pk=asked.seal_id).state == "abolished"


def test_one_request_at_a_time(seal, at):
    request_change(seal.pk, ChangeKind.SUSPEND, reason="停", actor=MAKER, at=at)
    with pytest.raises(errors.ChangePending):
        request_change(seal.pk, ChangeKind.ABOLISH, reason="废", actor=MAKER, at=at)
    with pytest.raises(errors.ReasonMissing):
        request_change(seal.pk, ChangeKind.ABOLISH, reason="", actor=MAKER, at=at)


@pytest.mark.requirement("S2-L160.g1")
def test_what_is_registered_changes_with_a_second_persons_word(seal, make_seal, person, at):
    """The keeper has left, a limit is set, the validity is shortened: no database by hand."""
    first, second = person("first"), person("second")
    physical = make_seal(SealKind.PHYSICAL, keeper=first, location="总部档案室")
    wanted = Particulars(name=physical.name, keeper=second, location="上海")
    asked = request_update(physical.pk, wanted, reason="离职移交", actor=MAKER, at=at)
    assert asked.particulars == {"keeper_id": second.pk, "location": "上海"}
    with pytest.raises(errors.OwnApproval):
        decide_change(asked.pk, approved=True, decision="", actor=MAKER, at=at)
    decide_change(asked.pk, approved=True, decision="同意", actor=CHECKER, at=at)
    physical.refresh_from_db()
    assert (physical.keeper, physical.location, physical.state) == (second, "上海", "active")
    act = AuditEntry.objects.get(action="seal.registered")
    assert act.facts["before"] == {"keeper_id": first.pk, "location": "总部档案室"}
    until = at + timedelta(days=30)
    wanted = Particulars(
        name="保单专用章", networks=["10.0.0.0/8"], hourly_max=9, valid_until=until
    )
    asked = request_update(seal.pk, wanted, reason="年检", actor=MAKER, at=at)
    decide_change(asked.pk, approved=True, decision="同意", actor=CHECKER, at=at)
    seal.refresh_from_db()
    assert (seal.name, seal.hourly_max, seal.networks) == ("保单专用章", 9, ["10.0.0.0/8"])
    version = SealVersion.objects.get(seal=seal, number=seal.version)
    info = parse_seal(bytes(version.ses)).info
    # The signed structure says it too, about the same picture.
    assert (seal.version, info.name) == (2, "保单专用章")
    assert info.valid_until == until.replace(microsecond=0)
    assert info.picture.data == seal_picture(seal)


def test_what_cannot_be_registered_is_refused(seal, make_seal, person, at):
    same = Particulars(name=seal.name)
    for wrong, words in (
        ({}, "没有改动"),
        ({"name": " "}, "名称"),
        ({"networks": ["总部"]}, "不是网段"),
        ({"networks": ["10.0.0.0/8"] * 21}, "至多 20 个"),
        ({"valid_until": at}, "有效期"),
    ):
        with pytest.raises(errors.DesignFault, match=words):
            request_update(seal.pk, replace(same, **wrong), reason="x", actor=MAKER, at=at)
    keeper = person("keeper")
    physical = make_seal(SealKind.PHYSICAL, keeper=person("old"))
    wanted = Particulars(name=physical.name, keeper=keeper)
    asked = request_update(physical.pk, wanted, reason="移交", actor=MAKER, at=at)
    lock_account(keeper, reason="调查", actor="staff:x", at=at)
    with pytest.raises(errors.DesignFault, match="在职"):
        decide_change(asked.pk, approved=True, decision="", actor=CHECKER, at=at)
    physical.refresh_from_db()
    assert physical.keeper != keeper


def test_who_asked_takes_it_back(seal, unit, at):
    asked = request_change(seal.pk, ChangeKind.SUSPEND, reason="停", actor=MAKER, at=at)
    with pytest.raises(errors.RequestForeign):
        withdraw_change(asked.pk, actor=CHECKER, at=at)
    withdraw_change(asked.pk, actor=MAKER, at=at)
    with pytest.raises(IllegalMove):
        decide_change(asked.pk, approved=False, decision="晚了", actor=CHECKER, at=at)
    seal.refresh_from_db()
    assert seal.state == "active"
    look = Look(name=unit.name, purpose="合同专用章")
    draft = SealDraft(
        kind=SealKind.ELECTRONIC, category="contract", name="写错了", unit=unit, look=look,
        reason="新设",
    )  # fmt: skip
    made = request_seal(draft, actor=MAKER, at=at)
    withdraw_change(made.pk, actor=MAKER, at=at)
    assert Seal.objects.get(pk=made.seal_id).state == "abolished"


def test_a_seal_from_a_picture(make_seal):
    image = Image.new("RGB", (400, 400), "white")
    ImageDraw.Draw(image).ellipse([40, 40, 360, 360], outline=(200, 20, 40), width=16)
    out = io.BytesIO()
    image.save(out, "PNG")
    look = Look(source="picture", picture=out.getvalue(), width_mm=42, height_mm=42)
    seal = make_seal(look=look)
    assert parse_seal(bytes(SealVersion.objects.get(seal=seal).ses)).info.picture.width_mm == 42
    assert SealChange.objects.get(seal=seal).material is None  # used up


@pytest.mark.requirement("S2-L160.f4", "S2-L311")
def test_handwriting_lies_encrypted_and_is_redrawn(make_seal, at):
    owner = Subject.objects.create(
        public_id="sub_1",
        kind="person",
        name="测试欣",
        name_index="x",
        registered_at=at,
        changed_at=at,
    )
    strokes = {"strokes": [[[n, (n * n) % 40, n * 9, 0.5] for n in range(40)]]}
    look = Look(source="handwriting", strokes=strokes, is_red=False)
    seal = make_seal(SealKind.PERSONAL, owner=owner, look=look, category="person")
    picture = seal_picture(seal)
    assert picture.startswith(b"\x89PNG")
    with connection.cursor() as cursor:
        cursor.execute("SELECT strokes, picture, vector, design::text FROM seals_sealversion")
        stored, image, vector, design = cursor.fetchone()
    assert b"strokes" not in bytes(stored)
    assert (bytes(image), vector) == (b"", "")
    assert base64.b64encode(picture[:30]).decode() not in design


@pytest.mark.requirement("S2-L160.f4")
def test_a_legal_representatives_name_seal(make_seal):
    seal = make_seal(
        SealKind.LEGAL_REP, category="person", look=Look(layout="square_20", name="张三")
    )
    version = SealVersion.objects.get(seal=seal)
    assert parse_seal(bytes(version.ses)).info.type == 2
    assert (version.width_mm, version.height_mm) == (20, 20)


@pytest.mark.parametrize("kind", [SealKind.UKEY, SealKind.PERSONAL, SealKind.PHYSICAL])
def test_each_kind_wants_what_it_needs(unit, at, kind):
    draft = SealDraft(
        kind=kind,
        category="contract",
        name="章",
        unit=unit,
        reason="用",
        look=None if kind == SealKind.PHYSICAL else Look(name=unit.name),
    )
    with pytest.raises(errors.DesignFault):
        request_seal(draft, actor=MAKER, at=at)


@pytest.mark.requirement("S2-L160.m4")
def test_seals_follow_their_certificates(seal, at):
    """A revoked certificate stops the seals on it; a new one makes the structure anew."""
    binding = CertificateBinding.objects.get(state="active", algorithm="sm2-sm3")
    revoke_binding(binding.pk, reason=Reason.KEY_COMPROMISE, actor="staff:sys", at=at)
    suspend_seals(binding.pk)
    suspend_seals(binding.pk)  # again: nothing happens
    seal.refresh_from_db()
    assert seal.state == "suspended"
    assert binding.serial in seal.state_reason
    assert Risk.objects.filter(kind="seals.certificate").count() == 1
    resumed = change(seal, ChangeKind.RESUME, at)
    version = SealVersion.objects.get(seal=seal, number=resumed.version)
    assert resumed.version == 2
    assert binding.fingerprint not in version.certificates
    assert bytes(version.picture) == seal_picture(seal)


def test_a_seal_waits_for_its_companys_certificate(make_seal, at):
    CertificateBinding.objects.filter(state="active").update(state="suspended")
    seal = make_seal()
    assert SealVersion.objects.get(seal=seal).ses is None
    CertificateBinding.objects.filter(state="suspended").update(state="active")
    key = CertificateBinding.objects.filter(state="active").first().pk
    recertify_seals(key)
    recertify_seals(key)
    seal.refresh_from_db()
    assert seal.version == 2
    assert SealVersion.objects.get(seal=seal, number=2).ses is not None


@pytest.mark.requirement("S2-L160.j1")
def test_blast_radius_counts_what_a_seal_and_a_certificate_touched(seal, grant, ask, at):
    grant(since=at - timedelta(days=9))
    batch = [ask(reference=f"env_{n}", batch="bat_1", flow="a" if n else "b") for n in range(4)]
    with transaction.atomic():
        uses = reserve_uses(batch, at=at)
        finish_uses([one.pk for one in uses[:3]], ["cd" * 32] * 3, at=at)
        reserve_uses([ask(reference="env_old")], at=at - timedelta(days=3))
    freeze_seal(seal.pk, reason="疑似失控", actor=MAKER, at=at)
    found = blast_radius(seal=seal, since=at - timedelta(days=1))
    assert (found.total, found.open) == (4, 1)
    assert {row["label"]: row["n"] for row in found.by_flow} == {"a": 3, "b": 1}
    assert [(row["label"], row["n"]) for row in found.batches] == [("bat_1", 4)]
    assert [row["n"] for row in found.by_day] == [4]
    fingerprint = SealVersion.objects.get(seal=seal).certificates[0]
    assert blast_radius(fingerprint=fingerprint, since=at - timedelta(days=7)).total == 5
    assert blast_radius(fingerprint="00" * 32, since=at - timedelta(days=7)).total == 0


@pytest.mark.requirement("S2-L160.j1")
def test_the_security_officer_gets_a_letter_once(seal, at, person):
    account = person("sec", "安全管理员")
    account.email = "sec@example.com"
    account.save(update_fields=["email"])
    freeze_seal(seal.pk, reason="疑似失控", actor=MAKER, at=at)
    risk = Risk.objects.get(kind="seals.frozen")
    mail_risk(risk.pk)
    mail_risk(risk.pk)
    letter = Delivery.objects.get(subject_type="risk")
    assert "印章紧急冻结" in letter.content["title"]


def test_a_demonstration_starts_with_seals_once(unit, at):
    made = set_up_demonstration_seals(at=at)
    assert [seal.state for seal in made] == ["active"] * 3
    assert set_up_demonstration_seals(at=at) == []
    chosen = choose_seal(unit, document_type="agent_contract", flow="x")
    assert chosen.name == "合同专用章"
    assert choose_seal(unit, document_type="policy", flow="x").name == "电子保单专用章"
    assert choose_seal(unit, document_type="policy", flow="x", kind="legal_rep").name == (
        "法定代表人章"
    )
