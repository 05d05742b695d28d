"""`baozhen demo`: five forms, staff and a key; twice is once. And the progress line."""

import io

import pytest

from baozhen.insurance.proposals.queries import BatchProgress
from baozhen.site.commands.progress import ProgressLine

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_demo_data_loads_once(demonstrated):
    installed, said = demonstrated
    assert "演示保单文件 35 个" in said
    assert "接口密钥：bz_" in said
    assert "查询示例：保单号 P" in said
    assert "演示签署任务：健康告知书 env_" in said
    assert len(list((installed.home / "demo").glob("*.pdf"))) == 35
    assert len(list((installed.home / "demo").glob("*.pdf.proof.json"))) == 35
    accounts = installed.home / "demo-accounts.txt"
    assert accounts.stat().st_mode & 0o077 == 0
    assert installed.run("demo").stdout == said
    assert installed.execute("SELECT count(*) FROM envelopes_question") == [(9,)]
    # A branch's officer to sign in as; a seal of brass, lent, used and asked for again; a U-key.
    assert "安全管理员：fenanquan / " in said
    assert installed.execute("SELECT kind FROM seals_seal WHERE name = '演示实物公章'") == [
        ("physical",)
    ]
    loans = "SELECT state FROM seals_sealloan ORDER BY id"
    assert installed.execute(loans) == [("returned",), ("requested",)]
    assert installed.execute("SELECT copies FROM seals_stamping") == [(2,)]
    assert installed.execute("SELECT state FROM certificates_keyrecord") == [("applied",)]
    assert installed.execute("SELECT count(DISTINCT form) FROM policies_policy") == [(5,)]
    development = installed.environment
    installed.environment = development | {"BAOZHEN_MODE": "production"}
    assert installed.run("demo").returncode != 0
    installed.environment = development


def progress(**counts):
    names = ("issued", "refused", "conflict", "failed", "policies", "chunks", "chunks_open")
    return BatchProgress(size=10, **{**dict.fromkeys(names, 0), **counts})


def test_the_progress_line_on_a_terminal_shows_rate_and_time_left():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    line = ProgressLine(total=10, stream=stream)
    line.show(progress())
    line.show(progress(issued=4, refused=1, policies=12))
    line.finish(progress(issued=9, refused=1, policies=27))
    text = stream.getvalue()
    assert "5/10" in text
    assert "个文件/秒" in text
    assert "剩余" in text
    assert "未出单 1" in text
    assert text.endswith("秒。\n")


def test_the_progress_line_elsewhere_is_quiet():
    stream = io.StringIO()
    line = ProgressLine(total=10, stream=stream)
    for _ in range(50):
        line.show(progress(issued=1))
    assert stream.getvalue() == ""
