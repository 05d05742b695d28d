"""From a key reference to a Signer: files, PKCS#11 tokens, SDF devices.

    file:insurer-sm2
    pkcs11:token=baozhen;object=insurer-rsa?module-name=hsm2      (RFC 7512)
    sdf:1@hsm1

A reference may stand in the database: it holds no secret, no path, and no name of a library.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from baozhen.foundation.keys.configuration import configured, is_production, secrets_directory
from baozhen.foundation.keys.devices import Device, DeviceInfo, read_devices
from baozhen.foundation.keys.errors import BadKeyReference, KeyConfigurationFault, SecretExists
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.foundation.keys.pkcs11 import PKCS11KeyStore
from baozhen.foundation.keys.private_files import read_private, write_private
from baozhen.foundation.keys.sdf import SDFKeyStore
from baozhen.trust.crypto.keys import Signer

_PASSPHRASE_BYTES_MIN = 16
_DEVELOPMENT_ITERATIONS = 10_000
_SDF_INDEX_MAX = 0xFFFFFFFF


@dataclass(frozen=True)
class KeyAccess:
    """The stores that are configured: the folder of key files, if any, and the devices by name."""

    files: FileKeyStore | None
    devices: Mapping[str, Device] = field(default_factory=dict)


def open_signer(reference: str, *, access: KeyAccess | None = None) -> Signer:
    """Open the key that `reference` names; the caller keeps the signer, and tests it once.

    Raises BadKeyReference, the errors of the store, or KeyFileError.
    """
    access = access or key_access()
    scheme, _, locator = reference.partition(":")
    match scheme:
        case "file":
            return _file_store(access).open(locator)
        case "pkcs11":
            token, label, device = _parse_pkcs11(reference, access)
            return PKCS11KeyStore(device).open(token=token, label=label)
        case "sdf":
            index, device = _parse_sdf(reference, access)
            return SDFKeyStore(device).open(index)
    raise BadKeyReference(reference=reference, reason="应以 file:、pkcs11: 或 sdf: 开头")


def device_info(reference: str, *, access: KeyAccess | None = None) -> DeviceInfo | None:
    """Return what a certificate binding records of the device; None for a key in a file."""
    access = access or key_access()
    scheme = reference.partition(":")[0]
    if scheme == "pkcs11":
        token, _, device = _parse_pkcs11(reference, access)
        return PKCS11KeyStore(device).info(token=token)
    if scheme == "sdf":
        return SDFKeyStore(_parse_sdf(reference, access)[1]).info()
    return None


def key_access() -> KeyAccess:
    """Return the stores that the settings configure.

    | setting | meaning |
    |---|---|
    | BAOZHEN_KEYS | folder of key files; default `keys/signing` of the data directory |
    | BAOZHEN_KEY_PASSPHRASE_FILE | private file with their passphrase |
    | BAOZHEN_DEVICES | private JSON file of the devices |

    Development makes a passphrase of its own; production never does, and has no file store then.
    """
    return _configure(
        configured("BAOZHEN_KEYS") or str(secrets_directory() / "signing"),
        configured("BAOZHEN_KEY_PASSPHRASE_FILE"),
        configured("BAOZHEN_DEVICES"),
        None if is_production() else secrets_directory(),
    )


@lru_cache(maxsize=4)
def _configure(
    folder: str, passphrase_file: str, devices_file: str, development: Path | None
) -> KeyAccess:
    devices = read_devices(Path(devices_file)) if devices_file else {}
    if passphrase_file:
        passphrase = _passphrase(read_private(Path(passphrase_file)))
        return KeyAccess(FileKeyStore(Path(folder), passphrase), devices)
    if development is None:
        return KeyAccess(None, devices)
    passphrase = _development_passphrase(development / "passphrase")
    return KeyAccess(FileKeyStore(Path(folder), passphrase, _DEVELOPMENT_ITERATIONS), devices)


def _development_passphrase(path: Path) -> bytes:
    """Read development's passphrase, or make it; of two processes that make one, the first wins."""
    if not path.exists():
        try:
            write_private(path, secrets.token_hex(32).encode())
        except SecretExists:
            return _passphrase(read_private(path))
    return _passphrase(read_private(path))


def _passphrase(content: bytes) -> bytes:
    passphrase = content.strip()
    if len(passphrase) < _PASSPHRASE_BYTES_MIN:
        raise KeyConfigurationFault(reason=f"密钥文件的口令至少 {_PASSPHRASE_BYTES_MIN} 个字节")
    return passphrase


def _file_store(access: KeyAccess) -> FileKeyStore:
    if access.files is None:
        raise KeyConfigurationFault(
            reason="没有设置 BAOZHEN_KEY_PASSPHRASE_FILE：生产模式不使用开发口令"
        )
    return access.files


def _parse_pkcs11(reference: str, access: KeyAccess) -> tuple[str, str, Device]:
    """Read `token` and `object`, and the device of `module-name` (RFC 7512 §2.3, §2.4)."""
    path, _, query = reference.removeprefix("pkcs11:").partition("?")
    found = _attributes(reference, path, ";", known={"token", "object"})
    asked = _attributes(reference, query, "&", known={"module-name"})
    if "token" not in found or "object" not in found or "module-name" not in asked:
        raise BadKeyReference(
            reference=reference, reason="应写明 token、object 和 module-name（设备配置中的名称）"
        )
    return found["token"], found["object"], _device(reference, asked["module-name"], access)


def _attributes(reference: str, text: str, separator: str, known: set[str]) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(separator) if part]
    names = [name for name, _, _ in pairs]
    # A PIN or a module's path in a reference is refused, not passed over.
    if unknown := set(names) - known:
        # Names only: the value of `pin-value` must not travel in an error.
        raise BadKeyReference(
            reference=reference.partition("?")[0], reason=f"不接受属性 {'、'.join(sorted(unknown))}"
        )
    if len(names) != len(set(names)):
        raise BadKeyReference(reference=reference, reason="属性重复")
    return {name: unquote(value) for name, _, value in pairs}


def _parse_sdf(reference: str, access: KeyAccess) -> tuple[int, Device]:
    index, _, name = reference.removeprefix("sdf:").partition("@")
    if not (index.isascii() and index.isdigit() and len(index) <= len(str(_SDF_INDEX_MAX))):
        raise BadKeyReference(reference=reference, reason="应为 sdf:密钥索引@设备名称")
    if not 1 <= int(index) <= _SDF_INDEX_MAX:
        raise BadKeyReference(reference=reference, reason="密钥索引从 1 开始")
    return int(index), _device(reference, name, access)


def _device(reference: str, name: str, access: KeyAccess) -> Device:
    if name not in access.devices:
        raise BadKeyReference(reference=reference, reason=f"设备 {name} 不在 BAOZHEN_DEVICES 中")
    return access.devices[name]
