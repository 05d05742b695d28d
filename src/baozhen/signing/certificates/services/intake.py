"""Import what an enterprise applied for offline: PFX, or PEM key with certificate (S2-L512b)."""

from dataclasses import dataclass, field
from datetime import datetime

from baozhen.foundation.sealing.enrolment import import_key
from baozhen.signing.certificates.errors import CertificateUnreadable, KeyFileUnreadable
from baozhen.signing.certificates.models import CertificateBinding
from baozhen.signing.certificates.services.bindings import BindingRequest, bind_certificate
from baozhen.trust.crypto.keys import SoftwareSigner, load_pkcs8
from baozhen.trust.errors import KeyFileError, ParseError, TrustError
from baozhen.trust.x509.certs_only import leaf_first
from baozhen.trust.x509.parse import parse_certificate, parse_pem_bundle, to_pem
from baozhen.trust.x509.pfx import KeyBundle, read_pfx

_NAME_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """A company's key and certificate as files; the password is used once and kept nowhere.

    `pfx`, or `key` (PKCS#8, encrypted or not) with `certificates`.
    """

    organization: str
    anchors: bytes
    pfx: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    certificates: bytes = b""
    password: str = field(default="", repr=False)
    device_approval_no: str = ""


def import_certificate(request: ImportRequest, *, actor: str, at: datetime) -> CertificateBinding:
    """Put the key into the key store and bind its certificate, `pending` until it is activated.

    Raises KeyFileUnreadable, CertificateUnreadable, SecretExists for a key that is there already,
    and the refusals of `bind_certificate`; a key whose certificate is refused stays in the store
    and signs nothing, because no binding names it.
    """
    bundle = _bundle(request)
    leaf = parse_certificate(bundle.certificates[0])
    reference = import_key(f"import-{leaf.sha256[:_NAME_DIGITS]}", bundle.signer)
    return bind_certificate(
        BindingRequest(
            organization=request.organization,
            certificates=to_pem(bundle.certificates),
            anchors=request.anchors,
            key_reference=reference,
            device_approval_no=request.device_approval_no,
            authority="import",
        ),
        actor=actor,
        at=at,
    )


def _bundle(request: ImportRequest) -> KeyBundle:
    try:
        if request.pfx:
            return read_pfx(request.pfx, request.password)
        signer = _signer(request)
        found = tuple(item.der for item in parse_pem_bundle(request.certificates))
        return KeyBundle(signer, leaf_first(found, signer.public_key))
    except KeyFileError as error:
        raise KeyFileUnreadable(path="key", reason=error) from error
    except ParseError as error:
        raise CertificateUnreadable(reason=error) from error


def _signer(request: ImportRequest) -> SoftwareSigner:
    if not request.key:
        raise KeyFileError("没有上传私钥文件")
    try:
        return load_pkcs8(request.key, request.password.encode() or None)
    except KeyFileError:
        raise
    except TrustError as error:
        raise KeyFileError(str(error)) from error
