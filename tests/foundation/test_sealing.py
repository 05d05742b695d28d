"""The only door to the keys: what goes in comes out sealed and checked, or not at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from baozhen.foundation.keys.access import KeyAccess
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.foundation.sealing import (
    BoundCertificate,
    Sealer,
    SealRequest,
    build_sealer,
    certificates_at,
    install_certificates,
    signing_failures,
)
from baozhen.foundation.sealing import identities as installed
from baozhen.foundation.sealing.errors import KeyMismatch
from baozhen.foundation.sealing.opening import SealingKeys
from baozhen.site.fonts import prepare_fonts
from baozhen.site.wiring import wire
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.release import ReleaseError
from baozhen.trust.pdf.render import Renderer
from baozhen.trust.pdf.sign import SigningIdentity
from baozhen.trust.report import CheckResult, Step, Verdict
from baozhen.trust.verify import inspect
from tests import pdfs
from tests.pki import NOW, ORGANIZATION, family, hierarchy, stranger

TEMPLATE = """
#let data = json("/data.json")
#set document(title: data.title, date: auto)
#set text(font: "Noto Sans SC", lang: "zh")
= #data.title
#data.text
"""
UNTIL = NOW + timedelta(days=365)


def keys(**changes) -> SealingKeys:
    made = SealingKeys(ORGANIZATION, **pdfs.identities(), not_after=UNTIL)
    return replace(made, **changes)


@pytest.fixture(scope="module")
def templates(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("templates")
    for code, rect in (("sealed", "[400, 60, 505, 165]"), ("plain", "null")):
        folder = root / code / "1"
        folder.mkdir(parents=True)
        (folder / "main.typ").write_text(TEMPLATE, encoding="utf-8")
        (folder / "template.json").write_text(
            f'{{"code": "{code}", "version": "1", "title": "测试", "effective_from": "2026-01-01",'
            f' "norms": [], "filing_no": "", "parts": [], "seal_rect": {rect}}}',
            encoding="utf-8",
        )
    return root


def sealer(templates: Path, **changes) -> Sealer:
    options = {
        "renderer": Renderer(templates=templates, fonts=pdfs.FONTS / "400Regular"),
        "keys": keys(),
        "seal_picture": pdfs.seal_png(),
        "fonts_sha256": "f" * 64,
        **changes,
    }
    return Sealer(**options)


def request(code: str = "sealed", text: str = "保险费合计", **changes) -> SealRequest:
    made = SealRequest(template=code, version="1", data={"title": "保单", "text": text}, at=NOW)
    return replace(made, **changes)


class Stamper:
    """A Timestamper of our own authority."""

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        return pdfs.stamp(digest, hash_name)


def test_a_sealed_document_is_genuine_and_says_how_it_was_made(templates: Path):
    sealed = sealer(templates).seal(request())
    report = inspect(sealed.data, anchors=pdfs.anchors(), at=NOW)
    assert report.verdict is Verdict.GENUINE
    assert (sealed.sha256, sealed.sm3) == (report.sha256, report.sm3)
    assert sealed.sealed_at == NOW
    assert sealed.template_version == "1"
    assert len(sealed.template_sha256) == len(sealed.fonts_sha256) == 64
    assert sealed.engine_version.startswith("typst-")


def test_timestamps_come_from_the_requests_timestamper(templates: Path):
    sealed = sealer(templates).seal(request(timestamp=Stamper()))
    report = inspect(sealed.data, anchors=pdfs.anchors(), at=NOW)
    assert report.checks[Step.TIME - 1].result is CheckResult.PASSED


def test_a_template_without_a_place_gets_no_visible_seal(templates: Path):
    data = sealer(templates, seal_picture=None).seal(request("plain")).data
    assert b"/SMask" not in data
    with pytest.raises(SigningError, match="印章"):
        sealer(templates, seal_picture=None).seal(request())


def counted(action, expected: type[Exception]) -> dict[tuple[str, str], int]:
    """Return by how much the failure counters rose."""
    before = signing_failures()
    with pytest.raises(expected):
        action()
    after = signing_failures()
    return {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key)}


def test_a_character_without_a_glyph_is_counted_and_nothing_is_signed(templates: Path):
    rose = counted(lambda: sealer(templates).seal(request(text="\U0002a6d6")), LintError)
    assert rose == {("render", ""): 1}


def test_what_may_not_be_signed_is_counted(templates: Path):
    rose = counted(
        lambda: sealer(templates).seal_pdf(pdfs.signed(), at=NOW, appearance=None), LintError
    )
    assert rose == {("lint", ""): 1}


class Faulty:
    """A key whose first `failures` signatures are of other bytes."""

    def __init__(self, inner, failures: int) -> None:
        self._inner = inner
        self.failures = failures
        self.algorithm = inner.algorithm
        self.public_key = inner.public_key

    def sign(self, message: bytes) -> bytes:
        self.failures -= 1
        return self._inner.sign(message + b"!" if self.failures >= 0 else message)


def with_faulty_sm2(failures: int) -> SealingKeys:
    sound = pdfs.identities()["sm2"]
    return keys(sm2=SigningIdentity(sound.certificate, sound.chain, Faulty(sound.signer, failures)))


@pytest.mark.requirement("S0-7.1.1")
def test_one_fault_is_counted_and_signed_again(templates: Path):
    """One in a million, twenty times a day: it must neither leave nor stop the policy."""
    before = signing_failures().get(("release", "sm2-sm3"), 0)
    sealed = sealer(templates, keys=with_faulty_sm2(1)).seal(request())
    assert inspect(sealed.data, anchors=pdfs.anchors(), at=NOW).verdict is Verdict.GENUINE
    assert signing_failures()[("release", "sm2-sm3")] == before + 1


def test_a_key_that_keeps_failing_seals_nothing(templates: Path):
    rose = counted(lambda: sealer(templates, keys=with_faulty_sm2(9)).seal(request()), ReleaseError)
    assert rose == {("release", "sm2-sm3"): 2}


def test_nothing_is_sealed_after_the_certificates_end(templates: Path):
    late = request(at=NOW + timedelta(days=366))
    assert counted(lambda: sealer(templates).seal(late), SigningError) == {("sign", ""): 1}


# From the facts of the bindings to keys.


@pytest.fixture
def access(tmp_path: Path) -> KeyAccess:
    """A store with both keys, and a stranger's."""
    files = FileKeyStore(tmp_path / "keys", b"a passphrase of the tests", 1_000)
    for name in ("sm2", "rsa"):
        files.put(name, family(name).signer.signer)
    files.put("stranger", stranger().families["rsa"].signer.signer)
    return KeyAccess(files)


def bound(name: str, **changes) -> BoundCertificate:
    made = BoundCertificate(
        organization=ORGANIZATION,
        algorithm=hierarchy().families[name].algorithm,
        certificate=family(name).signer.certificate,
        chain=family(name).signer.chain,
        key_reference=f"file:{name}",
        not_after=UNTIL,
    )
    return replace(made, **changes)


def both(**changes) -> dict[Algorithm, BoundCertificate]:
    return {Algorithm.SM2_SM3: bound("sm2"), Algorithm.RSA_SHA256: bound("rsa", **changes)}


def test_the_keys_are_opened_and_end_with_the_first_certificate(access: KeyAccess):
    opened = SealingKeys.open(both(not_after=NOW), access=access)
    assert opened.not_after == NOW
    assert opened.organization == ORGANIZATION
    assert opened.sm2.signer.public_key == family("sm2").signer.signer.public_key
    assert opened.rsa.chain == family("rsa").signer.chain


def test_both_certificates_of_one_company_are_needed(access: KeyAccess):
    with pytest.raises(SigningError, match="rsa"):
        SealingKeys.open({Algorithm.SM2_SM3: bound("sm2")}, access=access)
    with pytest.raises(SigningError, match="同一家"):
        SealingKeys.open(both(organization="另一家"), access=access)


def test_a_key_of_another_certificate_is_not_used(access: KeyAccess):
    with pytest.raises(KeyMismatch, match="不是一对"):
        SealingKeys.open(both(key_reference="file:stranger"), access=access)


@pytest.fixture
def _own_source():
    """Let a test install certificates; afterwards the platform's wiring is back."""
    yield
    wire()


@pytest.mark.usefixtures("_own_source")
def test_a_sealer_is_built_from_the_settings_and_the_installed_certificates(
    settings, tmp_path: Path, templates: Path
):
    files = FileKeyStore(tmp_path / "keys", b"a passphrase of the tests", 1_000)
    for name in ("sm2", "rsa"):
        files.put(name, family(name).signer.signer)
    (tmp_path / "passphrase").write_bytes(files.passphrase)
    (tmp_path / "passphrase").chmod(0o600)
    settings.BAOZHEN_KEYS = str(tmp_path / "keys")
    settings.BAOZHEN_KEY_PASSPHRASE_FILE = str(tmp_path / "passphrase")
    settings.BAOZHEN_FONTS = prepare_fonts(
        django_settings.NODE_MODULES, django_settings.BAOZHEN_FONTS
    ).folder
    settings.BAOZHEN_TEMPLATES = templates
    asked: list[datetime] = []

    def source(at: datetime) -> dict[Algorithm, BoundCertificate]:
        asked.append(at)
        return both()

    install_certificates(source)
    with pytest.raises(SigningError, match="没有配置印章图片"):
        build_sealer(certificates_at(NOW), None).seal(request())
    made = build_sealer(certificates_at(NOW), pdfs.seal_png())
    assert asked == [NOW, NOW]
    assert made.organization == ORGANIZATION
    sealed = made.seal(request())
    assert inspect(sealed.data, anchors=pdfs.anchors(), at=NOW).verdict is Verdict.GENUINE


def test_nobody_signs_before_the_platform_is_wired(monkeypatch):
    monkeypatch.setattr(installed, "_installed", [])
    with pytest.raises(RuntimeError, match="no source of certificates"):
        build_sealer(certificates_at(NOW), None)
