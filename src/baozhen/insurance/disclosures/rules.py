"""The gate's rules about 说明告知: signed, after every document was read, everything declared."""

from collections.abc import Iterator

from baozhen.insurance.products.enumerations import ENUMERATIONS, label
from baozhen.insurance.products.region_duties import demands_code, region_of_branch
from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import Fault, fault

# S0-4.2.4b1: the proposal itself and the six files combined with it.
DOCUMENTS = tuple(ENUMERATIONS["document"])
DECLARATIONS = tuple(ENUMERATIONS["declaration"])


def check_signed(proposal: ProposalData) -> Iterator[Fault]:
    """The policyholder has signed, and passed the code where the region asks (c1, d1, d6)."""
    if proposal.signature is None:
        yield fault("signature_missing", "signature")
    elif proposal.signature.otp_verified_at is None and demands_code(
        region_of_branch(proposal.branch.code)
    ):
        yield fault("code_not_verified", "signature.otp_verified_at")


def check_documents_read(proposal: ProposalData) -> Iterator[Fault]:
    """All seven documents were read to the end (S0-4.2.4b1, b2; 保险法 第十七条)."""
    if proposal.signature is not None:
        read = set(proposal.signature.documents_read)
        missing = [label("document", one) for one in DOCUMENTS if one not in read]
        if missing:
            names = "、".join(missing)
            yield fault("documents_not_read", "signature.documents_read", names=names)


def check_declarations(proposal: ProposalData) -> Iterator[Fault]:
    """Each of the six declarations was confirmed on its own."""
    if proposal.signature is not None:
        made = set(proposal.signature.declarations)
        missing = [label("declaration", one) for one in DECLARATIONS if one not in made]
        if missing:
            names = "、".join(missing)
            yield fault("declarations_missing", "signature.declarations", names=names)
