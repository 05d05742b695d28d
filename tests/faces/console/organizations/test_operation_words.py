"""Every act that a program records is told in words in the operation log."""

import ast
from pathlib import Path

import baozhen
from baozhen.faces.console.organizations.operation_words import act_word, known_actions
from baozhen.foundation.states import installed_flow

_RECORDERS = frozenset({"record", "_tell", "_note", "_note_reason"})


def recorded():
    """Return the acts that stand in the source as literals, and the facts of all states."""
    found = set(installed_flow())
    for path in Path(baozhen.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            given = call.args[:2] if name in _RECORDERS else []
            given += [word.value for word in call.keywords if word.arg == "action"]
            found |= {
                one.value
                for one in given
                if isinstance(one, ast.Constant) and "." in str(one.value)
            }
    return found


def test_every_act_has_words():
    acts = recorded()
    assert {"power.granted", "seal.suspended", "session.begun", "envelope.completed"} <= acts
    silent = {
        act for act in acts if not (noun_and_verb := act_word(act)) or noun_and_verb.isascii()
        or noun_and_verb.rpartition("：")[2].isascii()
    }  # fmt: skip
    assert not silent
    assert "power.granted" not in dict(known_actions())
    assert act_word("seal.suspended") == "印章：停用"
    assert act_word("risk.held") == "发现风险并拦截"
    # A fact of a newer version stays readable.
    assert act_word("seal.melted") == "印章：melted"
