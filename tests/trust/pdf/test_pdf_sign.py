"""The dual signature: what it adds, what others say of it, and that nothing else leaves."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from baozhen.trust.cms.parse import parse_signed_data
from baozhen.trust.cms.template import Profile
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.errors import SigningError, UnsupportedError
from baozhen.trust.pdf.appearance import SealAppearance, riding_strips
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.release import ReleaseError, check_before_release
from baozhen.trust.pdf.sign import SigningIdentity, sign_dual
from baozhen.trust.report import Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.parse import to_pem
from tests import attacks, pdfs
from tests.pki import NOW, hierarchy

BARE = re.compile(rb"<[0-9a-f]{1000,}>")


def sign(pages: int = 1, **changes) -> bytes:
    options = {**pdfs.identities(), "at": NOW, "appearance": pdfs.appearance(), **changes}
    return sign_dual(pdfs.linted(pages), **options)


def answer(data: bytes):
    return inspect(data, anchors=pdfs.anchors(), at=NOW, revocation=pdfs.revocation())


@pytest.mark.requirement("S2-L596a", "S2-L596c")
def test_sm2_comes_first_and_rsa_covers_the_whole_file():
    report = answer(sign())
    assert report.verdict is Verdict.GENUINE
    assert [s.algorithm for s in report.signatures] == ["sm2-sm3", "rsa-sha256"]
    assert [s.covers_whole_file for s in report.signatures] == [False, True]
    assert all(s.valid and s.trusted for s in report.signatures)


@pytest.mark.requirement("S2-L339")
def test_fingerprint_signature_seal_and_certificate_are_all_there():
    """Hash, digital signature, visible seal, certificate; the signer's identity can be read."""
    data = sign()
    report = answer(data)
    assert {s.organization for s in report.signatures} == {"示例财产保险股份有限公司"}
    assert len(report.sha256) == len(report.sm3) == 64
    assert b"/SMask" in data[len(pdfs.plain()) :]
    assert all(s.serial for s in report.signatures)


def test_the_original_bytes_stay_and_the_second_update_brings_two_objects():
    data = sign()
    assert data.startswith(pdfs.plain())
    second, first, base = open_pdf(data).sections
    assert len(second.entries) == 2
    assert base.position == pdfs.linted().parts.table_position
    assert {n for n in first.entries if n < pdfs.linted().parts.size} == {
        pdfs.linted().parts.root,
        pdfs.linted().parts.pages[0].number,
    }


def test_the_same_inputs_give_the_same_bytes_but_for_the_raw_signatures():
    one, two = sign(), sign()
    assert len(one) == len(two)
    assert BARE.sub(b"", one) == BARE.sub(b"", two)


def test_existing_annotations_stay_in_front():
    file = open_pdf(sign())
    page = file.dictionary(
        file.array(file.dictionary(file.catalog["Pages"], "")["Kids"], "")[0], ""
    )
    kinds = [file.dictionary(item, "")["Subtype"] for item in file.array(page["Annots"], "")]
    assert kinds == ["Link", "Widget", "Widget"]


def test_every_annotation_prints_and_has_a_look_or_no_size():
    """ISO 19005-2 §6.3.2 and §6.3.3."""
    data = sign(3, appearance=pdfs.appearance(riding=True))
    file = open_pdf(data)
    annotations = [
        value
        for value in map(file.object, file.sections[0].entries | file.sections[1].entries)
        if isinstance(value, dict) and value.get("Type") == "Annot"
    ]
    assert len(annotations) == 5
    for annotation in annotations:
        assert annotation["F"] & 0b100
        assert not annotation["F"] & 0b100011
        assert "AP" in annotation or annotation["Rect"] == [0, 0, 0, 0]
        assert set(annotation.get("AP", {"N": 0})) == {"N"}


def test_the_picture_is_stored_once_however_many_pages_show_it():
    data = sign(3, appearance=pdfs.appearance(riding=True))
    assert data.count(b"/SMask") == 1


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_the_seal_shows_on_the_page_and_its_strips_on_all_edges(mode: str):
    pdfium = pytest.importorskip("pypdfium2")
    seal = SealAppearance(pdfs.seal_png(mode), pdfs.SEAL_PLACE, riding=True)
    document = pdfium.PdfDocument(sign(3, appearance=seal))
    document.init_forms()
    for index in range(3):
        picture = document[index].render(scale=1, may_draw_forms=True).to_pil().convert("RGB")
        red = [
            (x, y)
            for x in range(picture.width)
            for y in range(0, picture.height, 2)
            if _is_red(picture.getpixel((x, y)))
        ]
        edge = [x for x, y in red if x > 555]
        inside = [(x, y) for x, y in red if x <= 520]
        assert edge
        assert bool(inside) is (index == 0)
    left, _, right, _ = pdfs.SEAL_PLACE
    assert all(left - 1 <= x <= right + 1 for x, _ in inside)


def _is_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 150 and pixel[1] < 140 and pixel[2] < 140


def test_strips_make_up_whole_seals():
    assert riding_strips(1) == []
    for pages in (2, 7, 20, 21, 45, 100):
        strips = riding_strips(pages)
        assert [strip.page for strip in strips] == list(range(pages))
        assert sum(strip.end - strip.start for strip in strips) == pytest.approx(-(-pages // 20))
        assert all(strip.end - strip.start > 0.049 for strip in strips)


def test_without_a_seal_nothing_is_visible():
    data = sign(appearance=None)
    assert answer(data).verdict is Verdict.GENUINE
    assert b"/AP" not in data[len(pdfs.plain()) :]


def test_timestamps_go_into_both_signatures():
    report = answer(pdfs.signed(stamped=True))
    assert report.verdict is Verdict.GENUINE
    assert [s.timestamp_at for s in report.signatures] == [NOW, NOW]
    assert {c.result.value for c in report.checks} == {"passed"}


def test_the_older_chinese_profile_is_a_setting():
    gm = pdfs.identity(hierarchy().families["sm2"], Profile.GMT0010)
    data = sign(sm2=gm)
    report = answer(data)
    assert report.verdict is Verdict.GENUINE
    assert "gmt0010" in report.signatures[0].profile


@pytest.mark.parametrize(
    "changes",
    [
        {"sm2": "rsa"},
        {"rsa": "sm2"},
        {"at": datetime(2026, 6, 1)},  # noqa: DTZ001 - the fault under test
        {"appearance": SealAppearance(b"", pdfs.SEAL_PLACE, page=1)},
        {"appearance": SealAppearance(b"", (500, 10, 700, 90))},
        {"appearance": SealAppearance(b"", (90, 10, 50, 90))},
    ],
)
def test_what_cannot_be_signed_is_refused(changes):
    for key, value in list(changes.items()):
        if isinstance(value, str):
            changes = {**changes, key: pdfs.identities()[value]}
    with pytest.raises(SigningError):
        sign(**changes)


def test_a_picture_that_is_no_usable_png_is_refused():
    interlaced = bytearray(pdfs.seal_png())
    interlaced[28] = 1
    for picture in (b"GIF89a", bytes(interlaced)):
        with pytest.raises(Exception, match="PNG"):
            sign(appearance=SealAppearance(picture, pdfs.SEAL_PLACE))


def test_a_token_larger_than_its_room_is_refused():
    with pytest.raises(SigningError, match="预留"):
        sign(timestamp=lambda digest, hash_name: b"\x30\x82\x40\x00" + bytes(0x4000))


# The check before release.


def test_what_was_just_signed_passes():
    for pages, stamped in ((1, False), (3, False), (1, True)):
        data = pdfs.signed(pages=pages, stamped=stamped)
        check_before_release(data, pdfs.linted(pages), **pdfs.identities())


@pytest.mark.parametrize("name", sorted(attacks.ATTACKS))
def test_no_attacked_file_passes_the_check(name: str):
    with pytest.raises(ReleaseError):
        check_before_release(
            attacks.ATTACKS[name].forge(pdfs.signed()), pdfs.linted(), **pdfs.identities()
        )


def test_sampled_flips_do_not_pass_the_check():
    data = pdfs.signed()
    for position in range(0, len(data), 211):
        forged = bytearray(data)
        forged[position] ^= 1 << position % 8
        with pytest.raises(ReleaseError):
            check_before_release(bytes(forged), pdfs.linted(), **pdfs.identities())


@dataclass(frozen=True)
class Faulty:
    """A key that fails: its signature is of other bytes."""

    inner: object

    @property
    def algorithm(self):
        return self.inner.algorithm  # type: ignore[attr-defined]

    @property
    def public_key(self):
        return self.inner.public_key  # type: ignore[attr-defined]

    def sign(self, message: bytes) -> bytes:
        return self.inner.sign(message + b"!")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["sm2", "rsa"])
def test_a_faulty_raw_signature_does_not_leave(name: str):
    identities = pdfs.identities()
    bad = SigningIdentity(
        identities[name].certificate, identities[name].chain, Faulty(identities[name].signer)
    )
    data = sign(**{name: bad})
    with pytest.raises(ReleaseError) as caught:
        check_before_release(data, pdfs.linted(), **identities)
    assert caught.value.algorithm == identities[name].signer.algorithm


def test_another_companys_certificate_does_not_leave():
    data = pdfs.signed(of="stranger")
    with pytest.raises(ReleaseError, match="不是本机构的证书"):
        check_before_release(data, pdfs.linted(), **pdfs.identities())


def test_a_key_that_does_not_belong_to_its_certificate_does_not_leave():
    identities = pdfs.identities()
    other = replace_signer(identities["sm2"], generate(Algorithm.SM2_SM3))
    data = sign(sm2=other)
    with pytest.raises(ReleaseError):
        check_before_release(data, pdfs.linted(), **identities)


def replace_signer(identity: SigningIdentity, signer) -> SigningIdentity:
    return SigningIdentity(identity.certificate, identity.chain, signer)


def test_a_timestamp_over_something_else_does_not_leave():
    data = sign(timestamp=lambda digest, hash_name: pdfs.stamp(bytes(32), hash_name))
    with pytest.raises(ReleaseError, match="时间戳"):
        check_before_release(data, pdfs.linted(), **pdfs.identities())


def test_another_original_does_not_pass():
    with pytest.raises(ReleaseError, match="原文"):
        check_before_release(pdfs.signed(), pdfs.linted(3), **pdfs.identities())


# What independent tools say.


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@pytest.mark.requirement("S2-L160.b2", "S2-L596c")
def test_pdfsig_finds_the_rsa_signature_valid_over_the_whole_document(tmp_path: Path):
    (tmp_path / "a.pdf").write_bytes(pdfs.signed(pages=3))
    said = subprocess.run(
        [tool("pdfsig"), "-nocert", "a.pdf"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    sm2, rsa = said.split("Signature #")[1:]
    assert "Signature is Valid" in rsa
    assert "Total document signed" in rsa
    assert "Signature is Valid" not in sm2  # an ordinary reader does not know SM2


def test_qpdf_finds_nothing_wrong(tmp_path: Path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdfs.signed(pages=3))
    done = subprocess.run([tool("qpdf"), "--check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.requirement("S2-L160.b2")
def test_openssl_verifies_the_sm2_signature_by_hand(tmp_path: Path):
    """The commands of docs/verification.md."""
    data = pdfs.signed()
    signed = _container(data)
    (tmp_path / "attributes.der").write_bytes(signed.signed_attributes)
    (tmp_path / "signature.der").write_bytes(signed.signature)
    (tmp_path / "signer.pem").write_bytes(to_pem([signed.signer_certificate.der]))
    openssl = tool("openssl")
    key = subprocess.run(
        [openssl, "x509", "-in", "signer.pem", "-pubkey", "-noout"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    (tmp_path / "key.pem").write_bytes(key)
    verify = [openssl, "dgst", "-sm3", "-verify", "key.pem", "-signature", "signature.der"]
    identified = ["-sigopt", "distid:1234567812345678"]
    good = subprocess.run(
        [*verify, *identified, "attributes.der"], cwd=tmp_path, capture_output=True, check=False
    )
    assert good.returncode == 0, good.stderr
    # With OpenSSL's default, the empty id, the same signature is not one.
    other = subprocess.run(
        [*verify, "attributes.der"], cwd=tmp_path, capture_output=True, check=False
    )
    assert other.returncode != 0


def _container(data: bytes):
    start, end, _ = attacks.ranges(data)[0]
    raw = bytes.fromhex(data[start + 1 : end - 1].decode())
    size = 4 + int.from_bytes(raw[2:4], "big")
    return parse_signed_data(raw[:size])


def test_page_rotation_is_not_ours_to_sign():
    with pytest.raises((SigningError, UnsupportedError)):
        pdfs.lint(pdfs.plain().replace(b"/StructParents", b"/Rotate 90/SP    "))


def test_signing_later_than_the_certificate_ends_is_seen_by_the_verifier():
    late = NOW + timedelta(days=4 * 365)
    report = inspect(sign(at=late), anchors=pdfs.anchors(), at=late)
    assert report.verdict is Verdict.UNTRUSTED


def test_an_rsa_signature_that_ends_like_an_sm2_one_passes_by_the_longer_way(monkeypatch):
    """One RSA value in ten thousand has the header of a shorter string at the wrong place."""
    from baozhen.trust.pdf import release

    monkeypatch.setattr(release, "_RSA_SIZES", (8,))
    check_before_release(pdfs.signed(), pdfs.linted(), **pdfs.identities())


def test_the_check_before_release_tells_the_digests_of_the_whole_file():
    data = sign()
    digests = check_before_release(data, pdfs.linted(), **pdfs.identities())
    assert (digests.sha256, digests.sm3) == (sha256(data), sm3(data))
