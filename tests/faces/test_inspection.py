"""Files of strangers: genuine when the trust list knows their authority, and never ours by it."""

import random
from functools import lru_cache

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from baozhen.faces.inspection import inspect_file
from baozhen.foundation.clock import now
from baozhen.insurance.verification.models import VerificationEntry
from baozhen.signing.certificates.services.trust_list import (
    AnchorProposal,
    decide_anchor,
    propose_anchor,
)
from baozhen.trust.x509.hierarchy import make_hierarchy
from baozhen.trust.x509.parse import to_pem
from tests import attacks, pdfs
from tests.pki import NOW, stranger

pytestmark = pytest.mark.django_db
PARTNER = "示例合作保险经纪有限公司"


@lru_cache(maxsize=1)
def partner():
    """Another company's authority, with names of its own."""
    return make_hierarchy(
        organization=PARTNER,
        now=NOW,
        random_bytes=random.Random(7).randbytes,  # noqa: S311 -- repeatable serials
    )


def file_of(hierarchy):
    """A document sealed with both algorithms by the hierarchy's company."""
    both = {name: pdfs.identity(hierarchy.families[name]) for name in ("sm2", "rsa")}
    return pdfs.sign_dual(pdfs.linted(), **both, at=NOW, appearance=pdfs.appearance())


def trust(hierarchy):
    """Put the hierarchy's roots on the trust list, as two people do."""
    for family in hierarchy.families.values():
        proposal = AnchorProposal(
            certificate=to_pem([family.root.certificate]),
            use="document",
            reason="合作机构",
            effective_from=NOW,
        )
        anchor = propose_anchor(proposal, actor="staff:a", at=NOW)
        decide_anchor(anchor.public_id, accepted=True, actor="staff:b", at=NOW)


def upload(data):
    return SimpleUploadedFile("stranger.pdf", data, content_type="application/pdf")


def test_a_stranger_of_an_unknown_authority_is_untrusted(platform):
    found = inspect_file(file_of(partner()), at=now())
    assert (found.report["verdict"], found.is_strangers) == ("untrusted", False)


def test_a_stranger_of_a_listed_authority_is_genuine_and_not_ours(platform, client):
    trust(partner())
    data = file_of(partner())
    found = inspect_file(data, at=now())
    assert (found.report["verdict"], found.word, found.is_strangers) == ("genuine", "unknown", True)
    assert {signature["organization"] for signature in found.report["signatures"]} == {PARTNER}
    text = client.post("/verify", {"file": upload(data)}).content.decode()
    assert "签章真实，非我公司签发" in text
    assert PARTNER in text
    assert VerificationEntry.objects.get().verdict == "genuine"


def test_programs_get_the_same_answer(platform, client, api_key):
    data, key = file_of(partner()), api_key()
    asked = {"path": "/api/v1/verifications", "headers": {"Authorization": f"Bearer {key}"}}
    before = client.post(data={"file": upload(data)}, **asked).json()
    trust(partner())
    after = client.post(data={"file": upload(data)}, **asked).json()
    assert (before["verdict"], after["verdict"]) == ("untrusted", "genuine")
    assert after["register_word"] == "unknown"


def test_a_changed_file_of_a_listed_stranger_is_tampered(platform):
    trust(partner())
    changed = bytearray(file_of(partner()))
    changed[len(changed) // 3] ^= 0x01
    assert inspect_file(bytes(changed), at=now()).report["verdict"] not in {"genuine", "untrusted"}


def test_a_listed_authority_makes_no_file_ours(platform):
    """An impostor under our name, and a stranger who signs a file of ours, stay untrusted."""
    trust(stranger())  # its company bears our company's name
    impostor = pdfs.signed(of="stranger")
    assert inspect_file(impostor, at=now()).report["verdict"] == "untrusted"


def test_a_listed_stranger_who_signs_a_file_of_ours_is_not_trusted(policy_file, pdf):
    trust(partner())
    extra = attacks.sign_over(pdf, pdfs.identity(partner().families["rsa"]))
    found = inspect_file(extra, at=now())
    assert (found.report["verdict"], found.is_strangers) == ("untrusted", False)
