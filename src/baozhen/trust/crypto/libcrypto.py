"""The system's libcrypto (OpenSSL 3) through ctypes: its loading, and the functions used of it.

CDLL releases the interpreter's lock during each call. An EVP_PKEY may be shared by threads; a
context belongs to one call.
"""

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p
from typing import Final

from baozhen.trust.errors import BackendError

# The plain names first: find_library starts other programs and takes tenths of a second.
_NAMES = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
_MAJOR_MIN = 3
_OPENSSL_VERSION = 0

_PROTOTYPES = {
    "OpenSSL_version": (c_char_p, [c_int]),
    "OpenSSL_version_num": (c_ulong, []),
    "RAND_bytes": (c_int, [c_char_p, c_int]),
    "ERR_get_error": (c_ulong, []),
    "ERR_clear_error": (None, []),
    "ERR_error_string_n": (None, [c_ulong, c_char_p, c_size_t]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, [c_void_p, c_char_p, c_char_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_keygen_init": (c_int, [c_void_p]),
    "EVP_PKEY_generate": (c_int, [c_void_p, POINTER(c_void_p)]),
    "EVP_PKEY_is_a": (c_int, [c_void_p, c_char_p]),
    "EVP_PKEY_public_check": (c_int, [c_void_p]),
    "EVP_PKEY_pairwise_check": (c_int, [c_void_p]),
    "EVP_PKEY_sign_init": (c_int, [c_void_p]),
    "EVP_PKEY_sign": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_PKEY_verify_init": (c_int, [c_void_p]),
    "EVP_PKEY_verify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "EVP_PKEY_get_octet_string_param": (
        c_int,
        [c_void_p, c_char_p, c_char_p, c_size_t, POINTER(c_size_t)],
    ),
    "EVP_PKEY2PKCS8": (c_void_p, [c_void_p]),
    "PKCS8_PRIV_KEY_INFO_free": (None, [c_void_p]),
    "i2d_PKCS8_PRIV_KEY_INFO": (c_int, [c_void_p, POINTER(c_void_p)]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_void_p), c_long]),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_void_p), c_long]),
}


def _open() -> ctypes.CDLL:
    names = iter(_NAMES)
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    found = ctypes.util.find_library("crypto")
    if found is None:
        raise BackendError("找不到系统的 libcrypto（OpenSSL 3.0 或更高；Debian 上的包是 libssl3）")
    try:
        return ctypes.CDLL(found)
    except OSError as error:
        raise BackendError(f"系统的 {found} 无法装入：{error}") from error


def _load() -> ctypes.CDLL:
    library = _open()
    for name, (result, arguments) in _PROTOTYPES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise BackendError(
                f"系统的 libcrypto 缺少 {name}：需要 OpenSSL 3.0 或更高的版本"
            ) from None
        function.restype, function.argtypes = result, arguments
    if library.OpenSSL_version_num() >> 28 < _MAJOR_MIN:
        raise BackendError("系统的 libcrypto 太旧：需要 OpenSSL 3.0 或更高的版本")
    return library


library: Final = _load()


def version() -> str:
    """Return the library's own words for its version, such as `OpenSSL 3.0.19 27 Jan 2026`."""
    return str(library.OpenSSL_version(_OPENSSL_VERSION).decode())


def last_error() -> str:
    """Return the first error of this thread's queue and empty the queue."""
    text = ctypes.create_string_buffer(256)
    library.ERR_error_string_n(library.ERR_get_error(), text, len(text))
    library.ERR_clear_error()
    return text.value.decode(errors="replace")


def random_bytes(count: int) -> bytes:
    """Return `count` bytes of libcrypto's random generator, for salts and initial vectors."""
    buffer = ctypes.create_string_buffer(count)
    if library.RAND_bytes(buffer, count) != 1:
        raise BackendError(f"libcrypto 的随机数发生器失效：{last_error()}")
    return buffer.raw


def decode(function_name: str, der: bytes) -> int | None:
    """Call a d2i function on all of `der`; the address of the object, None if it does not fit."""
    buffer = ctypes.create_string_buffer(der, len(der))
    start = ctypes.addressof(buffer)
    position = c_void_p(start)
    handle: int | None = getattr(library, function_name)(None, byref(position), len(der))
    library.ERR_clear_error()
    if handle and position.value != start + len(der):
        library.EVP_PKEY_free(handle)
        return None
    return handle


def encode(function_name: str, handle: int) -> bytes:
    """Call an i2d function and return the DER it writes."""
    function = getattr(library, function_name)
    length = function(handle, None)
    if length <= 0:
        raise BackendError(f"libcrypto 无法编码：{last_error()}")
    buffer = ctypes.create_string_buffer(length)
    function(handle, byref(c_void_p(ctypes.addressof(buffer))))
    return buffer.raw
