"""The language of conditions: `kind = "团体" and people >= 3 or is_urgent = true`.

A field, an operator, a value; `and` binds stronger than `or`; nothing else exists, nothing is
evaluated as a program.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

CONDITION_CHARACTERS_MAX = 300
Value = str | float | bool
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\"|“[^”]*”)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<operator>!=|>=|<=|=|>|<)|(?P<word>[A-Za-z_]\w*))",
    re.ASCII,
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
}
_TERM = 3  # tokens: field, operator, value


class ConditionInvalid(ValueError):
    """The text is not a condition; the message says why, in Chinese."""


@dataclass(frozen=True)
class Term:
    """One comparison."""

    field: str
    operator: str
    value: Value

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it holds; a missing value only differs from everything."""
        found = values.get(self.field)
        if self.operator in {"=", "!="}:
            return _COMPARE[self.operator](found, self.value)
        is_number = isinstance(self.value, int | float) and isinstance(found, int | float)
        is_text = isinstance(self.value, str) and isinstance(found, str)
        return (is_number or is_text) and _COMPARE[self.operator](found, self.value)


@dataclass(frozen=True)
class Condition:
    """Any of several groups whose terms all hold."""

    groups: tuple[tuple[Term, ...], ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields it looks at."""
        return frozenset(term.field for group in self.groups for term in group)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it holds for these values."""
        return any(all(term.holds(values) for term in group) for group in self.groups)


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Condition:
    """Return the condition, or raise ConditionInvalid."""
    if len(text) > CONDITION_CHARACTERS_MAX:
        raise ConditionInvalid(f"条件不能超过 {CONDITION_CHARACTERS_MAX} 个字符")
    tokens = _tokens(text)
    groups: list[list[Term]] = [[]]
    while tokens:
        groups[-1].append(_term(tokens[:_TERM]))
        tokens = tokens[_TERM:]
        if not tokens:
            break
        kind, joint = tokens.pop(0)
        if kind != "word" or joint not in {"and", "or"} or not tokens:
            raise ConditionInvalid("比较之间应以 and 或 or 连接")
        if joint == "or":
            groups.append([])
    if not groups[0]:
        raise ConditionInvalid("条件为空")
    return Condition(tuple(tuple(group) for group in groups))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise ConditionInvalid(f"看不懂“{text[position : position + 12].strip()}”")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return found


def _term(tokens: Sequence[tuple[str, str]]) -> Term:
    if [kind for kind, _ in tokens[:2]] != ["word", "operator"] or len(tokens) < _TERM:
        raise ConditionInvalid("比较应写作：域 运算符 值，如 people >= 3")
    return Term(tokens[0][1], tokens[1][1], _value(*tokens[2]))


def _value(kind: str, text: str) -> Value:
    if kind == "text":
        return text[1:-1]
    if kind == "number":
        return float(text) if "." in text else int(text)
    if kind == "word" and text in {"true", "false"}:
        return text == "true"
    raise ConditionInvalid("值应为数字、true、false 或引号里的文字")
