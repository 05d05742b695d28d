"""Which requests the front server lets through: an allow-list; all else does not exist."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

DEFAULT: Final = Path(__file__).with_name("routes.json")
PATH_CHARACTERS_MAX: Final = 1_000
# Two readers of one path must not see two paths: encoded separators, dots and backslashes,
# empty segments and parameters are refused before any route is asked.
_AMBIGUOUS: Final = re.compile(r"%(?:2f|5c|2e|00|25|3b)|\\|//|/\.{1,2}(?:/|$)|;", re.IGNORECASE)


@dataclass(frozen=True)
class Route:
    """One kind of request that is let through; the whole path must fit."""

    methods: frozenset[str]
    path: re.Pattern[str]


def read_routes(path: Path = DEFAULT, *, partners: bool = True) -> tuple[Route, ...]:
    """Return the routes of a file; raises ValueError for one that is not an allow-list.

    Routes marked `"partners": true` lead companies outside to their pages; they can be left out.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path}: 应为路由列表")
    routes = [(_route(entry), bool(entry.get("partners", False))) for entry in entries]
    return tuple(route for route, is_partners in routes if partners or not is_partners)


def is_allowed(routes: Sequence[Route], method: str, raw_path: str) -> bool:
    """Tell whether a request is let through; `raw_path` is the path as it came, unescaped."""
    if not raw_path.startswith("/") or len(raw_path) > PATH_CHARACTERS_MAX:
        return False
    if _AMBIGUOUS.search(raw_path) or not raw_path.isascii() or not raw_path.isprintable():
        return False
    path = unquote(raw_path, errors="replace")
    return any(method in route.methods and route.path.fullmatch(path) for route in routes)


def _route(entry: Any) -> Route:
    try:
        methods = frozenset(str(method) for method in entry["methods"])
        return Route(methods, re.compile(str(entry["path"])))
    except (KeyError, TypeError, re.error) as error:
        raise ValueError(f"路由有误：{entry!r:.80}") from error
