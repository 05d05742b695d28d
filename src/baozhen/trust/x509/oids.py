"""Object identifiers and algorithm identifiers of both families, on one page.

GM identifiers: GM/T 0006-2012; signature message syntax: GM/T 0010-2012 and GB/T 35275-2017.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from baozhen.trust.crypto.digests import sha256, sm3
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.x509 import der

# Digests.
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SM3: Final = "1.2.156.10197.1.401"
SHA1: Final = "1.3.14.3.2.26"

# Keys and signatures.
RSA_KEY: Final = "1.2.840.113549.1.1.1"
SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"
EC_KEY: Final = "1.2.840.10045.2.1"
P256_CURVE: Final = "1.2.840.10045.3.1.7"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
SM2_CURVE: Final = "1.2.156.10197.1.301"
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"

# CMS content types: RFC 5652 §4, §5 and their GM/T 0010 twins.
DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
GM_DATA: Final = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"

# CMS attributes: RFC 5652 §11, RFC 5035 §3, RFC 6211, RFC 3161 appendix A.
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
SIGNATURE_TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"

# Certificate, CRL and OCSP extensions: RFC 5280 §4.2 and §5, RFC 6960 §4.
SUBJECT_KEY_ID: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
CRL_REASON: Final = "2.5.29.21"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_ID: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
AUTHORITY_INFO_ACCESS: Final = "1.3.6.1.5.5.7.1.1"
ACCESS_OCSP: Final = "1.3.6.1.5.5.7.48.1"
ACCESS_ISSUERS: Final = "1.3.6.1.5.5.7.48.2"
OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
OCSP_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"
OCSP_NO_CHECK: Final = "1.3.6.1.5.5.7.48.1.5"

# Extended key usages.
ANY_USAGE: Final = "2.5.29.37.0"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"  # RFC 9336
ADOBE_DOCUMENT_SIGNING: Final = "1.2.840.113583.1.1.5"
MICROSOFT_DOCUMENT_SIGNING: Final = "1.3.6.1.4.1.311.10.3.12"

# Distinguished names.
COMMON_NAME: Final = "2.5.4.3"
COUNTRY: Final = "2.5.4.6"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"


@dataclass(frozen=True)
class Suite:
    """One signature algorithm as certificates and SignedData write it."""

    algorithm: Algorithm
    hash_name: str  # "sm3" or "sha256"
    digest: Callable[[bytes], bytes]
    digest_identifier: bytes  # DER AlgorithmIdentifier
    signature_identifier: bytes  # DER AlgorithmIdentifier


def identifier(dotted: str, *parameters: bytes) -> bytes:
    """Return a DER AlgorithmIdentifier."""
    return der.sequence(der.oid(dotted), *parameters)


# RFC 5754 §2: SHA-2 parameters are absent. RFC 4055 §5: the parameters of RSA are NULL.
SUITES: Final = {
    suite.algorithm: suite
    for suite in (
        Suite(Algorithm.SM2_SM3, "sm3", sm3, identifier(SM3), identifier(SM2_WITH_SM3)),
        Suite(
            Algorithm.RSA_SHA256,
            "sha256",
            sha256,
            identifier(SHA256),
            identifier(SHA256_WITH_RSA, der.NULL_ELEMENT),
        ),
        Suite(
            Algorithm.ECDSA_P256_SHA256,
            "sha256",
            sha256,
            identifier(SHA256),
            identifier(ECDSA_WITH_SHA256),
        ),
    )
}

DIGESTS: Final = {"sm3": sm3, "sha256": sha256}
DIGEST_IDENTIFIERS: Final = {"sm3": identifier(SM3), "sha256": identifier(SHA256)}

# Some GM authorities write NULL where GM/T 0006 leaves the parameters out; both are read.
SIGNATURE_IDENTIFIERS: Final = {
    **{suite.signature_identifier: suite.algorithm for suite in SUITES.values()},
    identifier(SM2_WITH_SM3, der.NULL_ELEMENT): Algorithm.SM2_SM3,
}
KEY_IDENTIFIERS: Final = {
    identifier(EC_KEY, der.oid(SM2_CURVE)): Algorithm.SM2_SM3,
    identifier(EC_KEY, der.oid(P256_CURVE)): Algorithm.ECDSA_P256_SHA256,
    identifier(RSA_KEY, der.NULL_ELEMENT): Algorithm.RSA_SHA256,
}
