"""Parties sign through the one door: bound keys of companies, keys of one event for persons."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4

import pikepdf
import pytest
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.reader import PdfFileReader

from baozhen.foundation.keys.access import key_access
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.foundation.sealing import BoundCertificate, parties, signing_failures
from baozhen.foundation.sealing.errors import KeyMismatch
from baozhen.foundation.sealing.parties import (
    Mark,
    PartyOrder,
    accept,
    event_party,
    organization_party,
    sign_party,
)
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.parties import Party
from baozhen.trust.pdf.prepare import prepare
from baozhen.trust.pdf.rendering import page_pictures
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.csr import parse_csr
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate
from baozhen.trust.x509.names import build_name
from tests import attacks, pdfs
from tests.pki import NOW, ORGANIZATION, family

PLACE = (400.0, 60.0, 505.0, 165.0)
UNTIL = NOW + timedelta(days=365)
BOTH = (Algorithm.SM2_SM3, Algorithm.RSA_SHA256)


@dataclass(frozen=True)
class Issued:
    certificate: bytes
    chain: tuple[bytes, ...]


class Authority:
    """An authority of the tests: certifies what is asked, for a day."""

    def __init__(self, *, other_key: bool = False, valid_from: datetime = NOW) -> None:
        self.asked: list[bytes] = []
        self.other_key = other_key
        self.valid_from = valid_from - timedelta(minutes=1)

    def request(self, csr: bytes, *, profile: str, at: datetime) -> Issued:
        assert profile == "event"
        self.asked.append(csr)
        wanted = parse_csr(csr)
        above = family("sm2" if wanted.algorithm is Algorithm.SM2_SM3 else "rsa").issuing
        key = above.signer.public_key if self.other_key else wanted.public_key
        request = CertificateRequest(
            subject=build_name(common_name="测试伟", organization="测试伟"),
            public_key=key,
            role=Role.DOCUMENT_SIGNER,
            serial=900 + len(self.asked),
            not_before=self.valid_from,
            not_after=self.valid_from + timedelta(days=1),
        )
        certificate = issue_certificate(request, signer=above.signer, issuer=above.certificate)
        return Issued(certificate, (above.certificate, *above.chain))


@lru_cache(maxsize=1)
def person() -> Party:
    subject = build_name(common_name="测试伟", organization="测试伟")
    return event_party(name="测试伟", subject=subject, authority=Authority(), at=NOW)


def insurer() -> Party:
    return Party(ORGANIZATION, **pdfs.identities())


def order(field: str = "A1", *marks: Mark, minutes: int = 0) -> PartyOrder:
    return PartyOrder(field, NOW + timedelta(minutes=minutes), "签署", marks)


def verdict(data: bytes, organization: str | None = ORGANIZATION) -> Verdict:
    trust = pdfs.anchors(organization=organization)
    return inspect(
        data, anchors=trust, at=NOW + timedelta(hours=1), revocation=pdfs.revocation()
    ).verdict


@pytest.mark.requirement("S2-L339", "S2-L596c")
def test_a_company_and_a_person_sign_one_document():
    first = sign_party(accept(pdfs.plain(), is_own=True), insurer(), order())
    second = sign_party(accept(first.data), person(), order("A2", minutes=5))
    assert second.data.startswith(first.data)
    assert verdict(second.data) is Verdict.GENUINE
    report = inspect(
        second.data, anchors=pdfs.anchors(), at=NOW + timedelta(hours=1),
        revocation=pdfs.revocation(),
    )  # fmt: skip
    assert report.sha256 == second.sha256
    reader = PdfFileReader(io.BytesIO(second.data))
    assert len(reader.embedded_signatures) == 4


def test_a_person_signs_with_sm2_and_ecdsa_and_is_held_to_both():
    algorithms = [identity.signer.algorithm for identity in person().identities]
    assert algorithms == [Algorithm.SM2_SM3, Algorithm.ECDSA_P256_SHA256]
    first = sign_party(accept(pdfs.plain(), is_own=True), insurer(), order())
    second = sign_party(accept(first.data), person(), order("A2", minutes=5))
    *_, before_last, _last = attacks.revision_ends(second.data)
    cut = second.data[:before_last]
    report = inspect(
        cut, anchors=pdfs.anchors(), at=NOW + timedelta(hours=1), revocation=pdfs.revocation()
    )
    assert report.verdict is Verdict.TAMPERED
    assert "签署方 A2 缺少 ecdsa-p256-sha256 签名" in str(report.checks)


def test_an_authority_without_ecdsa_certifies_rsa_keys(monkeypatch):
    monkeypatch.setenv("BAOZHEN_EVENT_ALGORITHM", "rsa-sha256")
    subject = build_name(common_name="测试伟", organization="测试伟")
    party = event_party(name="测试伟", subject=subject, authority=Authority(), at=NOW)
    assert [one.signer.algorithm for one in party.identities] == [
        Algorithm.SM2_SM3,
        Algorithm.RSA_SHA256,
    ]
    signed = sign_party(accept(pdfs.plain(), is_own=True), party, order())
    assert verdict(signed.data, None) is Verdict.GENUINE
    # The twin: nobody signs with three keys.
    with pytest.raises(SigningError):
        Party("测试伟", party.sm2, party.rsa, person().ecdsa)


@pytest.mark.requirement("S2-L311")
def test_keys_of_an_event_are_proved_and_different_each_time():
    authority = Authority()
    subject = build_name(common_name="测试伟", organization="测试伟")
    facts = {"name": "测试伟", "subject": subject, "authority": authority, "at": NOW}
    made = [event_party(**facts, algorithms=(Algorithm.SM2_SM3,)) for _ in range(2)]
    assert made[0].sm2.signer.public_key != made[1].sm2.signer.public_key
    assert made[0].rsa is None
    signed = sign_party(accept(pdfs.plain(), is_own=True), made[0], order())
    assert verdict(signed.data, None) is Verdict.GENUINE
    # The twin: where the insurer is expected, a person's signature alone is not enough.
    assert verdict(signed.data) is Verdict.UNTRUSTED


@pytest.mark.parametrize(
    ("authority", "reason"),
    [
        (Authority(other_key=True), "不是所申请的密钥"),
        (Authority(valid_from=NOW - timedelta(days=9)), "不在有效期内"),
    ],
)
def test_a_wrong_certificate_of_the_authority_is_noticed(authority, reason):
    subject = build_name(common_name="测试伟", organization="测试伟")
    with pytest.raises(SigningError, match=reason):
        event_party(name="测试伟", subject=subject, authority=authority, at=NOW)


class TestBoundKeys:
    @pytest.fixture
    def bound(self) -> Iterator[dict[Algorithm, BoundCertificate]]:
        parties._open.cache_clear()
        files = key_access().files
        assert files is not None
        found = {}
        for algorithm, name in zip(BOTH, ("sm2", "rsa"), strict=True):
            signer = family(name).signer
            reference = f"party-{name}-{uuid4().hex}"
            files.put(reference, signer.signer)
            found[algorithm] = BoundCertificate(
                organization=ORGANIZATION,
                algorithm=algorithm,
                certificate=signer.certificate,
                chain=signer.chain,
                key_reference=f"file:{reference}",
                not_after=UNTIL,
            )
        yield found
        for bound in found.values():
            (files.directory / f"{bound.key_reference.removeprefix('file:')}.pem").unlink()

    def test_both_keys_sign(self, bound):
        party = organization_party(bound, at=NOW)
        signed = sign_party(accept(pdfs.plain(), is_own=True), party, order())
        assert verdict(signed.data) is Verdict.GENUINE

    def test_opened_keys_are_kept(self, bound):
        first, second = (organization_party(bound, at=NOW) for _ in range(2))
        assert first.sm2 is second.sm2

    def test_one_key_alone_signs_once(self, bound):
        party = organization_party({BOTH[0]: bound[BOTH[0]]}, at=NOW)
        signed = sign_party(accept(pdfs.plain(), is_own=True), party, order())
        assert verdict(signed.data) is Verdict.GENUINE

    def test_what_may_not_sign(self, bound):
        with pytest.raises(SigningError, match="没有可用的签名证书"):
            organization_party(bound, at=UNTIL + timedelta(seconds=1))
        other = replace(bound[BOTH[1]], organization="另一家公司")
        with pytest.raises(SigningError, match="不属于同一家"):
            organization_party({**bound, BOTH[1]: other}, at=NOW)
        swapped = replace(bound[BOTH[1]], key_reference=bound[BOTH[0]].key_reference)
        with pytest.raises(KeyMismatch):
            organization_party({BOTH[1]: swapped}, at=NOW)


def test_nothing_unlinted_is_accepted_and_the_refusal_is_counted():
    with pikepdf.open(io.BytesIO(pdfs.plain())) as document:
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        out = io.BytesIO()
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    before = sum(signing_failures().values())
    for is_own in (True, False):
        with pytest.raises(LintError):
            accept(out.getvalue(), is_own=is_own)
    assert sum(signing_failures().values()) == before + 2
    # The twin: what prepare made of the same file may be signed.
    assert accept(prepare(out.getvalue()).data)


def ink(data: bytes, page: int = 0) -> tuple[int, int, int, int]:
    picture = list(page_pictures(data, dots_per_inch=72))[page].convert("L")
    box = picture.point(lambda level: 255 if level < 200 else 0).getbbox()
    return (box[0], picture.height - box[3], box[2], picture.height - box[1])


def empty(pages: int, rotations: tuple[int, ...] = (0,)) -> bytes:
    with pikepdf.open(io.BytesIO(pdfs.plain(pages))) as document:
        for page, turn in zip(document.pages, rotations * pages, strict=False):
            page.obj.Contents = document.make_stream(b"")
            page.obj.Rotate = turn
        out = io.BytesIO()
        document.save(out)
        return prepare(out.getvalue()).data


@pytest.mark.requirement("S2-L942b")
def test_several_marks_on_several_pages_in_one_signature():
    seal, hand = pdfs.seal_png(), SVG
    marks = (Mark(seal, PLACE), Mark(hand, (60, 60, 160, 110), page=1), Mark(seal, PLACE, page=2))
    signed = sign_party(accept(empty(3)), insurer(), order("A1", *marks))
    boxes = [PLACE, (60, 60, 160, 110), PLACE]
    for page, expected in enumerate(boxes):
        # The seal's picture has a small empty margin; the drawing has none.
        assert all(abs(a - b) < 6 for a, b in zip(ink(signed.data, page), expected, strict=True))
    assert verdict(signed.data) is Verdict.GENUINE


def bar() -> bytes:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 99, 99), fill=(200, 0, 0, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("rotations", [(0,), (90,), (180,), (270,), (0, 90, 180, 270)])
def test_a_riding_seal_lies_on_the_right_edge_of_every_page_as_it_is_seen(rotations):
    pages = 4
    mark = Mark(bar(), (0, 0, 100, 100), is_riding=True)
    signed = sign_party(accept(empty(pages, rotations)), insurer(), order("A1", mark))
    for page, picture in enumerate(page_pictures(signed.data, dots_per_inch=72)):
        left, bottom, right, top = ink(signed.data, page)
        assert abs(right - picture.width) <= 1
        assert abs((right - left) - 100 / pages) <= 2
        assert abs((bottom + top) / 2 - picture.height / 2) <= 2
        assert abs((top - bottom) - 100) <= 2


# Half of the drawing is a block at the left, the rest a line at the foot.
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40mm" height="20mm" viewBox="0 0 40 20">'
    b'<g fill="#101010" fill-opacity="0.9">'
    b'<path fill-rule="nonzero" d="M0 0L20 0L20 20L0 20Z"/>'
    b'<path fill-rule="evenodd" d="M10 18C20 18 30 18 40 18L40 20L10 20Z"/></g></svg>'
)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_vector_handwriting_stands_upright_and_is_evenly_dark(rotation):
    mark = Mark(SVG, (100, 100, 200, 150))
    signed = sign_party(accept(empty(1, (rotation,))), insurer(), order("A1", mark))
    assert all(abs(a - b) <= 1 for a, b in zip(ink(signed.data), (100, 100, 200, 150), strict=True))
    (picture,) = page_pictures(signed.data, dots_per_inch=72)
    grey = picture.convert("L")

    def level(x: int, y: int) -> int:
        return grey.getpixel((x, grey.height - y))

    assert level(110, 145) < 80
    assert level(190, 145) > 240
    assert level(190, 102) < 80
    # Where both shapes lie over each other the ink is not darker.
    assert abs(level(140, 102) - level(110, 145)) <= 3


@pytest.mark.parametrize(
    "svg",
    [
        SVG.replace(b"<path", b"<image href='x'/><path", 1),
        SVG.replace(b"M0 0L", b"M0 0 Q1 1L"),
        SVG.replace(b"M0 0L", b"M0 0 0L"),
        SVG.replace(b'viewBox="0 0 40 20"', b'viewBox="0 0 0 20"'),
        SVG + b"<script/>",
    ],
)
def test_foreign_svg_is_refused(svg):
    with pytest.raises(Exception, match="矢量图片"):
        sign_party(accept(empty(1)), insurer(), order("A1", Mark(svg, (100, 100, 200, 150))))


def test_the_store_of_keys_is_what_the_test_thinks():
    assert isinstance(key_access().files, FileKeyStore)
