"""GB/T 38540 seal structures: made, read, verified; every changed byte is noticed."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from baozhen.trust.crypto.digests import sm3
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.errors import ParseError, SigningError, TrustError, VerificationError
from baozhen.trust.seal.ses import SealInfo, SealPicture, make_seal, parse_seal, verify_seal
from baozhen.trust.x509 import der, oids
from tests.pki import NOW, family, stranger

SM2 = family("sm2")
PICTURE = SealPicture("PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 40, 40)


def info(**more):
    facts = {
        "seal_id": "seal_06bt3k9q2w8v5n7r4t6y8z0a1c",
        "name": "电子保单专用章",
        "picture": PICTURE,
        "created_at": NOW,
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=365),
        "certificates": (SM2.signer.certificate,),
    }
    return SealInfo(**facts | more)


def made(**more):
    return make_seal(info(**more), certificate=SM2.signer.certificate, signer=SM2.signer.signer)


def verify(data, at=NOW + timedelta(days=1), anchors=(SM2.root.certificate,)):
    return verify_seal(parse_seal(data), at=at, anchors=anchors, intermediates=SM2.signer.chain)


SEAL = made()


@pytest.mark.requirement("S2-L160.f1")
def test_what_is_made_is_read_again_and_holds():
    seal = parse_seal(SEAL)
    assert seal.info == info()
    assert verify(SEAL).anchor.der == SM2.root.certificate
    assert seal.info.admits(SM2.signer.certificate)
    assert not seal.info.admits(SM2.root.certificate)


def test_another_implementation_reads_the_same():
    seal = core.Sequence.load(SEAL, strict=True)
    body, certificate, algorithm, signature = (seal[n] for n in range(4))
    header, number, properties, picture = (body[n] for n in range(4))
    assert (header[0].native, header[1].native) == ("ES", 4)
    assert number.native == info().seal_id
    assert properties[1].native == "电子保单专用章"
    assert properties[2].native == 1
    assert properties[3][0].native == SM2.signer.certificate
    assert properties[4].native == NOW
    assert [picture[n].native for n in range(4)] == ["PNG", PICTURE.data, 40, 40]
    assert certificate.native == SM2.signer.certificate
    assert algorithm.dotted == "1.2.156.10197.1.501"
    assert len(signature.native) >= 500  # bits


def test_every_changed_byte_is_noticed():
    survivors = []
    for place in range(len(SEAL)):
        changed = bytearray(SEAL)
        changed[place] ^= 0x01
        try:
            verify(bytes(changed))
        except TrustError:
            continue
        survivors.append(place)
    assert survivors == []


def test_without_the_makers_path_a_forged_maker_would_pass():
    """The danger: the maker's certificate is outside of what he signs; only the chain protects."""
    other = stranger().families["sm2"]
    forged = make_seal(info(), certificate=other.signer.certificate, signer=other.signer.signer)
    with pytest.raises(VerificationError):
        verify(forged)
    assert verify_seal(
        parse_seal(forged),
        at=NOW + timedelta(days=1),
        anchors=[other.root.certificate],
        intermediates=other.signer.chain,
    )


@pytest.mark.parametrize("days", [-1, 366])
def test_a_seal_holds_in_its_time_only(days):
    with pytest.raises(VerificationError, match="有效期"):
        verify(SEAL, at=NOW + timedelta(days=days))


def test_only_the_certificates_own_sm2_key_makes_seals():
    with pytest.raises(SigningError):
        make_seal(info(), certificate=SM2.signer.certificate, signer=generate(Algorithm.SM2_SM3))
    with pytest.raises(SigningError):
        made(certificates=())
    with pytest.raises(SigningError):
        made(valid_until=NOW)


def v1(properties_type=der.UTC_TIME):
    """A seal of GM/T 0031-2014: the maker signs certificate and algorithm too."""
    moment = lambda at: der.element(properties_type, at.strftime("%y%m%d%H%M%SZ").encode())  # noqa: E731
    body = der.sequence(
        der.sequence(
            der.text("ES", tag=der.IA5_STRING), der.integer(1), der.text("V", tag=der.IA5_STRING)
        ),
        der.text("1", tag=der.IA5_STRING),
        der.sequence(
            der.integer(1),
            der.text("旧章"),
            der.sequence(der.octets(SM2.signer.certificate)),
            *(moment(NOW + timedelta(days=days)) for days in (0, 0, 365)),
        ),
        der.sequence(
            der.text("GIF", tag=der.IA5_STRING),
            der.octets(b"GIF"),
            der.integer(42),
            der.integer(42),
        ),
    )
    certificate = der.octets(SM2.signer.certificate)
    algorithm = der.oid(oids.SM2_WITH_SM3)
    signature = SM2.signer.signer.sign(der.sequence(body, certificate, algorithm))
    return der.sequence(body, der.sequence(certificate, algorithm, der.bits(signature)))


def test_seals_of_version_1_are_read():
    data = v1()
    seal = parse_seal(data)
    assert (seal.info.version, seal.info.name) == (1, "旧章")
    assert verify(data)
    broken = data.replace("旧章".encode(), "新章".encode())
    with pytest.raises(VerificationError):
        verify(broken)


def test_digests_and_vendors_extensions_are_read():
    """GB/T 38540 allows digests of certificates; real seals carry untagged extensions."""
    inner = der.Reader(SEAL).enter(der.SEQUENCE)
    body = der.Reader(inner.whole()).enter(der.SEQUENCE)
    header, number, properties, picture = (body.whole() for _ in range(4))
    fields = der.Reader(properties).enter(der.SEQUENCE)
    kind, name = fields.whole(), fields.whole()
    fields.whole(), fields.whole()
    times = [fields.whole() for _ in range(3)]
    digest = der.sequence(
        der.text("SM3", tag=der.PRINTABLE_STRING), der.octets(sm3(SM2.signer.certificate))
    )
    properties = der.sequence(kind, name, der.integer(2), der.sequence(digest), *times)
    extension = der.sequence(der.sequence(der.oid("1.2.3"), der.octets(b"x")))
    for extensions in (extension, der.explicit(0, extension)):
        changed = der.sequence(header, number, properties, picture, extensions)
        signature = SM2.signer.signer.sign(changed)
        data = der.sequence(
            changed,
            der.octets(SM2.signer.certificate),
            der.oid(oids.SM2_WITH_SM3),
            der.bits(signature),
        )
        assert verify(data)
        assert parse_seal(data).info.admits(SM2.signer.certificate)
        assert parse_seal(data).info.extensions == (("1.2.3", False, b"x"),)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_seal_or_a_parse_error(data):
    with pytest.raises(ParseError):
        parse_seal(data)


def test_times_have_a_zone():
    assert parse_seal(SEAL).info.created_at == datetime.fromtimestamp(NOW.timestamp(), UTC)
