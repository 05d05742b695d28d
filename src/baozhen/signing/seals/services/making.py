"""What a seal looks like and is made of: drawn, cut out of a picture, or redrawn handwriting.

Everything here happens outside of transactions; the rows are written afterwards.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from baozhen.foundation.sealing.seals import sign_seal
from baozhen.signing.certificates.queries import bound_certificates
from baozhen.signing.seals.errors import DesignFault
from baozhen.signing.seals.maker import seal_maker
from baozhen.signing.seals.models import Seal, SealVersion
from baozhen.signing.seals.states import SealKind
from baozhen.trust.errors import TrustError
from baozhen.trust.seal.background import remove_background
from baozhen.trust.seal.drawing import LAYOUTS, SealDesign, draw
from baozhen.trust.seal.inks import SEAL_RED
from baozhen.trust.seal.ses import PERSON_SEAL, UNIT_SEAL, SealInfo, SealPicture
from baozhen.trust.seal.strokes import HEIGHT_MM, WIDTH_MM, draw_strokes, strokes_from_json
from baozhen.trust.x509.parse import parse_certificate

DRAWN: Final = "drawn"
PICTURE: Final = "picture"
HANDWRITING: Final = "handwriting"
SOURCES: Final = {DRAWN: "由系统绘制", PICTURE: "由图片抠取", HANDWRITING: "手写笔迹"}
_VALID_FOR = timedelta(days=365 * 5)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a seal shall look: `source`, then what that source needs."""

    source: str = DRAWN
    layout: str = "round_40"
    name: str = ""
    purpose: str = ""
    code: str = ""
    note: str = ""
    is_red: bool = True
    width_mm: int = 40
    height_mm: int = 40
    picture: bytes = b""
    strokes: Mapping[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """Return what may stand in the clear: no picture, no handwriting."""
        facts = asdict(self)
        del facts["picture"], facts["strokes"]
        return facts

    def material(self) -> dict[str, Any] | None:
        """Return what is kept encrypted until the decision."""
        if self.source == PICTURE:
            return {"picture": base64.b64encode(self.picture).decode()}
        if self.source == HANDWRITING:
            return {"strokes": self.strokes}
        return None


@dataclass(frozen=True)
class MadeLook:
    """A seal as it looks; `strokes` are set for handwriting alone."""

    vector: str
    png: bytes
    width_mm: int
    height_mm: int
    strokes: Mapping[str, Any] | None = None


def look_of(design: Mapping[str, Any], material: Mapping[str, Any] | None) -> Look:
    """Return the look that a request holds."""
    material = material or {}
    picture = base64.b64decode(material["picture"]) if "picture" in material else b""
    return Look(**design, picture=picture, strokes=material.get("strokes"))


def make_look(look: Look) -> MadeLook:
    """Draw it; raises DesignFault in Chinese when that cannot be done."""
    try:
        if look.source == HANDWRITING:
            return _handwriting(look)
        if look.source == PICTURE:
            clean = remove_background(
                look.picture,
                is_red=look.is_red,
                width_mm=look.width_mm,
                height_mm=look.height_mm,
            )
            return MadeLook("", clean.png, clean.width_mm, clean.height_mm)
        return _drawn(look)
    except TrustError as error:
        raise DesignFault(reason=error) from error


def make_version(seal: Seal, look: Look, *, at: datetime) -> SealVersion:
    """Return the seal's next version, unsaved, with its structure where a certificate is bound."""
    made = make_look(look)
    version = SealVersion(
        seal=seal,
        design=look.facts(),
        width_mm=made.width_mm,
        height_mm=made.height_mm,
        vector=made.vector,
        picture=made.png,
        picture_sha256=hashlib.sha256(made.png).hexdigest(),
        strokes=made.strokes,
        made_at=at,
    )
    if made.strokes is not None:
        # Handwriting is personal data: in the clear there is neither picture nor outline of it.
        version.vector, version.picture, version.picture_sha256 = "", b"", ""
    else:
        add_structure(version, at=at)
    return version


def remake_version(old: SealVersion, *, at: datetime) -> SealVersion:
    """Return the same look once more with a structure for today's certificates, unsaved."""
    version = SealVersion(
        seal=old.seal,
        design=old.design,
        width_mm=old.width_mm,
        height_mm=old.height_mm,
        vector=old.vector,
        picture=bytes(old.picture),
        picture_sha256=old.picture_sha256,
        strokes=old.strokes,
        made_at=at,
    )
    if version.strokes is None:
        add_structure(version, at=at)
    return version


def usable_certificates(seal: Seal, *, at: datetime) -> list[bytes]:
    """Return the certificates (DER) that the seal's company signs with at `at`."""
    return [bound.certificate for bound in bound_certificates(seal.company, at).values()]


def fingerprints_of(certificates: list[bytes]) -> list[str]:
    """Return their SHA-256 fingerprints in hex."""
    return sorted(hashlib.sha256(certificate).hexdigest() for certificate in certificates)


def add_structure(version: SealVersion, *, at: datetime) -> None:
    """Have the seal maker sign the structure (GB/T 38540); a company without certificate waits."""
    seal = version.seal
    certificates = usable_certificates(seal, at=at)
    if not certificates:
        return
    maker = seal_maker(at=at)
    begin = at.replace(microsecond=0)
    ends = [parse_certificate(certificate).not_after for certificate in certificates]
    ends += [seal.valid_until or begin + _VALID_FOR]
    ends += [parse_certificate(maker.certificate).not_after]
    person = seal.kind in {SealKind.LEGAL_REP, SealKind.PERSONAL}
    info = SealInfo(
        seal_id=seal.public_id,
        name=seal.name,
        picture=SealPicture("PNG", bytes(version.picture), version.width_mm, version.height_mm),
        certificates=tuple(certificates),
        created_at=begin,
        valid_from=begin,
        valid_until=min(ends),
        type=PERSON_SEAL if person else UNIT_SEAL,
    )
    version.ses = sign_seal(info, maker, at=at)
    version.certificates = fingerprints_of(certificates)


def default_note(company: str) -> str:
    """Return the note that a demonstration's seals bear, so that nobody takes them for real."""
    return "演示 DEMO" if "演示" in company else ""


def _drawn(look: Look) -> MadeLook:
    design = SealDesign(look.layout, look.name, look.purpose, look.code, look.note)
    drawing = draw(design, Path(settings.BAOZHEN_FONTS))
    layout = LAYOUTS[look.layout]
    return MadeLook(drawing.svg, drawing.png, round(layout.width), round(layout.height))


def _handwriting(look: Look) -> MadeLook:
    strokes = dict(look.strokes or {})
    colour = SEAL_RED if look.is_red else "1F2933"
    drawing = draw_strokes(strokes_from_json(strokes), colour=colour)
    return MadeLook(drawing.svg, drawing.png, round(WIDTH_MM), round(HEIGHT_MM), strokes)
