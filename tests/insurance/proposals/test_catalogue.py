"""Every code that the rules can give stands in the catalogue, and nothing else does."""

import ast
import re
from pathlib import Path
from string import Formatter

import baozhen.insurance
from baozhen.insurance.proposals.catalogue import CATALOGUE

ROOT = Path(baozhen.insurance.__file__).parent
STAGES = ("parties", "proposals", "disclosures", "payments", "policies")
GIVERS = {"Unfit", "fault", "add", "warn"}


def codes_in_the_rules():
    """Return every text constant of the rules that looks like a code of the catalogue."""
    found = set()
    for stage in STAGES:
        for path in (ROOT / stage).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def given_codes():
    """Return the codes that are given as the first argument of a call that makes a fault."""
    found = set()
    for stage in STAGES:
        for path in (ROOT / stage).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in GIVERS and isinstance(first, ast.Constant):
                    found.add(first.value)
    return {
        code for code in found if isinstance(code, str) and re.fullmatch(r"[a-z]+(_[a-z]+)+", code)
    }


def test_every_given_code_is_documented():
    names_of_fields = {"cover_starts_at", "cover_ends_at", "birth_date", "email"}
    undocumented = given_codes() - set(CATALOGUE) - names_of_fields
    assert undocumented == set()


def test_every_documented_code_can_be_given():
    made = {"first_registered_on_missing", "invoice_on_missing"}  # from the field's name
    assert set(CATALOGUE) - codes_in_the_rules() - made == set()


def test_codes_are_stable_words():
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", code) for code in CATALOGUE)


def test_sentences_speak_to_people():
    for code, entry in CATALOGUE.items():
        assert entry.message.endswith("。"), code
        assert "！" not in entry.message, code
        assert entry.where, code
        assert "_" not in re.sub(r"\{[a-z_]+\}", "", entry.message), code
        assert all(name != "" for _, name, _, _ in Formatter().parse(entry.message)), code
