"""The house rules that a machine can check (docs/decisions/0001, STYLE)."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from baozhen.foundation.states import Stateful
from baozhen.site.wiring import whole_flow

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "baozhen"
MODULES = [p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts]
STATEFUL = [m for m in apps.get_models() if issubclass(m, Stateful)]
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
# Lists of calls, one short class a resource, and their generated twin: nothing in them to split.
LISTS = {"client/resources.py", "client/async_resources.py"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "processor"}


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_size_docstring_and_name(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert path.stem not in FORBIDDEN_NAMES
    is_short = named(path) in LISTS or source.count("\n") <= LINES_MAX
    assert is_short, "a module above 400 lines wants splitting"
    assert ast.get_docstring(tree), "every module says what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_import_of_ourselves_inside_a_function(path):
    """Such an import hides a circle."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or path.name == "apps.py":
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.ImportFrom):
                assert not (inner.module or "").startswith("baozhen"), (
                    f"{node.name}: {inner.module}"
                )


def test_no_signals_and_no_save_overrides():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert "django.dispatch" not in text, path
        assert "def save(" not in text, path


@pytest.mark.parametrize("model", STATEFUL, ids=lambda m: m.__name__)
def test_every_state_is_reachable_and_stands_in_the_flow(model):
    states = list(model.MOVES)
    # A table begins with the state in which a row is made; where there are several, BEGINS says so.
    reached = list(getattr(model, "BEGINS", states[:1]))
    for state in reached:
        reached += [to for to in model.MOVES[state] if to not in reached]
    assert set(reached) == set(states)
    facts = {f"{model.NOUN}.{state}" for state in states}
    missing = {fact for fact in facts if fact not in whole_flow()}
    assert not missing, f"{missing} not in a flow table"


def test_stateful_models_are_found():
    assert len(STATEFUL) >= 3


def test_only_the_sealing_module_reaches_signing_keys():
    """The import contract says so too; this names the file when someone finds a way round."""
    doors = re.compile(r"trust\.pdf\.sign\b|foundation\.keys\.(access|filestore|pkcs11|sdf)\b")
    rooms = ("trust/", "foundation/sealing/", "foundation/keys/")
    # The keys of the demonstration hierarchy, which production refuses.
    alone = {"signing/certificates/demonstration.py"}
    found = {named(path) for path in MODULES if doors.search(path.read_text(encoding="utf-8"))}
    assert {name for name in found if not name.startswith(rooms)} == alone
