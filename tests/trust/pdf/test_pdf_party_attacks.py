"""Attacks on documents of several parties; beside each safeguard stands the danger it meets."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import pytest

from baozhen.trust.pdf.parties import Mark, Party, PartyOrder, sign_for_party, signable
from baozhen.trust.pdf.reader import open_pdf
from baozhen.trust.pdf.rendering import page_pictures
from baozhen.trust.pdf.sign import SigningIdentity
from baozhen.trust.report import Report, Step, Verdict
from baozhen.trust.verify import inspect
from baozhen.trust.x509.names import build_name
from tests import attacks, pdfs
from tests.pki import NOW, ORGANIZATION, certify, family

PLACE = (400.0, 60.0, 505.0, 165.0)
BOTH = (ORGANIZATION, "测试伟")


@lru_cache(maxsize=8)
def person(name: str = "测试伟", serial: int = 700) -> Party:
    made = {}
    for place, kind in enumerate(("sm2", "rsa")):
        subject = build_name(common_name=name, organization=name)
        one = certify(family(kind).issuing, serial=serial + place, subject=subject)
        made[kind] = SigningIdentity(one.certificate, one.chain, one.signer)
    return Party(name, **made)


def insurer(of: str = "ours") -> Party:
    return Party(ORGANIZATION, **pdfs.identities(of))


def sign(data: bytes, party: Party, field: str, *marks: Mark, minutes: int = 0) -> bytes:
    order = PartyOrder(field, NOW + timedelta(minutes=minutes), "签署", marks)
    return sign_for_party(signable(data), party, order)


@lru_cache(maxsize=1)
def one() -> bytes:
    return sign(pdfs.plain(), insurer(), "P1", Mark(pdfs.seal_png(), PLACE))


@lru_cache(maxsize=1)
def two() -> bytes:
    return sign(one(), person(), "P2", Mark(pdfs.seal_png(), (60, 60, 160, 110)), minutes=3)


def judged(data: bytes, signers: tuple[str, ...] | None = None) -> Report:
    trust = replace(pdfs.anchors(), expected_signers=signers)
    at = NOW + timedelta(hours=1)
    return inspect(data, anchors=trust, at=at, revocation=pdfs.revocation())


def failed(report: Report) -> set[int]:
    return {check.step for check in report.checks if check.result == "failed"}


def test_the_genuine_file_is_genuine_also_when_the_register_names_its_signers():
    assert judged(two()).verdict is Verdict.GENUINE
    assert judged(two(), BOTH).verdict is Verdict.GENUINE


def test_pdfsig_finds_every_partys_rsa_signature_valid(tmp_path):
    """An independent reader, also where marks stand on several pages and over all edges."""
    tool = shutil.which("pdfsig")
    if tool is None:
        pytest.skip("pdfsig is not installed")
    seal = pdfs.seal_png()
    marks = (Mark(seal, PLACE, page=2), Mark(seal, PLACE, is_riding=True), Mark(seal, PLACE))
    first = sign(pdfs.plain(3), insurer(), "P1", *marks)
    (tmp_path / "a.pdf").write_bytes(sign(first, person(), "P2", Mark(seal, PLACE, page=1)))
    told = subprocess.run(
        [tool, "-nocert", "a.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    fields = {
        re.search("Field Name: (.+)", part)[1]: part for part in told.split("Signature #")[1:]
    }
    for name in ("P1-RSA", "P2-RSA"):
        assert "Signature Validation: Signature is Valid." in fields[name], told
    assert "Total document signed" in fields["P2-RSA"]


# Attacks that need the fields of a file sealed by one organisation alone.
OWN_FIELDS = {
    "change the look of the seal",
    "drop the SM2 field",
    "strip both signatures",
    "strip and forget the mark",
    "a stranger replaces the RSA signature",
    "a stranger signs all anew",
}


@pytest.mark.requirement("S2-L160.b2")
@pytest.mark.parametrize("name", sorted(attacks.ATTACKS.keys() - OWN_FIELDS))
def test_every_known_attack_fails_on_files_of_two_parties(name):
    attack = attacks.ATTACKS[name]
    report = judged(attack.forge(two()))
    assert report.verdict in attack.verdicts, report.to_json()


class TestStrangers:
    def test_a_strangers_extra_signature(self):
        report = judged(sign(two(), insurer("stranger"), "P3", minutes=5))
        assert report.verdict is Verdict.UNTRUSTED
        assert failed(report) == {Step.CHAIN}

    def test_a_stranger_in_the_place_of_the_second_party(self):
        assert judged(sign(one(), insurer("stranger"), "P2", minutes=5)).verdict is (
            Verdict.UNTRUSTED
        )

    def test_somebody_trusted_who_was_not_asked(self):
        """The danger: without a register a further party passes, named. The register knows."""
        forged = sign(two(), person("测试闯", 720), "P3", minutes=5)
        free = judged(forged)
        assert free.verdict is Verdict.GENUINE
        assert "测试闯" in free.to_json()
        report = judged(forged, BOTH)
        assert report.verdict is Verdict.UNTRUSTED
        assert failed(report) == {Step.SIGNER}

    def test_a_party_that_is_missing(self):
        """The danger: the file as it was before the second party signed is true. The register."""
        assert judged(one()).verdict is Verdict.GENUINE
        report = judged(one(), BOTH)
        assert report.verdict is Verdict.UNTRUSTED
        assert failed(report) == {Step.SIGNER}


class TestCutting:
    def ends(self, data: bytes) -> list[int]:
        return [match.end() for match in re.finditer(rb"%%EOF\n", data)]

    def test_the_last_signature_cut_off(self):
        ends = self.ends(two())
        report = judged(two()[: ends[-2]])
        assert report.verdict is Verdict.TAMPERED
        assert failed(report) == {Step.BOTH_ALGORITHMS}

    def test_cut_off_and_signed_over_by_another_trusted_party(self):
        cut = two()[: self.ends(two())[-2]]
        report = judged(_sign_unchecked(cut, person("测试闯", 720), "P3"))
        assert report.verdict is Verdict.TAMPERED
        assert "P2 缺少 rsa-sha256" in report.to_json()

    def test_a_policy_of_one_insurer_cannot_be_made_one_of_parties(self):
        """An RSA signature cut off a sealed policy is not replaced by any trusted party's."""
        policy = pdfs.signed()
        cut = policy[: self.ends(policy)[-2]]
        report = judged(_sign_unchecked(cut, person(), "P2"))
        assert report.verdict is Verdict.TAMPERED
        assert Step.BOTH_ALGORITHMS in failed(report)

    def test_nor_may_anybody_sign_behind_it(self):
        report = judged(_sign_unchecked(pdfs.signed(), person(), "P2"))
        assert report.verdict is Verdict.UNTRUSTED
        assert failed(report) == {Step.SIGNER}


class TestSwapping:
    def test_the_waiting_field_filled_with_another_persons_key(self):
        cut = two()[: TestCutting().ends(two())[-2]]
        file = open_pdf(cut)
        number = _field(cut, "P2-RSA")
        base = attacks.base_of(cut)
        body = attacks.raw_object(cut, number)
        filled = body[: body.rindex(b">>")] + b"/V %d 0 R>>" % base.size
        assert file.object(number)
        other = person("测试闯", 720).rsa
        report = judged(attacks.fill(base, {number: filled}, base.size, other))
        assert report.verdict is not Verdict.GENUINE
        assert Step.BOTH_ALGORITHMS in failed(report)

    def test_the_parties_in_another_order_are_another_file(self):
        first = sign(pdfs.plain(), person(), "P2")
        both = sign(first, insurer(), "P1", minutes=3)
        assert judged(both, BOTH).verdict is Verdict.GENUINE
        assert both[: len(first)] != two()[: len(first)]


def _field(data: bytes, name: str) -> int:
    file = open_pdf(data)
    form = file.dictionary(file.catalog["AcroForm"], "form")
    for item in file.array(form["Fields"], "fields"):
        if file.dictionary(item, "field").get("T") == name.encode():
            return item.number
    raise AssertionError(name)


def _sign_unchecked(data: bytes, party: Party, field: str) -> bytes:
    """What an attacker's own program does: sign without asking whether one may."""
    from baozhen.trust.pdf import parties
    from baozhen.trust.pdf.pages import seen_pages

    file = open_pdf(data)
    document = parties.SignablePdf(data, file, seen_pages(file), parties._SEAL)
    return sign_for_party(document, party, PartyOrder(field, NOW + timedelta(minutes=9), "签署"))


class TestContentOverAndUnder:
    """Shadow attacks: something is put over, under or in place of what was signed."""

    def looks(self, data: bytes) -> bytes:
        return next(iter(page_pictures(data, dots_per_inch=50))).tobytes()

    @pytest.mark.parametrize("signed", [one, two])
    def test_content_replaced(self, signed):
        forged = attacks.replace_content(signed())
        assert self.looks(forged) != self.looks(signed())  # the danger: readers show it
        assert judged(forged).verdict is Verdict.TAMPERED

    @pytest.mark.parametrize("signed", [one, two])
    def test_an_overlay_added(self, signed):
        forged = attacks.add_annotation(signed())
        assert judged(forged).verdict is Verdict.TAMPERED

    def test_an_overlay_added_and_signed_over_by_a_trusted_party(self):
        forged = _sign_unchecked(attacks.replace_content(one()), person(), "P2")
        assert self.looks(forged) != self.looks(one())
        report = judged(forged)
        assert report.verdict is Verdict.TAMPERED
        assert Step.CHANGES in failed(report)

    def test_another_seal_in_an_old_field(self):
        """The look of an earlier party's seal is exchanged in an update."""
        data = two()
        widget = next(
            number
            for number in range(1, open_pdf(data).trailer["Size"])
            if b"/AP<<" in attacks.raw_object(data, number)[:400]
        )
        body = re.sub(rb"/Rect\[[^\]]*\]", b"/Rect[0 0 595 842]", attacks.raw_object(data, widget))
        forged = attacks.append_objects(data, {widget: body})
        assert self.looks(forged) != self.looks(data)
        assert judged(forged).verdict is Verdict.TAMPERED

    def test_a_hidden_object_brought_to_light(self):
        """Hide and replace: an update redefines an object that signed objects refer to."""
        data = two()
        page = attacks.first_page(data)
        body = attacks.raw_object(data, page).replace(b"/Contents", b"/Hidden", 1)
        forged = attacks.append_objects(data, {page: body})
        assert judged(forged).verdict is Verdict.TAMPERED


def test_flags_and_names_of_fields_cannot_change():
    data = two()
    number = _field(data, "P1-RSA")
    body = attacks.raw_object(data, number).replace(b"(P1-RSA)", b"(P9-RSA)")
    assert judged(attacks.append_objects(data, {number: body})).verdict is Verdict.TAMPERED
