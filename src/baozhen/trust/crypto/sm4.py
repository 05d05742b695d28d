"""SM4-GCM (GB/T 32907 in the mode of NIST SP 800-38D): seal and open short messages, by pyca."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB, GCM

from baozhen.trust.errors import TrustError, VerificationError

KEY_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16


def seal(key: bytes, plaintext: bytes, *, nonce: bytes, aad: bytes = b"") -> bytes:
    """Return ciphertext ‖ 16-byte tag. The caller never uses one nonce twice with one key."""
    encryptor = Cipher(SM4(_checked(key)), GCM(_checked_nonce(nonce))).encryptor()
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def open_sealed(key: bytes, sealed: bytes, *, nonce: bytes, aad: bytes = b"") -> bytes:
    """Return the plaintext of `sealed`.

    Raises VerificationError when a byte of it, the key, the nonce or `aad` is another.
    """
    if len(sealed) < TAG_BYTES:
        raise VerificationError(0, "密文不完整")
    ciphertext, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    decryptor = Cipher(SM4(_checked(key)), GCM(_checked_nonce(nonce), tag)).decryptor()
    decryptor.authenticate_additional_data(aad)
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag:
        raise VerificationError(0, "密文或其所属位置被改动，或密钥不对") from None


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """Encrypt one bare block of 16 bytes: only for the self-test against GB/T 32907 annex A."""
    encryptor = Cipher(SM4(_checked(key)), ECB()).encryptor()  # noqa: S305 - one block, a vector
    return encryptor.update(block) + encryptor.finalize()


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise TrustError(f"SM4 密钥应为 {KEY_BYTES} 字节")
    return key


def _checked_nonce(nonce: bytes) -> bytes:
    # Other lengths are legal for GCM, but go through GHASH and weaken the bound on uses.
    if len(nonce) != NONCE_BYTES:
        raise TrustError(f"SM4-GCM 随机数应为 {NONCE_BYTES} 字节")
    return nonce
