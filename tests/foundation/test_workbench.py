"""Uploads are worked on in a process of their own: the same results, errors and hard limits."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baozhen.foundation import workbench
from baozhen.foundation.workbench import (
    WorkLimits,
    compare_in_subprocess,
    find_keywords_in_subprocess,
    pack,
    prepare_in_subprocess,
    read_mark_in_subprocess,
    run,
    unpack,
)
from baozhen.trust.errors import LintError, ParseError, TrustError
from baozhen.trust.pdf.compare import NotComparable
from baozhen.trust.pdf.marks import CopyMark, MarkedCopies, MarkMissing
from baozhen.trust.pdf.positions import KeywordMissing, find_keywords
from baozhen.trust.pdf.prepare import PrepareLimits, prepare
from tests import pdfs
from tests.pki import NOW


def test_the_child_prepares_the_same_bytes():
    assert prepare_in_subprocess(pdfs.plain(2)) == prepare(pdfs.plain(2))


def test_reasons_of_refusal_come_back():
    with pytest.raises(LintError, match="已有电子签名"):
        prepare_in_subprocess(pdfs.signed())
    with pytest.raises(LintError, match="页数超过 1"):
        prepare_in_subprocess(pdfs.plain(2), limits=PrepareLimits(pages_max=1))
    with pytest.raises(LintError, match="不是可以读取的"):
        prepare_in_subprocess(b"rubbish")


def test_keywords_are_found():
    assert find_keywords_in_subprocess(pdfs.plain(), "号牌号码") == find_keywords(
        pdfs.plain(), "号牌号码"
    )
    assert find_keywords_in_subprocess(pdfs.plain(), "没有这个词") == []
    with pytest.raises(KeywordMissing, match="应为 1 至"):
        find_keywords_in_subprocess(pdfs.plain(), " ")


def test_documents_are_compared():
    work = compare_in_subprocess(pdfs.plain(), pdfs.signed())
    assert work.values["is_alike"] is False
    assert [file[:4] for file in work.files] == [b"\x89PNG"]
    without = compare_in_subprocess(pdfs.plain(), pdfs.signed(), with_sheets=False)
    assert (without.values, without.files) == (work.values, ())
    for which, pair in enumerate([(b"x", pdfs.plain()), (pdfs.plain(), b"x")]):
        with pytest.raises(NotComparable) as refused:
            compare_in_subprocess(*pair)
        assert refused.value.which == which


def test_marks_are_read():
    mark = CopyMark("测试伟", NOW, "act_1")
    copy = MarkedCopies(pdfs.FONTS).black_seal_copy(pdfs.plain(), mark)
    assert read_mark_in_subprocess(copy) == mark
    with pytest.raises(MarkMissing):
        read_mark_in_subprocess(pdfs.plain())


ANYTHING = {"bytes_max": 9**9, "pages_max": 9}


def test_limits_hold():
    """The same task is done within the usual limits, and not beyond narrower ones."""
    assert run("prepare", (pdfs.plain(),), ANYTHING).files
    with pytest.raises(TrustError):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(memory_bytes_max=80_000_000))
    with pytest.raises(ParseError, match="异常结束"):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(output_bytes_max=100))
    with pytest.raises(ParseError, match="已中止"):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(wall_seconds_max=0.001))
    with pytest.raises(LintError, match="文件超过"):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(input_bytes_max=100))


@pytest.mark.parametrize("message", [b"", b"\0\0\0\x02{}", b"\0\0\0\x0c" + b'{"sizes":[]}x'])
def test_a_broken_answer_is_an_error(message):
    with pytest.raises(ParseError):
        unpack(message)
    assert unpack(pack({"a": 1}, (b"x", b"yz"))) == ({"a": 1}, (b"x", b"yz"))


def test_the_mother_lives_on_and_splits_off_a_child_for_each_work():
    prepare_in_subprocess(pdfs.plain())
    mother = workbench._mother._process
    assert run("prepare", (pdfs.plain(),), ANYTHING).files
    with pytest.raises(ParseError, match="异常结束"):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(cpu_seconds_max=0))
    assert prepare_in_subprocess(pdfs.plain()).data
    assert workbench._mother._process is mother
    assert mother.poll() is None


def test_works_go_side_by_side():
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(prepare_in_subprocess, [pdfs.plain(2)] * 4))
    assert {one.sha256 for one in made} == {prepare(pdfs.plain(2)).sha256}


def test_a_mother_that_died_is_replaced():
    prepare_in_subprocess(pdfs.plain())
    workbench._mother._process.kill()
    workbench._mother._process.wait()
    assert prepare_in_subprocess(pdfs.plain()).data
    workbench._mother.end()
    assert workbench._mother._process is None


def test_no_child_is_left_behind():
    with pytest.raises(ParseError, match="已中止"):
        run("prepare", (pdfs.plain(),), ANYTHING, limits=WorkLimits(wall_seconds_max=0.001))
    mother = workbench._mother._process.pid
    children = Path(f"/proc/{mother}/task/{mother}/children")
    for _ in range(100):
        if not children.read_text().split():
            break
        time.sleep(0.05)
    assert children.read_text().split() == []


def test_what_comes_after_the_deadline_is_not_heard():
    """Else a child that always has more to say would be listened to as long as it speaks."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"late")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(TimeoutError):
            workbench._exchange(ours, b"", time.monotonic() - 1, WorkLimits())
        assert workbench._exchange(ours, b"", time.monotonic() + 60, WorkLimits()) == b"late"
