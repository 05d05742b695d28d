"""Teaches asn1crypto (and with it pyHanko) the GM object identifiers; importing is enough.

The core reads and writes its own DER; this serves the libraries that check it from outside.
"""

# asn1crypto.tsp extends the content types of asn1crypto.cms when it is imported: it comes first,
# or its additions would be lost behind a reverse map that was built without them.
from asn1crypto import algos, cms, keys, tsp

from baozhen.trust.x509 import oids

_SM2_COORDINATE_BYTES = 32


def _register_algorithms() -> None:
    signatures = {oids.SM2_WITH_SM3: "sm3_sm2", oids.SM2_SIGNATURE: "sm2"}
    algos.DigestAlgorithmId._map[oids.SM3] = "sm3"
    algos.DigestAlgorithmId._reverse_map = None
    algos.SignedDigestAlgorithmId._map.update(signatures)
    algos.SignedDigestAlgorithmId._reverse_map.update(
        {name: dotted for dotted, name in signatures.items()}
    )
    algos.AnyAlgorithmId._map.update({oids.SM3: "sm3", **signatures})
    if oids.SM2_CURVE not in keys.NamedCurve._map:
        keys.NamedCurve.register("sm2p256v1", oids.SM2_CURVE, _SM2_COORDINATE_BYTES)


def _register_content_types() -> None:
    """Read the GM/T 0010 types as aliases; what is written stays RFC 5652 unless asked for."""
    names = cms.ContentType._map
    reverse = {name: dotted for dotted, name in names.items() if dotted not in _GM_TYPES}
    names.update(_GM_TYPES)
    cms.ContentType._reverse_map = reverse


_GM_TYPES = {oids.GM_DATA: "data", oids.GM_SIGNED_DATA: "signed_data"}
_SM2_NAMES = frozenset({"sm3_sm2", "sm2"})


def _extend_signed_digest_algorithm() -> None:
    """Let the friendly properties of SignedDigestAlgorithm answer for SM2."""
    cls = algos.SignedDigestAlgorithm
    if getattr(cls, "_knows_sm2", False):
        return
    signature_algo, hash_algo = cls.signature_algo.fget, cls.hash_algo.fget

    def sm2_or_signature(self: algos.SignedDigestAlgorithm) -> str:
        return "sm2" if self["algorithm"].native in _SM2_NAMES else str(signature_algo(self))

    def sm3_or_hash(self: algos.SignedDigestAlgorithm) -> str:
        return "sm3" if self["algorithm"].native in _SM2_NAMES else str(hash_algo(self))

    cls.signature_algo = property(sm2_or_signature)
    cls.hash_algo = property(sm3_or_hash)
    cls._knows_sm2 = True


def is_registered() -> bool:
    """Return whether asn1crypto knows the GM identifiers, timestamps included."""
    return cms.ContentType._map.get(oids.GM_DATA) == "data" and hasattr(tsp, "TSTInfo")


_register_algorithms()
_register_content_types()
_extend_signed_digest_algorithm()
