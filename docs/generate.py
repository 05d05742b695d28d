"""Write the documents that are made from code and tests, or check that they are current.

* docs/regulation/matrix.md  from docs/regulation/requirements.csv and the tests' requirement marks
* docs/errors.md             from every refusal, fault and trust error
* docs/norms.md              from the norm register
* docs/openapi.json          from the API
"""

import argparse
import ast
import csv
import importlib
import json
import os
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import django

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = "<!-- Made by `./dev docs`; do not edit. -->\n\n"


def requirement_marks() -> dict[str, list[str]]:
    """Return requirement id -> tests that carry its mark, read from the source of the tests."""
    proofs: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(tree):
            for mark in _marks_of(node):
                for requirement in _string_arguments(mark):
                    test = getattr(node, "name", "")
                    proofs[requirement].append(f"{name}::{test}" if test else name)
    return proofs


def _marks_of(node: ast.AST) -> Iterable[ast.Call]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        found: Iterable[ast.AST] = node.decorator_list
    elif isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    ):
        found = ast.walk(node.value)
    else:
        return []
    return [
        call
        for call in found
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.requirement"
    ]


def _string_arguments(call: ast.Call) -> list[str]:
    return [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def requirements() -> list[dict[str, str]]:
    """Return the rows of the requirement list."""
    with (DOCS / "regulation" / "requirements.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["id"]]


def matrix() -> str:
    """Return the requirement matrix: each clause, its kind, and the tests that prove it."""
    proofs = requirement_marks()
    rows = requirements()
    unknown = sorted(set(proofs) - {row["id"] for row in rows})
    if unknown:
        sys.exit(f"tests name requirements that do not exist: {', '.join(unknown)}")
    proved = sum(row["id"] in proofs for row in rows)
    lines = [
        "# Requirements and their proofs\n",
        "Each row is one clause of the five source documents. A clause is proved when a test",
        "carries its mark and passes; the list of clauses is `requirements.csv` beside this file.",
        f"\nProved: {proved} of {len(rows)} rows.\n",
        "| id | demand | kind | state | proved by |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        tests = sorted(set(proofs.get(row["id"], [])))
        state = "proved" if tests else _unproved(row["kind"])
        demand = row["demand"].replace("|", "\\|")
        lines.append(f"| {row['id']} | {demand} | {row['kind']} | {state} | {_proof(tests)} |")
    return MADE + "\n".join(lines) + "\n"


def _unproved(kind: str) -> str:
    return "organisational" if kind in {"organisational", "organisational+record"} else "open"


def _proof(tests: list[str]) -> str:
    shown = [f"`{test.removeprefix('tests/')}`" for test in tests[:3]]
    if len(tests) > len(shown):
        shown.append(f"and {len(tests) - len(shown)} more")
    return "<br>".join(shown)


def error_pages() -> str:
    """Return every code that an answer, a report or a parked job can carry."""
    base = importlib.import_module("baozhen.foundation.errors")
    _import_everything()
    lines = [
        "# Error codes\n",
        "Codes are stable: a code never changes its meaning. A *refusal* is answered with 4xx and",
        "can be acted on; an *outage* with 503 and is tried again; a *fault* stands in `errors[]`",
        "of a refused proposal.\n",
        "## Refusals and outages\n",
        "| code | kind | message |",
        "|---|---|---|",
    ]
    rows = {
        f"| `{error.code}` | {_kind(error, base.Outage)} | {error.message} |"
        for error in _descendants(base.BaozhenError)
        if error.__dict__.get("code")
    }
    lines += sorted(rows)
    catalogue = importlib.import_module("baozhen.insurance.proposals.catalogue").CATALOGUE
    lines += ["\n## Faults of a proposal\n", "| code | message |", "|---|---|"]
    lines += [f"| `{code}` | {_text(entry)} |" for code, entry in sorted(catalogue.items())]
    return MADE + "\n".join(lines) + "\n"


def _kind(error: type, outage: type) -> str:
    return "outage" if issubclass(error, outage) else "refusal"


def _text(entry: object) -> str:
    return str(getattr(entry, "message", entry)).replace("|", "\\|")


def _descendants(kind: type) -> set[type]:
    return {kind} | {each for child in kind.__subclasses__() for each in _descendants(child)}


def _import_everything() -> None:
    package = importlib.import_module("baozhen")
    for module in pkgutil.walk_packages(package.__path__, "baozhen."):
        if module.name.rsplit(".", 1)[-1] == "errors":
            importlib.import_module(module.name)


def norms_page() -> str:
    """Return the norm register as a table."""
    register = importlib.import_module("baozhen.insurance.products.norms")
    lines = [
        "# Norm register\n",
        f"Version {register.register_version()}. Templates, terms and rules cite these ids. *Read*",
        "tells whether the full text was at hand when the rules were written; where it was not,",
        "obtain it before production.\n",
        "| id | title | edition | issuer | jurisdiction | read | note |",
        "|---|---|---|---|---|---|---|",
    ]
    for norm in register.norms().values():
        read = "yes" if norm.text_read else "no"
        cells = (norm.id, norm.title, norm.edition, norm.issuer, norm.jurisdiction, read, norm.note)
        lines.append(f"| {' | '.join(cells)} |")
    return MADE + "\n".join(lines) + "\n"


def openapi() -> str:
    """Return the API's description."""
    description = importlib.import_module("baozhen.faces.api.urls").openapi_document()
    return json.dumps(description, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(prog="./dev docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is not current")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baozhen.site.settings")
    django.setup()
    pages = {
        "regulation/matrix.md": matrix(),
        "errors.md": error_pages(),
        "norms.md": norms_page(),
        "openapi.json": openapi(),
    }
    stale = []
    for name, text in pages.items():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not chosen.check:
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")
    if chosen.check and stale:
        print(f"not current, run ./dev docs: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
