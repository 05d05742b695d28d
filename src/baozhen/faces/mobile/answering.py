"""Questions to the signatory: each answered by an own choice, before the document is read."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.mobile.visit import Visit, visit_of
from baozhen.foundation.errors import Refusal
from baozhen.signing.envelopes.models import Question
from baozhen.signing.envelopes.services.answering import answer, note_asked
from baozhen.signing.templates.fields import Field, FieldKind

_OPEN = frozenset({"answer", "read", "sign", "consent"})
_INPUTS: Mapping[FieldKind, str] = {FieldKind.DATE: "date", FieldKind.NUMBER: "number"}


@require_http_methods(["GET", "HEAD", "POST"])
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask everything on one page; nothing is chosen beforehand but what the person said before."""
    visit = visit_of(request, token)
    questions = list(visit.signatory.questions.order_by("position"))
    if visit.step not in _OPEN or not questions or visit.action is None:
        return redirect(visit.address("next"))
    if request.method != "POST":
        note_asked(visit.signatory, at=visit.at)
        earlier = {question.key: question.answer for question in questions}
        return visit.render("answer.html", _context(questions, earlier, {}))
    given = {
        question.key: value
        for question in questions
        if (value := _given(request, question.asked)) not in (None, "")
    }
    try:
        answer(visit.action.pk, given, at=visit.at)
    except Refusal as refusal:
        found = refusal.facts.get("faults")
        faults = {one.path: one.message for one in found} if isinstance(found, list) else {}
        context = _context(questions, given, faults) | {"fault": str(refusal)}
        return visit.render("answer.html", context, status=422)
    _forget_signature(visit)
    return redirect(visit.address("next"))


def _forget_signature(visit: Visit) -> None:
    """What was signed for was another text: the signature is drawn and confirmed anew."""
    visit.remember(picture="", strokes=None, challenge="")


def _given(request: HttpRequest, field: Field) -> Any:
    typed = request.POST.get(f"answer.{field.name}", "").strip()
    if field.kind is FieldKind.CHECKBOX:
        return typed == "yes" or None
    if field.kind is FieldKind.NUMBER:
        try:
            return float(typed) if typed else None
        except ValueError:
            return typed  # named as a fault
    return typed


def _context(
    questions: list[Question], given: Mapping[str, Any], faults: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "questions": [
            {
                "number": number,
                "name": f"answer.{field.name}",
                "id": f"q-{field.name}",
                "label": field.shown_label,
                "kind": _kind(field),
                "input": _INPUTS.get(field.kind, "text"),
                "options": field.options,
                "length": field.length_max,
                "value": "" if (value := given.get(field.name)) is None else value,
                "condition": field.condition,
                "fault": faults.get(field.name, ""),
            }
            for number, field in enumerate((one.asked for one in questions), 1)
        ],
    }


def _kind(field: Field) -> str:
    if field.kind is FieldKind.TEXT and field.length_max > 100:  # noqa: PLR2004 -- a line holds less
        return "area"
    return field.kind.value if field.kind in {FieldKind.CHOICE, FieldKind.CHECKBOX} else "line"
