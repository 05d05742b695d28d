"""A device of our own that behaves as GM/T 0018 says, made of callbacks: no compiler needed.

It keeps its key behind the C calling convention, hands out handles, demands the access right before
it signs, and signs the digest it is given. `failing` makes the next calls of a function fail.
"""

import ctypes
from collections import Counter
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_int, c_ubyte, c_uint, c_void_p

from baozhen.trust.crypto import sm2
from baozhen.trust.crypto.der import SM2_ORDER, read_signature

PIN = b"a long device pin"
KEY_INDEX = 1

STEPERR, KEYNOTEXIST, PARDENY, PRKRERR, INARGERR = (
    0x01000010,
    0x01000008,
    0x01000007,
    0x01000018,
    0x0100001D,
)


class PublicKeyRecord(ctypes.Structure):
    """Declared anew from the standard, so that the adapter's own declaration is put to the test."""

    _fields_ = (("bits", c_uint), ("x", c_ubyte * 64), ("y", c_ubyte * 64))


class SignatureRecord(ctypes.Structure):
    _fields_ = (("r", c_ubyte * 64), ("s", c_ubyte * 64))


class SoftDevice:
    """The functions of the interface as attributes, like those of a loaded library."""

    def __init__(self) -> None:
        self.key = sm2.generate()
        self.failing: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.signed: list[bytes] = []
        self.overflow = False
        self.bits = 256
        self._opened: set[int] = set()
        self._granted: set[int] = set()
        self._next = 0x1000
        handle, out = c_void_p, POINTER(c_void_p)
        self._offer("SDF_OpenDevice", self._open_device, out)
        self._offer("SDF_CloseDevice", self._close, handle)
        self._offer("SDF_OpenSession", self._open_session, handle, out)
        self._offer("SDF_CloseSession", self._close, handle)
        self._offer("SDF_GetDeviceInfo", self._info, handle, c_void_p)
        self._offer("SDF_GetPrivateKeyAccessRight", self._grant, handle, c_uint, c_void_p, c_uint)
        self._offer("SDF_ExportSignPublicKey_ECC", self._export, handle, c_uint, c_void_p)
        self._offer("SDF_InternalSign_ECC", self._sign, handle, c_uint, c_void_p, c_uint, c_void_p)

    @property
    def open_handles(self) -> int:
        return len(self._opened)

    def _offer(self, name: str, action: Callable[..., int], *arguments: type) -> None:
        def run(*values: object) -> int:
            self.calls[name] += 1
            return self.failing.pop(name, 0) or action(*values)

        setattr(self, name, CFUNCTYPE(c_int, *arguments)(run))

    def _new_handle(self, out) -> int:
        self._next += 1
        self._opened.add(self._next)
        out[0] = self._next
        return 0

    def _open_device(self, out) -> int:
        return self._new_handle(out)

    def _open_session(self, device: int, out) -> int:
        return self._new_handle(out) if device in self._opened else STEPERR

    def _close(self, handle: int) -> int:
        if handle not in self._opened:
            return STEPERR
        self._opened.remove(handle)
        return 0

    def _info(self, session: int, record: int) -> int:
        if session not in self._opened:
            return STEPERR
        content = "示例厂商".encode("gb18030").ljust(40, b"\0")
        content += b"SOFT-1".ljust(16, b"\0") + b"SN20250001".ljust(16, b"\0")
        ctypes.memmove(record, content + bytes(28), 100)
        return 0

    def _grant(self, session: int, index: int, pin: int, length: int) -> int:
        if session not in self._opened:
            return STEPERR
        if index != KEY_INDEX:
            return KEYNOTEXIST
        if ctypes.string_at(pin, length) != PIN:
            return PRKRERR
        self._granted.add(session)
        return 0

    def _export(self, session: int, index: int, out: int) -> int:
        if session not in self._opened:
            return STEPERR
        if index != KEY_INDEX:
            return KEYNOTEXIST
        record = PublicKeyRecord.from_address(out)
        record.bits = self.bits
        record.x[32:] = list(self.key.point[:32])
        record.y[32:] = list(self.key.point[32:])
        return 0

    def _sign(self, session: int, index: int, data: int, length: int, out: int) -> int:
        if session not in self._granted or index != KEY_INDEX:
            return PARDENY
        if length != 32:
            return INARGERR
        digest = ctypes.string_at(data, length)
        self.signed.append(digest)
        r, s = read_signature(self.key.sign_digest(digest), order=SM2_ORDER)
        record = SignatureRecord.from_address(out)
        record.r[32:] = list(r.to_bytes(32, "big"))
        record.s[32:] = list(s.to_bytes(32, "big"))
        record.r[0] = int(self.overflow)
        return 0
