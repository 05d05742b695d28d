"""SM2 signing keys in cryptographic devices behind the SDF interface (GM/T 0018), by ctypes.

The device signs the digest e = SM3(Z ‖ M) that we compute, and never sees the message.
"""

import ctypes
import threading
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_int, c_ubyte, c_uint32, c_void_p
from typing import Any

from baozhen.foundation.keys.devices import Device, DeviceInfo
from baozhen.foundation.keys.errors import DeviceOutage, DeviceRefused
from baozhen.trust.crypto import sm2
from baozhen.trust.crypto.der import sm2_spki, write_signature
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.errors import ParseError, VerificationError

# GM/T 0018 §5: numbers stand right-aligned in fields wide enough for 512 bits.
ECC_BYTES_MAX = 64
_NUMBER_BYTES = 32
_BITS = 256


class ECCrefPublicKey(ctypes.Structure):
    """The public key of GM/T 0018 §5.4."""

    _fields_ = (("bits", c_uint32), ("x", c_ubyte * ECC_BYTES_MAX), ("y", c_ubyte * ECC_BYTES_MAX))


class ECCSignature(ctypes.Structure):
    """The signature of GM/T 0018 §5.6."""

    _fields_ = (("r", c_ubyte * ECC_BYTES_MAX), ("s", c_ubyte * ECC_BYTES_MAX))


class DeviceInfoRecord(ctypes.Structure):
    """The DEVICEINFO of GM/T 0018 §5.1."""

    _fields_ = (
        ("issuer_name", c_ubyte * 40),
        ("device_name", c_ubyte * 16),
        ("device_serial", c_ubyte * 16),
        ("device_version", c_uint32),
        ("standard_version", c_uint32),
        ("asymmetric_abilities", c_uint32 * 2),
        ("symmetric_abilities", c_uint32),
        ("hash_abilities", c_uint32),
        ("buffer_size", c_uint32),
    )


# GM/T 0018 annex A.
RESULTS = {
    0x01000001: "SDR_UNKNOWERR",
    0x01000002: "SDR_NOTSUPPORT",
    0x01000003: "SDR_COMMFAIL",
    0x01000004: "SDR_HARDFAIL",
    0x01000005: "SDR_OPENDEVICE",
    0x01000006: "SDR_OPENSESSION",
    0x01000007: "SDR_PARDENY",
    0x01000008: "SDR_KEYNOTEXIST",
    0x01000009: "SDR_ALGNOTSUPPORT",
    0x0100000A: "SDR_ALGMODNOTSUPPORT",
    0x0100000B: "SDR_PKOPERR",
    0x0100000C: "SDR_SKOPERR",
    0x0100000D: "SDR_SIGNERR",
    0x0100000E: "SDR_VERIFYERR",
    0x0100000F: "SDR_SYMOPERR",
    0x01000010: "SDR_STEPERR",
    0x01000011: "SDR_FILESIZEERR",
    0x01000012: "SDR_FILENOEXIST",
    0x01000013: "SDR_FILEOFSERR",
    0x01000014: "SDR_KEYTYPEERR",
    0x01000015: "SDR_KEYERR",
    0x01000016: "SDR_ENCDATAERR",
    0x01000017: "SDR_RANDERR",
    0x01000018: "SDR_PRKRERR",
    0x01000019: "SDR_MACERR",
    0x0100001A: "SDR_FILEEXISTS",
    0x0100001B: "SDR_FILEWERR",
    0x0100001C: "SDR_NOBUFFER",
    0x0100001D: "SDR_INARGERR",
    0x0100001E: "SDR_OUTARGERR",
}
# What an operator must mend; anything else may pass by itself.
_PERMANENT = frozenset(
    {
        "SDR_NOTSUPPORT",
        "SDR_PARDENY",
        "SDR_KEYNOTEXIST",
        "SDR_ALGNOTSUPPORT",
        "SDR_ALGMODNOTSUPPORT",
        "SDR_KEYTYPEERR",
        "SDR_KEYERR",
        "SDR_PRKRERR",
        "SDR_INARGERR",
    }
)

PROTOTYPES: dict[str, tuple[Any, ...]] = {
    "SDF_OpenDevice": (POINTER(c_void_p),),
    "SDF_CloseDevice": (c_void_p,),
    "SDF_OpenSession": (c_void_p, POINTER(c_void_p)),
    "SDF_CloseSession": (c_void_p,),
    "SDF_GetDeviceInfo": (c_void_p, POINTER(DeviceInfoRecord)),
    "SDF_GetPrivateKeyAccessRight": (c_void_p, c_uint32, c_char_p, c_uint32),
    "SDF_ExportSignPublicKey_ECC": (c_void_p, c_uint32, POINTER(ECCrefPublicKey)),
    "SDF_InternalSign_ECC": (c_void_p, c_uint32, c_char_p, c_uint32, POINTER(ECCSignature)),
}


class SDFKeyStore:
    """The device behind one SDF library.

    `library` is for tests: an object with the functions of PROTOTYPES in place of the file.
    """

    def __init__(self, device: Device, *, library: object | None = None) -> None:
        self._device = device
        self._library = library if library is not None else _load(device)

    def open(self, index: int) -> "SDFSigner":
        """Open a session and the right to the signing key at `index`.

        Raises DeviceRefused (PIN, no such key) or DeviceOutage.
        """
        return SDFSigner(self._device, self._library, index)

    def info(self) -> DeviceInfo:
        """Return what a certificate binding records of the device."""
        with _Session(self._device, self._library) as session:
            record = DeviceInfoRecord()
            session.call("SDF_GetDeviceInfo", session.handle, byref(record))
        return DeviceInfo(
            device=self._device.name,
            manufacturer=_text(record.issuer_name),
            model=_text(record.device_name),
            serial=_text(record.device_serial),
            approval_no=self._device.approval_no,
        )


class SDFSigner:
    """An SM2 key in a device. A session serves one thread at a time; a broken one is renewed."""

    algorithm = Algorithm.SM2_SM3

    def __init__(self, device: Device, library: object, index: int) -> None:
        self._device, self._library, self._index = device, library, index
        self._lock = threading.Lock()
        self._session: _Session | None = self._open()
        try:
            self.public_key = self._read_public_key(self._session)
            self._checked = sm2.load_public_key(self.public_key)
        except BaseException:
            self.close()
            raise

    def sign(self, message: bytes) -> bytes:
        """Return the DER signature over `message`; what the device refuses is a SigningError.

        The session is thrown away after a failure, so that the next call opens another.
        """
        with self._lock:
            try:
                return self._sign(self._checked.digest(message))
            except (DeviceRefused, DeviceOutage):
                self.close()
                raise

    def close(self) -> None:
        """Give session and device back."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _sign(self, digest: bytes) -> bytes:
        if self._session is None:
            self._session = self._open()
        session, found = self._session, ECCSignature()
        arguments = (session.handle, self._index, digest, len(digest), byref(found))
        session.call("SDF_InternalSign_ECC", *arguments)
        try:
            r, s = _number(found.r), _number(found.s)
            signature = write_signature(*(int.from_bytes(number, "big") for number in (r, s)))
            sm2.check_shape(signature)
        except (ParseError, VerificationError) as error:
            raise session.fault("SDF_InternalSign_ECC", str(error)) from error
        return signature

    def _open(self) -> "_Session":
        session = _Session(self._device, self._library)
        pin = self._device.pin.encode()
        try:
            session.call("SDF_GetPrivateKeyAccessRight", session.handle, self._index, pin, len(pin))
        except BaseException:
            session.close()
            raise
        return session

    def _read_public_key(self, session: "_Session") -> bytes:
        found = ECCrefPublicKey()
        session.call("SDF_ExportSignPublicKey_ECC", session.handle, self._index, byref(found))
        if found.bits != _BITS:
            raise session.fault("SDF_ExportSignPublicKey_ECC", f"公钥为 {found.bits} 位")
        try:
            spki = sm2_spki(_number(found.x) + _number(found.y))
            sm2.load_public_key(spki)
        except ParseError as error:
            raise session.fault("SDF_ExportSignPublicKey_ECC", str(error)) from error
        return spki


class _Session:
    """An open device and one session on it."""

    def __init__(self, device: Device, library: object) -> None:
        self._device, self._library = device, library
        self._device_handle, self.handle = c_void_p(), c_void_p()
        self.call("SDF_OpenDevice", byref(self._device_handle))
        try:
            self.call("SDF_OpenSession", self._device_handle, byref(self.handle))
        except BaseException:
            self._function("SDF_CloseDevice")(self._device_handle)
            raise

    def __enter__(self) -> "_Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both. Their results are not looked at: a broken device cannot close well."""
        self._function("SDF_CloseSession")(self.handle)
        self._function("SDF_CloseDevice")(self._device_handle)

    def call(self, name: str, *arguments: object) -> None:
        """Call a function of the library; its result code becomes a typed error."""
        result = self._function(name)(*arguments)
        if result != 0:
            raise self.fault(name, _describe(result))

    def fault(self, name: str, result: str) -> DeviceRefused | DeviceOutage:
        """Return the error for a call that did not give what it should."""
        kind = DeviceRefused if result.partition(" ")[0] in _PERMANENT else DeviceOutage
        return kind(device=self._device.name, call=name, result=result)

    def _function(self, name: str) -> Callable[..., int]:
        function: Callable[..., int] = getattr(self._library, name)
        return function


def _load(device: Device) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(device.library))
        for name, arguments in PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = c_int, arguments
    except (OSError, AttributeError) as error:
        raise DeviceOutage(device=device.name, call="dlopen", result=str(error)) from error
    return library


def _describe(result: int) -> str:
    """Name a result code: `SDR_KEYNOTEXIST (0x01000008)`; vendors' own codes have no name."""
    code = result & 0xFFFFFFFF
    return f"{RESULTS.get(code, '厂商错误码')} (0x{code:08x})"


def _number(field: ctypes.Array[c_ubyte]) -> bytes:
    """Return the 32 bytes of a number in its wide field."""
    content = bytes(field)
    if any(content[:-_NUMBER_BYTES]):
        raise ParseError("设备给出的数超过 256 位")
    return content[-_NUMBER_BYTES:]


def _text(field: ctypes.Array[c_ubyte]) -> str:
    return bytes(field).split(b"\0")[0].decode("gb18030", errors="replace").strip()
