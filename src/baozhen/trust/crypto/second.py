"""The second opinion on SM2: gmssl-pyx, another code base, with its own SM3 and its own Z.

Only the strict reading of the DER shape is shared with the first implementation.
"""

from gmssl_pyx import (
    GmsslInnerError,
    sm2_key_generate,
    sm2_sign_sm3_digest,
    sm2_verify_sm3_digest,
    sm3_hash,
    version,
)

from baozhen.trust.crypto.der import SM2_ORDER, read_signature, sm2_point
from baozhen.trust.errors import ParseError, VerificationError

# GB/T 32918.2 §5.5: what stands before the point in Z, with the id of GM/T 0009 §10 in bits.
_BEFORE_POINT = bytes.fromhex(
    "0080"
    "31323334353637383132333435363738"
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Raise VerificationError unless `signature` is that of the SM2 key (SPKI) over `message`.

    Raises ParseError for a public key that is none. On a refusal the library itself writes its
    call path to the standard error stream.
    """
    point = sm2_point(public_key)
    try:
        read_signature(signature, order=SM2_ORDER)
    except ParseError as error:
        raise VerificationError(0, str(error)) from error
    try:
        good = sm2_verify_sm3_digest(point, digest(point, message), signature)
    except GmsslInnerError as error:
        raise VerificationError(0, "SM2 签名未通过第二实现的核对") from error
    if good is not True:
        raise VerificationError(0, "SM2 签名未通过第二实现的核对")


def digest(point: bytes, message: bytes) -> bytes:
    """Return e = SM3(Z ‖ M) for the point x ‖ y and the default id."""
    z = sm3_hash(_BEFORE_POINT + point)
    return bytes(sm3_hash(z + message))


def content_sm3(data: bytes) -> bytes:
    """Return the SM3 digest of a document about to be signed.

    The check before release computes the same digest with the first implementation, so each
    signed document has been hashed by both.
    """
    return bytes(sm3_hash(data))


def generate() -> tuple[bytes, bytes]:
    """Make a throw-away key: (point x ‖ y, scalar). For the self-test and for tests."""
    point, scalar = sm2_key_generate()
    return bytes(point), bytes(scalar)


def sign(scalar: bytes, point: bytes, message: bytes) -> bytes:
    """Sign with a throw-away key. For the self-test and for tests."""
    return bytes(sm2_sign_sm3_digest(scalar, digest(point, message)))


def backend_name() -> str:
    """Return what gives the second opinion, for `baozhen doctor`."""
    return f"gmssl-pyx（{version}）"
