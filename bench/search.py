"""Measures the search of the file centre among a million files.

Run as `python -m bench.search [--rows N] [--rounds N]` in a database of its own: it makes the rows
by SQL, with tokens as unevenly spread as words are, measures, and rolls everything back.
"""

import argparse
import statistics
import time
from datetime import UTC, datetime

import django
from django.db import connection, transaction

TOKENS = 40
_ITEMS = """
INSERT INTO files_archiveitem (dossier, kind, subject_type, subject_id, sha256, size, media_type,
  archived_at, retain_until, retention_rule)
SELECT 'bench' || n, 'envelope', 'bench', n, md5(n::text) || md5('b' || n), 30000,
  'application/pdf', now(), '2040-01-01', 'bench' FROM generate_series(1, %s) n
"""
# Word k is about as frequent as 1/k: a few stand in nearly every file, most in very few.
_ENTRIES = """
INSERT INTO files_fileentry (public_id, item_id, unit_id, title, document_type, channel, client,
  biz_no, envelope, sha256, size, signatures, party_index, tokens, signed_at, registered_at,
  is_living)
SELECT 'file_bench' || item.id, item.id, %s, '投保单', 'type' || item.id %% 12, 'api', 'api:bench',
  'BIZ' || item.id, '', item.sha256, item.size, 1, ARRAY[md5('p' || item.id %% 200000)],
  ARRAY(SELECT power(20000, random())::bigint FROM generate_series(1, %s) WHERE item.id > 0),
  now() - item.id * interval '37 seconds', now(), true
FROM files_archiveitem item WHERE item.subject_type = 'bench'
"""


def main() -> None:
    """Make the rows, measure every kind of question, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    args = parser.parse_args()
    django.setup()
    measure(args.rows, args.rounds)


def measure(rows: int, rounds: int) -> None:
    """Do it inside one transaction that is rolled back."""
    with transaction.atomic():
        unit = _make(rows)
        for name, condition, values in _questions(rounds):
            times = sorted(_seconds(condition, value, unit) for value in values)
            p95 = times[min(len(times) - 1, int(len(times) * 0.95))]
            print(f"{name}: p50 {statistics.median(times) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")
        transaction.set_rollback(True)


def _make(rows: int) -> int:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM organizations_orgunit")
        unit = int(cursor.fetchone()[0])
        cursor.execute("DROP INDEX files_entry_words, files_entry_parties")
        cursor.execute(_ITEMS, [rows])
        cursor.execute(_ENTRIES, [unit, TOKENS])
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("CREATE INDEX files_entry_words ON files_fileentry USING gin (tokens)")
        cursor.execute(
            "CREATE INDEX files_entry_parties ON files_fileentry USING gin (party_index)"
        )
        cursor.execute("ANALYZE files_fileentry")
    print(f"{rows} files made in {time.perf_counter() - started:.0f} s")
    return unit


def _questions(rounds: int) -> list[tuple[str, str, list[list[object]]]]:
    words = "tokens @> %s::bigint[]"
    return [
        ("two frequent words", words, [[[1 + n % 4, 5 + n]] for n in range(rounds)]),
        ("two middling words", words, [[[100 + 7 * n, 130 + 11 * n]] for n in range(rounds)]),
        ("one middling word", words, [[[60 + 9 * n]] for n in range(rounds)]),
        ("one rare word", words, [[[9_000 + 97 * n]] for n in range(rounds)]),
        ("three words", words, [[[10 + n, 300 + 7 * n, 2_000 + 13 * n]] for n in range(rounds)]),
        (
            "word, type and month",
            f"{words} AND document_type = %s AND signed_at > %s",
            [
                [[80 + 5 * n], f"type{n % 12}", datetime(2026, 10, 1, tzinfo=UTC)]
                for n in range(rounds)
            ],
        ),
        (
            "party",
            "party_index @> ARRAY[md5('p' || %s)]::varchar[]",
            [[n * 977] for n in range(rounds)],
        ),
    ]


def _seconds(condition: str, values: list[object], unit: int) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            # The condition is one of the two constants above.
            "SELECT id, title, signed_at FROM files_fileentry WHERE is_living AND unit_id = ANY(%s)"  # noqa: S608
            f" AND {condition} ORDER BY signed_at DESC, id DESC LIMIT 51",
            [[unit], *values],
        )
        cursor.fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
