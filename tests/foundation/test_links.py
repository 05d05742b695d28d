"""Links over which files cross to other systems."""

import json

import pytest

from baozhen.foundation import links
from baozhen.foundation.links import Link, Protection, Reach, check_link
from baozhen.trust.errors import VerificationError
from tests.foundation.test_storage_local import RING, make_ring


def link(reach, protection, reason=""):
    return Link(name="core", reach=reach, protection=protection, reason=reason)


@pytest.mark.requirement("S0-7.1.3.2a")
@pytest.mark.parametrize("protection", [Protection.TLS, Protection.TLCP, Protection.SM4_ENVELOPE])
def test_a_public_link_needs_encryption_and_then_passes(protection):
    check_link(link(Reach.PUBLIC, protection))


@pytest.mark.requirement("S0-7.1.3.2a")
@pytest.mark.parametrize("reason", ["", "我们很着急"])
def test_no_reason_excuses_clear_text_on_a_public_link(reason):
    with pytest.raises(links.LinkUnprotected):
        check_link(link(Reach.PUBLIC, Protection.CLEAR, reason))


@pytest.mark.requirement("S0-7.1.3.2b")
@pytest.mark.parametrize("reach", [Reach.LAN, Reach.VPN])
def test_inside_clear_text_needs_a_reason(reach):
    check_link(link(reach, Protection.CLEAR, "同一机房的独立网段"))
    with pytest.raises(links.LinkReasonMissing):
        check_link(link(reach, Protection.CLEAR, "  "))


def test_tls_is_a_matter_of_the_address_too():
    declared = link(Reach.PUBLIC, Protection.TLS)
    check_link(declared, address="https://example.com")
    for address in ("http://example.com", "smtp://example.com", "example.com"):
        with pytest.raises(links.LinkAddressUnprotected):
            check_link(declared, address=address)


def test_an_undeclared_link_is_not_used(settings, tmp_path):
    with pytest.raises(links.LinkUndeclared):
        links.require_link("carrier-pigeon")
    path = tmp_path / "links.json"
    path.write_text(json.dumps([
        {"name": "carrier-pigeon", "reach": "public", "protection": "clear", "reason": "快"}
    ]))  # fmt: skip
    settings.BAOZHEN_LINKS = str(path)
    with pytest.raises(links.LinkUnprotected):
        links.require_link("carrier-pigeon")


def test_the_links_that_the_product_declares_hold():
    declared = links.declared_links(str(links._DATA))
    assert {"mail", "object-store", "api", "portal"} <= set(declared)
    for one in declared.values():
        check_link(one)


@pytest.mark.requirement("S0-7.1.3.2a")
def test_a_file_crosses_in_an_sm4_envelope():
    declared = link(Reach.PUBLIC, Protection.SM4_ENVELOPE)
    sent = links.seal_for_link(b"a policy", link=declared, ring=RING)
    assert b"policy" not in sent
    assert links.open_from_link(sent, link=declared, ring=RING) == b"a policy"


def test_an_envelope_opens_only_on_its_link_and_with_its_key():
    declared = link(Reach.PUBLIC, Protection.SM4_ENVELOPE)
    sent = links.seal_for_link(b"a policy", link=declared, ring=RING)
    other = Link(name="other", reach=Reach.PUBLIC, protection=Protection.SM4_ENVELOPE)
    with pytest.raises(VerificationError):
        links.open_from_link(sent, link=other, ring=RING)
    with pytest.raises(VerificationError):
        links.open_from_link(sent, link=declared, ring=make_ring("old", old="02" * 16))


@pytest.mark.requirement("S0-7.1.3.2b")
def test_on_a_protected_or_inner_link_the_file_goes_as_it_is():
    for declared in (link(Reach.PUBLIC, Protection.TLS), link(Reach.LAN, Protection.CLEAR, "同机")):
        assert links.seal_for_link(b"a policy", link=declared, ring=RING) == b"a policy"
        assert links.open_from_link(b"a policy", link=declared, ring=RING) == b"a policy"


def test_a_file_does_not_cross_a_bad_link():
    with pytest.raises(links.LinkUnprotected):
        links.seal_for_link(b"x", link=link(Reach.PUBLIC, Protection.CLEAR), ring=RING)
