"""The search of the file centre among a million files, asked as the pages ask it.

The rows are made by SQL, with words as unevenly spread as words are: word k is about as frequent
as 1/k, so a few stand in nearly every file and most in very few.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from baozhen.foundation.clock import now
from baozhen.signing.files.search import Wanted, find_files
from baozhen.signing.files.services.registering import party_key
from baozhen.signing.files.words import asked_tokens
from baozhen.signing.organizations.queries import root_unit
from baozhen.signing.organizations.services.units import UnitFacts, create_unit
from baozhen.signing.organizations.states import UnitKind
from bench.figures import Figure, quantile

SECONDS_MAX = 0.2
_WORDS = 20_000
_WORDS_A_FILE = 40
_PARTIES = 2_000
_TYPES = 12
_BRANCHES = 20
_ROUNDS = 40
_PAGE = 51
_SECONDS_APART = 37  # a million files are a good year
_ITEMS = """
INSERT INTO files_archiveitem (dossier, kind, subject_type, subject_id, sha256, size, media_type,
  archived_at, retain_until, retention_rule)
SELECT 'bench' || n, 'envelope', 'bench', n, md5(n::text) || md5('b' || n), 30000,
  'application/pdf', now(), '2040-01-01', 'bench' FROM generate_series(1, %s) n
"""
# Half of the files are head office's, the rest is shared by the branches.
_ENTRIES = """
INSERT INTO files_fileentry (public_id, item_id, unit_id, title, document_type, channel, client,
  biz_no, envelope, sha256, size, signatures, party_index, tokens, signed_at, registered_at,
  is_living)
SELECT 'file_bench' || item.id, item.id,
  (%(units)s::bigint[])[1 + greatest(0, item.id %% (2 * %(branches)s) - %(branches)s)],
  '投保单', 'type' || item.id %% %(types)s, 'api', 'api:bench',
  'BIZ' || item.id, '', item.sha256, item.size, 1,
  (%(parties)s::varchar[])[1 + item.id %% %(party_count)s : 1 + item.id %% %(party_count)s],
  ARRAY(SELECT (%(words)s::bigint[])[1 + floor(power(%(word_count)s - 1, random()))::int]
        FROM generate_series(1, %(words_a_file)s) WHERE item.id > 0),
  %(at)s::timestamptz - item.id * %(apart)s * interval '1 second', now(), true
FROM files_archiveitem item WHERE item.subject_type = 'bench'
"""


@dataclass(frozen=True)
class _Question:
    name: str
    wanted: Callable[[int], Wanted]
    is_branch: bool = False


def measure(rows: int) -> list[Figure]:
    """Make the files in this installation, ask every kind of question, say the slowest times."""
    at = now()
    units = _units()
    began = time.perf_counter()
    _make(rows, units, at=at)
    made = time.perf_counter() - began
    figures = [Figure(name=f"造 {rows:,} 份文件的登记", value=made, unit="秒")]
    every: list[float] = []
    for question in _questions(at):
        seen = units[-1:] if question.is_branch else units
        times = [_seconds(question.wanted(number), seen) for number in range(_ROUNDS)]
        every += times
        figures.append(
            Figure(name=f"　{question.name}，p95", value=quantile(times, 0.95) * 1000, unit="毫秒")
        )
    worst = Figure(
        name=f"{rows:,} 份文件中查询，p95",
        value=quantile(every, 0.95) * 1000,
        unit="毫秒",
        at_most=SECONDS_MAX * 1000,
    )
    return [worst, *figures]


def _units() -> list[int]:
    root = root_unit()
    branches = [
        create_unit(
            UnitFacts(name=f"测试分公司{number}", kind=UnitKind.BRANCH, parent=root),
            actor="bench",
            at=now(),
        )
        for number in range(_BRANCHES)
    ]
    return [root.pk, *(branch.pk for branch in branches)]


def _make(rows: int, units: list[int], *, at: datetime) -> None:
    facts = {
        "units": units,
        "branches": _BRANCHES,
        "types": _TYPES,
        "parties": [party_key(_party(number)) for number in range(_PARTIES)],
        "party_count": _PARTIES,
        "words": [asked_tokens(_word(number))[0] for number in range(1, _WORDS + 1)],
        "word_count": _WORDS,
        "words_a_file": _WORDS_A_FILE,
        "apart": _SECONDS_APART,
        "at": at,
    }
    with connection.cursor() as cursor:
        # Indexes that are made at the end are made much faster.
        cursor.execute("DROP INDEX files_entry_words, files_entry_parties")
        cursor.execute(_ITEMS, [rows])
        cursor.execute(_ENTRIES, facts)
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute("CREATE INDEX files_entry_words ON files_fileentry USING gin (tokens)")
        cursor.execute(
            "CREATE INDEX files_entry_parties ON files_fileentry USING gin (party_index)"
        )
        cursor.execute("VACUUM ANALYZE files_fileentry")


def _questions(at: datetime) -> list[_Question]:
    month = {"since": at - timedelta(days=60), "until": at - timedelta(days=30)}

    def words(*numbers: int) -> str:
        return " ".join(map(_word, numbers))

    return [
        _Question("两个常见的词", lambda n: Wanted(words=words(1 + n % 4, 5 + n))),
        _Question("两个中等的词", lambda n: Wanted(words=words(100 + 7 * n, 130 + 11 * n))),
        _Question("一个中等的词", lambda n: Wanted(words=words(60 + 9 * n))),
        _Question("一个罕见的词", lambda n: Wanted(words=words(9_000 + 97 * n))),
        _Question("三个词", lambda n: Wanted(words=words(10 + n, 300 + 7 * n, 2_000 + 13 * n))),
        _Question(
            "词、类型和月份",
            lambda n: Wanted(words=words(80 + 5 * n), document_type=_type(n), **month),
        ),
        _Question(
            "常见的词、类型和月份",
            lambda n: Wanted(words=words(1 + n), document_type=_type(n), **month),
        ),
        _Question("当事人", lambda n: Wanted(party=_party(37 * n))),
        _Question("当事人和词", lambda n: Wanted(party=_party(37 * n), words=words(1 + n))),
        _Question("业务编号", lambda n: Wanted(number=f"BIZ{1 + 9_973 * n}")),
        _Question("类型和月份", lambda n: Wanted(document_type=_type(n), **month)),
        _Question("最新的一页", lambda n: Wanted()),
        _Question("分公司：常见的词", lambda n: Wanted(words=words(1 + n)), is_branch=True),
        _Question("分公司：罕见的词", lambda n: Wanted(words=words(9_000 + n)), is_branch=True),
        _Question("分公司：当事人", lambda n: Wanted(party=_party(37 * n)), is_branch=True),
    ]


def _seconds(wanted: Wanted, units: list[int]) -> float:
    began = time.perf_counter()
    list(find_files(wanted, units=units)[:_PAGE])
    return time.perf_counter() - began


def _word(number: int) -> str:
    return f"w{number}"


def _party(number: int) -> str:
    return f"测试当事人{number}"


def _type(number: int) -> str:
    return f"type{number % _TYPES}"
