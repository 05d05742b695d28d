"""One table of words: what the input says, the code of the trade, the Chinese that people read."""

import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType


def _load() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    text = resources.files(__package__).joinpath("data/enumerations.json").read_text("utf-8")
    return MappingProxyType(
        {
            name: MappingProxyType({word: (code, label) for word, (code, label) in words.items()})
            for name, words in json.loads(text)["words"].items()
        }
    )


ENUMERATIONS: Mapping[str, Mapping[str, tuple[str, str]]] = _load()


def words(enumeration: str) -> frozenset[str]:
    """Return the words that the input may use, as in `words("fuel")`."""
    return frozenset(ENUMERATIONS[enumeration])


def label(enumeration: str, word: str) -> str:
    """Return the Chinese of a word: `label("fuel", "battery_electric")` is 纯电动."""
    return ENUMERATIONS[enumeration][word][1]


def trade_code(enumeration: str, word: str) -> str:
    """Return the code of the trade: `trade_code("use_nature", "family")` is 8A."""
    return ENUMERATIONS[enumeration][word][0]
