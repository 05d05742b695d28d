"""Documents for the tests: laid out by Typst as ours are, sealed with the tests' own hierarchy."""

import io
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import typst
from PIL import Image, ImageDraw

from baozhen.trust.cms.template import Profile
from baozhen.trust.cms.timestamp import TimestampRequest, issue_token
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.evidence import ProofKind, TimestampProof
from baozhen.trust.log.merkle import inclusion_path, leaf_hash, root
from baozhen.trust.pdf.appearance import SealAppearance
from baozhen.trust.pdf.lint import LintedPdf, lint
from baozhen.trust.pdf.sign import SigningIdentity, sign_dual
from baozhen.trust.verify import TrustAnchors
from baozhen.trust.x509.hierarchy import Family, Hierarchy
from baozhen.trust.x509.revocation import RevocationEvidence
from tests.pki import NOW, ORGANIZATION, hierarchy, stranger

FONTS = Path(__file__).parents[1] / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
SEAL_PLACE = (400.0, 60.0, 505.0, 165.0)
_PAGE = """
#set document(title: "机动车商业保险保险单（电子保单）", author: "示例保险", date: auto)
#set text(font: "Noto Sans SC", size: 9pt, lang: "zh", region: "cn")
#set page(paper: "a4", margin: 15mm)
= 机动车商业保险保险单
#link("https://verify.example.cn/v")[验真网址]　保险费合计：人民币肆仟贰佰叁拾伍元陆角柒分
#table(columns: (1fr, 1fr), [被保险人], [测试伟], [号牌号码], [浙Z00001])
"""


@lru_cache(maxsize=1)
def compiler() -> typst.Compiler:
    """One compiler for all tests: reading the fonts takes a moment."""
    fonts = [str(FONTS / "400Regular"), str(FONTS / "700Bold")]
    return typst.Compiler(b"", font_paths=fonts, ignore_system_fonts=True)


def lay_out(source: str, *, standards: tuple[str, ...] = ("a-2b",)) -> bytes:
    """Lay out Typst source as PDF/A-2b."""
    pdf = compiler().compile(
        input=source.encode(), format="pdf", pdf_standards=list(standards), timestamp=NOW
    )
    assert isinstance(pdf, bytes)
    return pdf


@lru_cache(maxsize=8)
def plain(pages: int = 1) -> bytes:
    """A document of so many pages, not signed."""
    more = "".join(f"\n#pagebreak()\n第 {page} 页" for page in range(2, pages + 1))
    return lay_out(_PAGE + more)


@lru_cache(maxsize=8)
def linted(pages: int = 1) -> LintedPdf:
    """The same, linted."""
    return lint(plain(pages))


@lru_cache(maxsize=2)
def seal_png(mode: str = "P") -> bytes:
    """A round red seal on a transparent ground, with a palette or as RGBA."""
    image = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, 115, 115), outline=(210, 20, 20, 220), width=5)
    draw.rectangle((45, 45, 75, 75), fill=(210, 20, 20, 200))
    out = io.BytesIO()
    (image.quantize(8) if mode == "P" else image).save(out, "PNG")
    return out.getvalue()


def identity(family: Family, profile: Profile = Profile.RFC5652) -> SigningIdentity:
    """The document signer of a family."""
    signer = family.signer
    return SigningIdentity(signer.certificate, signer.chain, signer.signer, profile)


@lru_cache(maxsize=4)
def identities(of: str = "ours") -> dict[str, SigningIdentity]:
    """The SM2 and RSA identities of our hierarchy, or of the stranger with the same names."""
    families = (hierarchy() if of == "ours" else stranger()).families
    return {name: identity(families[name]) for name in ("sm2", "rsa")}


def appearance(*, riding: bool = False) -> SealAppearance:
    """The seal at its usual place."""
    return SealAppearance(seal_png(), SEAL_PLACE, riding=riding)


def stamp(digest: bytes, hash_name: str, *, at: datetime = NOW) -> bytes:
    """A token of our own authority."""
    family = hierarchy().families["sm2" if hash_name == "sm3" else "rsa"]
    request = TimestampRequest(hash_name, digest, None, True)
    return issue_token(family.tsa, request, at=at, serial=7)


@lru_cache(maxsize=8)
def signed(*, pages: int = 1, stamped: bool = False, of: str = "ours") -> bytes:
    """A dual-signed document with a seal, and a riding seal when it has several pages."""
    return sign_dual(
        linted(pages),
        **identities(of),
        at=NOW,
        appearance=appearance(riding=pages > 1),
        timestamp=stamp if stamped else None,
    )


def anchors(*, organization: str | None = ORGANIZATION) -> TrustAnchors:
    """Trust in our own roots."""
    return TrustAnchors(hierarchy().roots, organization)


def revocation(of: Hierarchy | None = None) -> RevocationEvidence:
    """The (empty) revocation lists of all authorities."""
    families = (of or hierarchy()).families.values()
    return RevocationEvidence(crls=tuple(crl for family in families for crl in family.crls))


def detached(data: bytes, hash_name: str = "sha256") -> TimestampProof:
    """A token over the file's own digest."""
    digest = sha256(data) if hash_name == "sha256" else sm3(data)
    return TimestampProof(ProofKind.DETACHED, stamp(digest, hash_name))


def aggregated(data: bytes, *, index: int = 2) -> TimestampProof:
    """A token over the root of a tree of five, the file being one leaf."""
    leaves = [leaf_hash(sha256(b"%d" % i)) for i in range(5)]
    leaves[index] = leaf_hash(sha256(data))
    token = stamp(root(leaves), "sha256")
    path = tuple(inclusion_path(leaves, index))
    return TimestampProof(ProofKind.AGGREGATED, token, index, len(leaves), path)
