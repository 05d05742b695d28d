"""The questions of truthful disclosure 如实告知 (保险法 第十六条), as versioned data.

Nothing is answered beforehand. An answer that is not the expected one needs a word about it; it
refuses nothing here: underwriting decides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from baozhen.insurance.proposals.faults import Fault

DETAIL_MAX = 200
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the answer that raises nothing, and what to ask when it is the other."""

    code: str
    text: str
    expected: str
    detail: str


@cache
def load_questions() -> tuple[str, tuple[Question, ...]]:
    """Return the version of the questions, and the questions in order."""
    text = resources.files(__package__).joinpath("data/questions.json").read_text("utf-8")
    raw: dict[str, Any] = json.loads(text)
    return raw["version"], tuple(Question(**entry) for entry in raw["questions"])


def judge_answers(answers: Mapping[str, Any]) -> list[Fault]:
    """Return what is missing of the answers, each at its own question."""
    found = []
    for question in load_questions()[1]:
        given = answers.get(question.code)
        given = given if isinstance(given, Mapping) else {}
        path = f"answers.{question.code}"
        if given.get("answer") not in {YES, NO}:
            found.append(Fault("answer_missing", path, "请选择“是”或“否”。"))
        elif given["answer"] != question.expected:
            found += _judge_detail(question, given.get("detail"), path)
    return found


def _judge_detail(question: Question, detail: object, path: str) -> list[Fault]:
    words = detail.strip() if isinstance(detail, str) else ""
    if not words:
        return [Fault("answer_detail_missing", f"{path}.detail", f"{question.detail}。")]
    if len(words) > DETAIL_MAX:
        message = f"说明超过 {DETAIL_MAX} 个字，请缩短。"
        return [Fault("answer_detail_too_long", f"{path}.detail", message)]
    return []


def told(answers: Mapping[str, Any]) -> list[tuple[Question, str]]:
    """Return the questions that were answered otherwise than expected, with what was told."""
    return [
        (question, str(answers[question.code].get("detail", "")))
        for question in load_questions()[1]
        if question.code in answers
        and answers[question.code].get("answer") not in {None, question.expected}
    ]
