"""The few DER shapes (ITU-T X.690) that raw signatures and SM2 keys are made of, read strictly."""

from baozhen.trust.errors import ParseError

# GB/T 32918.5: the order of the recommended curve.
SM2_ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# FIPS 186-5: the order of P-256.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# SubjectPublicKeyInfo of an uncompressed SM2 point up to and without its 64 bytes:
# id-ecPublicKey 1.2.840.10045.2.1 with the curve 1.2.156.10197.1.301 (GB/T 35276).
SM2_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
SM2_POINT_BYTES = 64

_SEQUENCE = 0x30
_INTEGER = 0x02
_SIGNATURE_BYTES_MIN = 8
_SIGNATURE_BYTES_MAX = 72  # two integers of up to 33 bytes, with their headers


def read_signature(der: bytes, *, order: int) -> tuple[int, int]:
    """Return (r, s) of a DER SEQUENCE { r INTEGER, s INTEGER }.

    Raises ParseError unless the bytes are the one canonical encoding and 1 ≤ r, s < order.
    """
    # Every length here is below 128, so a long form would never be canonical (X.690 §10.1).
    if not _SIGNATURE_BYTES_MIN <= len(der) <= _SIGNATURE_BYTES_MAX:
        raise ParseError("签名值的长度不对")
    if der[0] != _SEQUENCE or der[1] != len(der) - 2:
        raise ParseError("签名值不是规范的 DER 编码")
    r, position = _read_integer(der, 2)
    s, position = _read_integer(der, position)
    if position != len(der):
        raise ParseError("签名值之后有多余的字节")
    if not (1 <= r < order and 1 <= s < order):
        raise ParseError("签名值超出范围")
    return r, s


def write_signature(r: int, s: int) -> bytes:
    """Return the DER SEQUENCE { r INTEGER, s INTEGER } of two positive integers."""
    body = _write_integer(r) + _write_integer(s)
    return bytes((_SEQUENCE, len(body))) + body


def sm2_spki(point: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an SM2 point given as x ‖ y (64 bytes)."""
    if len(point) != SM2_POINT_BYTES:
        raise ParseError("SM2 公钥应为 64 字节的 x‖y")
    return SM2_SPKI_PREFIX + point


def sm2_point(spki: bytes) -> bytes:
    """Return x ‖ y (64 bytes) of an SM2 SubjectPublicKeyInfo; ParseError for any other bytes."""
    if not spki.startswith(SM2_SPKI_PREFIX) or len(spki) != len(SM2_SPKI_PREFIX) + SM2_POINT_BYTES:
        raise ParseError("不是规范编码的 SM2 公钥")
    return spki[len(SM2_SPKI_PREFIX) :]


def _read_integer(der: bytes, position: int) -> tuple[int, int]:
    header, body = der[position : position + 2], position + 2
    if len(header) != 2 or header[0] != _INTEGER:  # noqa: PLR2004 - tag and length
        raise ParseError("签名值不是规范的 DER 编码")
    content = der[body : body + header[1]]
    if not content or len(content) != header[1] or content[0] & 0x80:
        raise ParseError("签名值不是规范的 DER 编码")
    if content[0] == 0 and not (len(content) > 1 and content[1] & 0x80):
        raise ParseError("签名值不是规范的 DER 编码")  # X.690 §8.3.2: no superfluous zero
    return int.from_bytes(content, "big"), body + len(content)


def _write_integer(value: int) -> bytes:
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((_INTEGER, len(content))) + content
