"""What a file can be found by: keyed hashes of single Chinese characters, pairs and whole numbers.

The index holds HMACs and not words, so that whoever reads the database alone cannot read the
documents from it; how often a pair occurs remains visible. Names, identity numbers and telephones
are left out altogether: people are found through their own blind index.
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from baozhen.foundation.keys.keyring import get_keyring
from baozhen.foundation.masking import mask_text

TOKENS_MAX: Final = 4_000
TEXT_MAX: Final = 400_000
WORDS_MAX: Final = 12
_PURPOSE: Final = "files.words"
_RUN: Final = re.compile(r"[0-9a-z*]+|[^\W0-9_a-z*]+")
_NUMBER: Final = re.compile(r"[0-9a-z*]+")
_TAIL: Final = 6
# Shaped like an identity number, whether or not its check character is right.
_ID_SHAPED: Final = re.compile(r"[0-9]{6}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{5}[0-9x]")


def tokens_of(texts: Iterable[str], *, without: Iterable[str] = ()) -> list[int]:
    """Return the tokens of these texts, `without` the names of people in them; sorted."""
    grams: set[str] = set()
    names = [plain(name) for name in without if name]
    for text in texts:
        seen = plain(mask_text(text[:TEXT_MAX]))
        for name in names:
            seen = seen.replace(name, " ")
        grams.update(_grams(seen))
        if len(grams) > TOKENS_MAX:
            break
    return sorted(_hashes(sorted(grams)[:TOKENS_MAX]))


def asked_tokens(query: str) -> list[int]:
    """Return the tokens that every hit of the query must have; none for a query of blanks."""
    grams: set[str] = set()
    for run in _RUN.findall(plain(query))[:WORDS_MAX]:
        if _NUMBER.fullmatch(run) or len(run) == 1:
            grams.add(run)
        else:
            grams.update(_pairs(run))
    return sorted(_hashes(grams))


def plain(text: str) -> str:
    """Return the text in half-width forms and lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def _grams(text: str) -> Iterator[str]:
    for run in _RUN.findall(text):
        if not _NUMBER.fullmatch(run):
            yield from run
            yield from _pairs(run)
        elif "*" not in run and not _ID_SHAPED.fullmatch(run):
            yield run
            # ANSWERS of the house: the tail that people ask by is the last six characters.
            if len(run) > _TAIL:
                yield run[-_TAIL:]


def _pairs(run: str) -> Iterator[str]:
    for place in range(len(run) - 1):
        yield run[place : place + 2]


def _hashes(grams: Iterable[str]) -> set[int]:
    key = bytes.fromhex(get_keyring().blind_index("key", _PURPOSE))
    return {
        int.from_bytes(hmac.digest(key, gram.encode(), "sha256")[:8], "big", signed=True)
        for gram in grams
    }
