"""Seals documents: render → lint → sign → check before release.

A Sealer is built once a process: fonts, templates, the seal's picture and both keys stay loaded. No
document leaves it that was not linted before the key was touched and verified again afterwards.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from baozhen.foundation.sealing.failures import count_failure
from baozhen.foundation.sealing.identities import BoundCertificate
from baozhen.foundation.sealing.opening import SealingKeys
from baozhen.foundation.timestamps.port import Timestamper
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.appearance import SealAppearance
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.lint import LintedPdf, LintLimits, lint
from baozhen.trust.pdf.release import FileDigests, ReleaseError, check_before_release
from baozhen.trust.pdf.render import Renderer, Template
from baozhen.trust.pdf.sign import sign_dual

logger = logging.getLogger(__name__)

# A signature that fails its check is made once more with a fresh nonce; a second one is no chance.
_SIGNING_TRIES = 2


@dataclass(frozen=True)
class SealRequest:
    """One document to be sealed: which template, what it says, when, and who stamps the time."""

    template: str
    version: str
    data: Mapping[str, Any]
    at: datetime
    timestamp: Timestamper | None = None


@dataclass(frozen=True)
class SealedPdf:
    """A released document with everything that is recorded about how it was made."""

    data: bytes
    sha256: str
    sm3: str
    sealed_at: datetime
    template_version: str
    template_sha256: str
    fonts_sha256: str
    engine_version: str
    pages: int


@dataclass(frozen=True)
class SealingLimits:
    """How large documents may be, and whether several pages get a riding seal (骑缝章)."""

    document: LintLimits = LintLimits()  # noqa: RUF009 - frozen
    has_riding_seal: bool = True


class Sealer:
    """Seals documents. Build it once a process."""

    def __init__(
        self,
        *,
        renderer: Renderer,
        keys: SealingKeys,
        seal_picture: bytes | None,
        fonts_sha256: str,
        limits: SealingLimits | None = None,
    ) -> None:
        """Take what all documents share; `seal_picture` is a PNG."""
        self._renderer = renderer
        self._keys = keys
        self._picture = seal_picture
        self._fonts_sha256 = fonts_sha256
        self._limits = limits or SealingLimits()

    @property
    def organization(self) -> str:
        """The company whose seal this is."""
        return self._keys.organization

    def seal(self, request: SealRequest) -> SealedPdf:
        """Return the sealed document.

        Raises LintError or SigningError, and TimestampOutage of the request's Timestamper.
        """
        # The typesetter and the date in a signature know whole seconds only.
        request = replace(request, at=request.at.replace(microsecond=0))
        template = self._renderer.template(request.template, request.version)
        document = self._lint(self._render(request))
        data, digests = self._sign(document, request, self._appearance(template))
        return SealedPdf(
            data=data,
            sha256=digests.sha256.hex(),
            sm3=digests.sm3.hex(),
            sealed_at=request.at,
            template_version=template.version,
            template_sha256=template.sha256,
            fonts_sha256=self._fonts_sha256,
            engine_version=self._renderer.engine_version,
            pages=len(document.parts.pages),
        )

    def seal_pdf(self, pdf: bytes, *, at: datetime, appearance: SealAppearance | None) -> bytes:
        """Lint, sign and check a document that was rendered elsewhere."""
        request = SealRequest(template="", version="", data={}, at=at)
        data, _ = self._sign(self._lint(pdf), request, appearance)
        return data

    def _render(self, request: SealRequest) -> bytes:
        try:
            return self._renderer.render(
                request.template, request.version, data=request.data, at=request.at
            )
        except SigningError:
            count_failure("render")
            raise

    def _lint(self, pdf: bytes) -> LintedPdf:
        try:
            return lint(pdf, self._limits.document)
        except LintError:
            count_failure("lint")
            raise

    def _appearance(self, template: Template) -> SealAppearance | None:
        if template.seal_rect is None:
            return None
        if self._picture is None:
            raise SigningError("模版要盖章，但没有配置印章图片")
        return SealAppearance(
            self._picture, template.seal_rect, riding=self._limits.has_riding_seal
        )

    def _sign(
        self, document: LintedPdf, request: SealRequest, appearance: SealAppearance | None
    ) -> tuple[bytes, FileDigests]:
        if request.at > self._keys.not_after:
            count_failure("sign")
            raise SigningError("签名证书已过期")
        for attempt in range(1, _SIGNING_TRIES + 1):
            data = self._sign_once(document, request, appearance)
            try:
                digests = check_before_release(
                    data, document, sm2=self._keys.sm2, rsa=self._keys.rsa
                )
            except ReleaseError as error:
                count_failure("release", error.algorithm)
                logger.critical("signature failed its check before release: %s", error)
                if attempt == _SIGNING_TRIES:
                    raise
            else:
                break
        return data, digests

    def _sign_once(
        self, document: LintedPdf, request: SealRequest, appearance: SealAppearance | None
    ) -> bytes:
        try:
            return sign_dual(
                document,
                sm2=self._keys.sm2,
                rsa=self._keys.rsa,
                at=request.at,
                appearance=appearance,
                timestamp=request.timestamp.stamp if request.timestamp else None,
            )
        except SigningError:
            count_failure("sign")
            raise


def build_sealer(
    certificates: Mapping[Algorithm, BoundCertificate], seal_picture: bytes | None
) -> Sealer:
    """Return a Sealer from the settings and the certificates that may sign now.

    `seal_picture` is a PNG; without it templates with a place for a seal are refused.

    | setting | meaning |
    |---|---|
    | BAOZHEN_TEMPLATES | folder of all templates |
    | BAOZHEN_FONTS | folder of prepared fonts |
    """
    fonts = FontSet.open(Path(settings.BAOZHEN_FONTS))
    return Sealer(
        renderer=Renderer(templates=Path(settings.BAOZHEN_TEMPLATES), fonts=fonts.folder),
        keys=SealingKeys.open(certificates),
        seal_picture=seal_picture,
        fonts_sha256=fonts.sha256,
    )
