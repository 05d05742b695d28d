"""Attacks on signed documents: each gets its verdict, at the step that must notice it."""

import pytest

from baozhen.trust.report import CheckResult, Step, Verdict
from baozhen.trust.verify import inspect
from tests import pdfs
from tests.attacks import ATTACKS, Attack, replace_content, revision_ends, single_sm2, strip_rsa
from tests.pki import NOW


def answer(data: bytes, **more: object):
    return inspect(
        data,
        anchors=pdfs.anchors(),
        at=NOW,
        revocation=pdfs.revocation(),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.requirement("S0-7.1.1")
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_gets_its_verdict_at_its_step(attack: Attack):
    report = answer(attack.forge(pdfs.signed()))
    assert report.verdict in attack.verdicts, report.checks
    if attack.step:
        assert report.checks[attack.step - 1].result is CheckResult.FAILED, report.checks


def test_the_genuine_file_that_all_attacks_start_from_is_genuine():
    assert answer(pdfs.signed()).verdict is Verdict.GENUINE


def test_a_stripped_file_is_itself_a_well_signed_file():
    """The danger: without the mark and the register nothing would be wrong with it."""
    report = answer(strip_rsa(pdfs.signed()))
    failed = [check.step for check in report.checks if check.result is CheckResult.FAILED]
    assert failed == [Step.BOTH_ALGORITHMS]
    assert report.signatures[0].valid
    assert report.signatures[0].trusted


def test_the_register_notices_that_a_signature_is_gone_from_a_file_without_a_mark():
    assert answer(single_sm2()).verdict is Verdict.GENUINE
    assert answer(single_sm2(), expected_dual=True).verdict is Verdict.TAMPERED


def test_replaced_content_really_is_what_a_reader_would_show():
    """The danger: the forged file opens without complaint and shows the forged content."""
    pdfium = pytest.importorskip("pypdfium2")
    shown = pdfium.PdfDocument(replace_content(pdfs.signed()))
    genuine = pdfium.PdfDocument(pdfs.signed())
    assert "肆仟贰佰叁拾伍元" in genuine[0].get_textpage().get_text_range()
    assert "肆仟贰佰叁拾伍元" not in shown[0].get_textpage().get_text_range()


@pytest.mark.requirement("S0-3.8")
def test_every_sampled_byte_counts():
    data = pdfs.signed(stamped=True)
    positions = {*range(0, len(data), 97), *_delicate_positions(data)}
    for position in sorted(positions):
        forged = bytearray(data)
        forged[position] ^= 1 << position % 8
        assert answer(bytes(forged)).verdict is not Verdict.GENUINE, position


def _delicate_positions(data: bytes) -> set[int]:
    """Ends of gaps, ends of revisions, tables and trailers: where bytes are easily forgotten."""
    ends = revision_ends(data)
    tables = [data.rindex(b"xref\n0", 0, ends[0] - 200)] if b"xref\n0" in data else []
    spots = [*ends, *tables, data.rindex(b"trailer"), data.index(b"/ByteRange")]
    return {
        position
        for spot in spots
        for position in range(spot - 12, spot + 12, 3)
        if 0 <= position < len(data)
    }
