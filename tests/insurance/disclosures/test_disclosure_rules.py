"""说明告知: every document read, everything declared, before a signature counts."""

from dataclasses import replace

import pytest

from baozhen.insurance.disclosures import rules
from baozhen.insurance.products.region_duties import all_duties, demands_code
from baozhen.insurance.proposals.intake import parse_proposal
from tests.insurance.proposal_forms import AT, car


@pytest.fixture
def proposal():
    return parse_proposal(car(), at=AT).proposal


def without(proposal, **changes):
    return replace(proposal, signature=replace(proposal.signature, **changes))


def test_there_are_seven_documents_and_six_declarations():
    assert len(rules.DOCUMENTS) == 7
    assert len(rules.DECLARATIONS) == 6


@pytest.mark.parametrize("document", rules.DOCUMENTS)
def test_each_document_counts(proposal, document):
    read = tuple(one for one in proposal.signature.documents_read if one != document)
    [fault] = rules.check_documents_read(without(proposal, documents_read=read))
    assert (fault.code, fault.path) == ("documents_not_read", "signature.documents_read")


@pytest.mark.parametrize("declaration", rules.DECLARATIONS)
def test_each_declaration_counts(proposal, declaration):
    made = tuple(one for one in proposal.signature.declarations if one != declaration)
    [fault] = rules.check_declarations(without(proposal, declarations=made))
    assert (fault.code, fault.path) == ("declarations_missing", "signature.declarations")


def test_the_code_counts_where_the_region_asks(proposal, monkeypatch, tmp_path):
    bare = without(proposal, otp_verified_at=None)
    [fault] = rules.check_signed(bare)
    assert fault.code == "code_not_verified"
    table = tmp_path / "duties.json"
    table.write_text('{"default": {}, "regions": {"11": {"code": false}, "44": {"payer": false}}}')
    monkeypatch.setenv("BAOZHEN_REGION_DUTIES", str(table))
    assert [*rules.check_signed(bare)] == []
    # What a region does not say is as everywhere else; a whole code goes before its province.
    assert [(one.region, one.code, one.payer) for one in all_duties()] == [
        ("", True, True),
        ("11", False, True),
        ("44", True, False),
    ]
    assert demands_code("440300")
    assert not demands_code("110101")


def test_what_is_missing_is_named_in_words(proposal):
    [fault] = rules.check_documents_read(without(proposal, documents_read=("proposal",)))
    assert "免责事项说明书" in fault.message
    assert "电子投保单" not in fault.message


def test_all_read_all_declared(proposal):
    assert not list(rules.check_documents_read(proposal))
    assert not list(rules.check_declarations(proposal))
    assert not list(rules.check_signed(proposal))


def test_no_signature_is_one_fault_not_three(proposal):
    unsigned = replace(proposal, signature=None)
    assert [fault.code for fault in rules.check_signed(unsigned)] == ["signature_missing"]
    assert not list(rules.check_documents_read(unsigned))
    assert not list(rules.check_declarations(unsigned))
