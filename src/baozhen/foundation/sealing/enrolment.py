"""Keys come in here: made in the store for a certificate request, or imported with a certificate.

Nothing but a reference leaves; the request is signed by the key that it asks a certificate for.
"""

from typing import Final

from baozhen.foundation.keys.access import key_access, open_signer
from baozhen.foundation.keys.errors import KeyConfigurationFault
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.trust.crypto.keys import Algorithm, SoftwareSigner, generate
from baozhen.trust.x509.csr import build_csr

_SCHEME: Final = "file:"


def make_key(name: str, algorithm: Algorithm) -> str:
    """Make a fresh key in the file store and return its reference; SecretExists for a known name.

    A key in a device is made by the device's own tools; its reference is simply used.
    """
    return import_key(name, generate(algorithm))


def import_key(name: str, signer: SoftwareSigner) -> str:
    """Put a key that came with a certificate into the file store and return its reference."""
    _files().put(name, signer)
    return f"{_SCHEME}{name}"


def request_certificate(reference: str, subject: bytes) -> bytes:
    """Return a DER PKCS#10 request for the DER name `subject`, signed by the key itself."""
    return build_csr(subject, open_signer(reference))


def _files() -> FileKeyStore:
    files = key_access().files
    if files is None:
        raise KeyConfigurationFault(
            reason="没有设置 BAOZHEN_KEY_PASSPHRASE_FILE：不能在密钥文件夹中新建密钥"
        )
    return files
