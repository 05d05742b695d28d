"""Signs a linted PDF twice by lean incremental updates: SM2 first, RSA last over the whole file.

The first update brings everything that can be seen (both fields, the seal, the riding seal) and the
SM2 signature; the second one fills the waiting RSA field and nothing else. So each signature covers
the seal, and a file whose RSA signature was cut off shows an empty field and says that it had two.
Both are PAdES (ETSI EN 319 142-1) B-B, or B-T with a timestamp; neither certifies (no DocMDP).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from baozhen.trust.cms.template import CmsTemplate, Profile
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm, Signer
from baozhen.trust.crypto.second import content_sm3
from baozhen.trust.errors import SigningError
from baozhen.trust.pdf.appearance import (
    SealAppearance,
    SealObjects,
    rectangle,
    text_string,
    widget,
)
from baozhen.trust.pdf.increments import Base, Layout, lay_out
from baozhen.trust.pdf.lint import LintedPdf
from baozhen.trust.pdf.parts import Page
from baozhen.trust.x509.parse import parse_certificate

__all__ = ["SealAppearance", "SigningIdentity", "sign_dual"]

SM2_FIELD: Final = b"SigSM2"
RSA_FIELD: Final = b"SigRSA"
# Who signed, as /Prop_Build (Adobe, "Digital Signature Build Dictionary"): /REx tells a verifier
# without a register that the file must bear both signatures.
BUILD_MARK: Final = b"/Prop_Build<</App<</Name/Baozhen/REx(SM2+RSA)>>>>"
REASON: Final = "电子保单签署（SM2+RSA 双签）"
_SHANGHAI = timezone(timedelta(hours=8))
_NOWHERE = b"[0 0 0 0]"
_ANNOTATIONS = re.compile(rb"/Annots\[([^\[\]]*)\]")

Timestamp = Callable[[bytes, str], bytes]
"""Takes a digest and the name of its hash (`sm3`, `sha256`), returns an RFC 3161 token."""


@dataclass(frozen=True)
class SigningIdentity:
    """A certificate, the authorities to embed (root left out), and the key that belongs to it."""

    certificate: bytes
    chain: tuple[bytes, ...]
    signer: Signer
    profile: Profile = Profile.RFC5652
    template: CmsTemplate = field(init=False, repr=False, compare=False)
    reserves: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Precompute what every signature of this identity shares."""
        template = CmsTemplate(
            self.certificate, self.chain, algorithm=self.signer.algorithm, profile=self.profile
        )
        reserves = (template.reserve(with_timestamp=False), template.reserve(with_timestamp=True))
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "reserves", reserves)

    def reserve(self, *, with_timestamp: bool) -> int:
        """Return how many bytes to keep free for a signature."""
        return self.reserves[with_timestamp]


def sign_dual(
    document: LintedPdf,
    *,
    sm2: SigningIdentity,
    rsa: SigningIdentity,
    at: datetime,
    appearance: SealAppearance | None = None,
    timestamp: Timestamp | None = None,
) -> bytes:
    """Return the document with both signatures, dated `at`.

    Deterministic but for SM2's nonce and the tokens of `timestamp`.
    Raises SigningError, and whatever `timestamp` raises.
    """
    _check_identities(sm2, rsa, at)
    entries = _entries(at, parse_certificate(sm2.certificate).organization)
    plan = _Plan(document, appearance)
    layout = lay_out(
        plan.base,
        plan.first_objects(),
        number=plan.sm2_signature,
        entries=entries,
        reserve=sm2.reserve(with_timestamp=timestamp is not None),
    )
    # The check before release hashes again, by the other implementation of SM3.
    signed = _fill(layout, sm2, content_sm3(layout.left + layout.right), timestamp)
    position, size = layout.next_base
    base = Base(signed, position, size, plan.base.root, plan.base.trailer_tail)
    layout = lay_out(
        base,
        plan.second_objects(),
        number=plan.rsa_signature,
        entries=entries,
        reserve=rsa.reserve(with_timestamp=timestamp is not None),
    )
    return _fill(layout, rsa, sha256(layout.left + layout.right), timestamp)


def _check_identities(sm2: SigningIdentity, rsa: SigningIdentity, at: datetime) -> None:
    if sm2.signer.algorithm is not Algorithm.SM2_SM3:
        raise SigningError("国密签名应使用 SM2 密钥")
    if rsa.signer.algorithm is not Algorithm.RSA_SHA256:
        raise SigningError("国际算法签名应使用 RSA 密钥")
    if at.tzinfo is None:
        raise SigningError("签署时间必须带时区")


def _fill(
    layout: Layout, identity: SigningIdentity, digest: bytes, timestamp: Timestamp | None
) -> bytes:
    template = identity.template
    stamp = (lambda value: timestamp(value, template.hash_name)) if timestamp else None
    return layout.fill(template.build(digest, identity.signer.sign, stamp))


def _entries(at: datetime, organization: str) -> bytes:
    """Return the entries of a signature dictionary but for /ByteRange and /Contents (§12.8.1)."""
    moment = at.astimezone(_SHANGHAI).strftime("D:%Y%m%d%H%M%S+08'00'").encode("ascii")
    return b"".join(
        (
            b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%b)" % moment,
            b"/Name%b/Reason%b" % (text_string(organization), text_string(REASON)),
            BUILD_MARK,
        )
    )


class _Plan:
    """The numbers and bodies of all new objects."""

    def __init__(self, document: LintedPdf, appearance: SealAppearance | None) -> None:
        parts = document.parts
        self.base = Base(
            document.data, parts.table_position, parts.size, parts.root, parts.trailer_tail
        )
        self._catalog = parts.body(parts.root)
        self._pages = parts.pages
        if not self._pages:
            raise SigningError("文件没有页")
        first = parts.size
        self._form, self._sm2_field, self._rsa_field = first, first + 1, first + 2
        self.sm2_signature = first + 3
        self._seal = SealObjects(appearance, self._pages, first + 4) if appearance else None
        self.rsa_signature = self._seal.next_number if self._seal else first + 4

    @property
    def _sealed_page(self) -> Page:
        return self._pages[self._seal.appearance.page if self._seal else 0]

    def first_objects(self) -> dict[int, bytes]:
        """Return everything that can be seen, with the SM2 field filled and the RSA one empty."""
        page = self._sealed_page
        value = b"/V %d 0 R" % self.sm2_signature
        objects = {
            self.base.root: _insert(self._catalog, b"/AcroForm %d 0 R" % self._form),
            **self._annotated_pages(),
            # SigFlags 3: signatures exist, and only appending keeps them (table 219).
            self._form: b"<</Fields[%d 0 R %d 0 R]/SigFlags 3>>"
            % (self._sm2_field, self._rsa_field),
            self._sm2_field: widget(SM2_FIELD, page, _NOWHERE, (value,)),
            self._rsa_field: self._rsa_widget(b""),
        }
        if self._seal:
            objects |= self._seal.objects
        return objects

    def second_objects(self) -> dict[int, bytes]:
        """Return the RSA field, now filled."""
        return {self._rsa_field: self._rsa_widget(b"/V %d 0 R" % self.rsa_signature)}

    def _rsa_widget(self, value: bytes) -> bytes:
        if self._seal is None:
            return widget(RSA_FIELD, self._sealed_page, _NOWHERE, (value,))
        look = b"/AP<</N %d 0 R>>" % self._seal.form
        place = rectangle(self._seal.appearance.rect)
        return widget(RSA_FIELD, self._sealed_page, place, (look, value))

    def _annotated_pages(self) -> dict[int, bytes]:
        added = {index: list(new) for index, new in self._strips().items()}
        sealed = self._seal.appearance.page if self._seal else 0
        added.setdefault(sealed, []).extend((self._sm2_field, self._rsa_field))
        return {
            self._pages[index].number: _annotate(self._pages[index].body, numbers)
            for index, numbers in added.items()
        }

    def _strips(self) -> dict[int, list[int]]:
        return self._seal.annotations if self._seal else {}


def _annotate(page: bytes, numbers: list[int]) -> bytes:
    """Return a page's body with more annotations."""
    new = b" ".join(b"%d 0 R" % number for number in numbers)
    if b"/Annots" not in page:
        return _insert(page, b"/Annots[%b]" % new)
    match = _ANNOTATIONS.search(page)
    if match is None or page.count(b"/Annots") != 1:
        raise SigningError("页面的批注数组不是预期的样子")
    joined = b"%b %b" % (match[1], new) if match[1].strip() else new
    return page[: match.start(1)] + joined + page[match.end(1) :]


def _insert(dictionary: bytes, entry: bytes) -> bytes:
    """Return a dictionary's text with one more entry at its end."""
    text = dictionary.rstrip()
    if not text.endswith(b">>") or entry.split(b" ", 1)[0] in text:
        raise SigningError("目录或页面对象不是预期的样子")
    return text[:-2] + entry + b">>"
