"""The only module that reaches signing keys: render → lint → sign → check before release.

A Sealer is built once a process: fonts, templates, the seal's picture and both keys stay loaded. No
document leaves it that was not linted before the key was touched and verified again afterwards.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import REGISTRY, Counter

from baozhen.foundation.timestamps.port import Timestamper
from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm, Signer
from baozhen.trust.errors import LintError, SigningError
from baozhen.trust.pdf.appearance import SealAppearance
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.pdf.lint import LintedPdf, LintLimits, lint
from baozhen.trust.pdf.release import ReleaseError, check_before_release
from baozhen.trust.pdf.render import Renderer, Template
from baozhen.trust.pdf.sign import SigningIdentity, sign_dual
from baozhen.trust.seal.picture import SealDesign, draw_seal
from baozhen.trust.x509.hierarchy import DEMO_MARK
from baozhen.trust.x509.parse import parse_certificate

logger = logging.getLogger(__name__)

STAGES: Final = ("render", "lint", "sign", "release")
# Asked for who may sign: the certificates live on a higher floor and are found by their name.
IDENTITIES: Final = "baozhen.signing.certificates.queries.active_identities"
DEMO_NOTE: Final = "演示 DEMO"
# A signature that fails its check is made once more with a fresh nonce; a second one is no chance.
_SIGNING_TRIES = 2

_failures = Counter(
    "baozhen_signing_failures",
    "Documents that were not sealed, and signatures that failed the check before release",
    ["stage", "algorithm"],
)


class BoundIdentity(Protocol):
    """What a certificate binding gives: see signing.certificates."""

    @property
    def organization(self) -> str:
        """The company."""

    @property
    def certificate(self) -> bytes:
        """The DER certificate."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The authorities to embed, root left out."""

    @property
    def signer(self) -> Signer:
        """The key, opened."""

    @property
    def not_after(self) -> datetime:
        """When the certificate ends."""


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


@dataclass(frozen=True)
class SealingKeys:
    """Both identities of one company, and until when they may be used."""

    organization: str
    sm2: SigningIdentity
    rsa: SigningIdentity
    not_after: datetime

    @classmethod
    def of(cls, identities: Mapping[Algorithm, BoundIdentity]) -> "SealingKeys":
        """Take the SM2 and the RSA identity; SigningError when one is missing."""
        try:
            sm2, rsa = identities[Algorithm.SM2_SM3], identities[Algorithm.RSA_SHA256]
        except KeyError as error:
            raise SigningError(f"没有可用的 {error.args[0]} 签名证书") from error
        if sm2.organization != rsa.organization:
            raise SigningError("SM2 和 RSA 证书不属于同一家公司")
        not_after = min(sm2.not_after, rsa.not_after)
        return cls(sm2.organization, _identity(sm2), _identity(rsa), not_after)


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
        data = self._sign(document, request, self._appearance(template))
        return SealedPdf(
            data=data,
            sha256=sha256(data).hex(),
            sm3=sm3(data).hex(),
            sealed_at=request.at,
            template_version=template.version,
            template_sha256=template.sha256,
            fonts_sha256=self._fonts_sha256,
            engine_version=self._renderer.engine_version,
        )

    def seal_pdf(self, pdf: bytes, *, at: datetime, appearance: SealAppearance | None) -> bytes:
        """Lint, sign and check a document that was rendered elsewhere."""
        request = SealRequest(template="", version="", data={}, at=at)
        return self._sign(self._lint(pdf), request, appearance)

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
    ) -> bytes:
        if request.at > self._keys.not_after:
            count_failure("sign")
            raise SigningError("签名证书已过期")
        for attempt in range(1, _SIGNING_TRIES + 1):
            data = self._sign_once(document, request, appearance)
            try:
                check_before_release(data, document, sm2=self._keys.sm2, rsa=self._keys.rsa)
            except ReleaseError as error:
                count_failure("release", error.algorithm)
                logger.critical("signature failed its check before release: %s", error)
                if attempt == _SIGNING_TRIES:
                    raise
            else:
                break
        return data

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


def build_sealer(at: datetime) -> Sealer:
    """Return a Sealer from the settings and the certificates that are active at `at`.

    | setting | meaning | default |
    |---|---|---|
    | BAOZHEN_TEMPLATES | folder of all templates | the product's own |
    | BAOZHEN_FONTS | folder of prepared fonts | `<data>/fonts` |
    | BAOZHEN_SEAL_PICTURE | PNG of the seal | drawn for a demonstration company |
    | BAOZHEN_IDENTITIES | dotted name of who gives the identities | `IDENTITIES` |
    """
    identities: Callable[[datetime], Mapping[Algorithm, BoundIdentity]] = import_string(
        getattr(settings, "BAOZHEN_IDENTITIES", IDENTITIES)
    )
    keys = SealingKeys.of(identities(at))
    fonts = FontSet.open(_folder("BAOZHEN_FONTS", Path(settings.BAOZHEN_DATA) / "fonts"))
    templates = _folder("BAOZHEN_TEMPLATES", _OWN_TEMPLATES)
    return Sealer(
        renderer=Renderer(templates=templates, fonts=fonts.folder),
        keys=keys,
        seal_picture=_seal_picture(keys, fonts.folder),
        fonts_sha256=fonts.sha256,
    )


def count_failure(stage: str, algorithm: str = "") -> None:
    """Count one failure of a stage; it shows in the metrics and in the console."""
    _failures.labels(stage=stage, algorithm=algorithm).inc()


def signing_failures() -> dict[tuple[str, str], int]:
    """Return the failures of this process since it began, by stage and algorithm."""
    return {
        (sample.labels["stage"], sample.labels["algorithm"]): int(sample.value)
        for metric in REGISTRY.collect()
        if metric.name == "baozhen_signing_failures"
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


_OWN_TEMPLATES = Path(__file__).parents[1] / "insurance" / "products" / "templates"


def _identity(bound: BoundIdentity) -> SigningIdentity:
    return SigningIdentity(bound.certificate, bound.chain, bound.signer)


def _folder(name: str, default: Path) -> Path:
    return Path(getattr(settings, name, None) or default)


def _seal_picture(keys: SealingKeys, fonts: Path) -> bytes | None:
    """Return the company's registered picture; a demonstration company gets one drawn for it."""
    path = getattr(settings, "BAOZHEN_SEAL_PICTURE", None)
    if path and Path(path).is_file():
        return Path(path).read_bytes()
    if DEMO_MARK not in parse_certificate(keys.sm2.certificate).common_name:
        return None
    candidates = sorted(fonts.glob("*Bold*.ttf")) or sorted(fonts.glob("*.ttf"))
    return draw_seal(SealDesign(keys.organization, note=DEMO_NOTE), candidates[0])
