"""What the pages of a sketch show: steps, files, parties, and the marks on page pictures."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from baozhen.faces.console.frame import page
from baozhen.foundation.masking import mask_email, mask_mobile, mask_name
from baozhen.signing.envelopes.forms import flows
from baozhen.signing.envelopes.models import Sketch
from baozhen.signing.envelopes.services.sketches import OWN, PERSON, missing_in
from baozhen.signing.envelopes.states import SIGNING_TYPES, TYPE_LABELS, ActionType
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import scope_of
from baozhen.signing.organizations.roles import Permission

STEPS = (
    ("files", "文件"),
    ("parties", "签署方"),
    ("places", "签章位置"),
    ("review", "核对并发起"),
)
WAYS = (
    ("draw", "手写"),
    ("type", "输入姓名"),
    ("upload", "上传签名照片"),
    ("adopted", "使用上次的签名"),
)
_ACTIONS = (
    ActionType.SIGN,
    ActionType.SEAL,
    ActionType.LEGAL_REP_SIGN,
    ActionType.APPROVE,
    ActionType.VIEW,
    ActionType.CC,
)


def render(request: HttpRequest, sketch: Sketch, step: str, *, fault: str = "") -> HttpResponse:
    """Render one step; with a fault what was typed stays in the fields."""
    content = sketch.content
    context = {
        "here": "envelopes",
        "sketch": sketch,
        "content": content,
        "fault": fault,
        "steps": _steps(sketch, step),
        "typed": request.POST if fault else {},
        **_PARTS[step](request, sketch),
    }
    return page(
        request, f"console/envelopes/sketch_{step}.html", context, status=422 if fault else 200
    )


def document_types() -> list[tuple[str, str]]:
    """Return the kinds of documents that seals are granted for, and the rest."""
    known = {flow.document_type: flow.title for flow in flows().values()}
    return [*known.items(), ("other", "其他文件")]


def _steps(sketch: Sketch, step: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "now": name == step,
            "href": reverse(f"console:sketch_{name}", args=[sketch.public_id]),
        }
        for name, label in STEPS
    ]


def _files(request: HttpRequest, sketch: Sketch) -> dict[str, Any]:
    return {
        "units": scope_of(request.user, Permission.START_ENVELOPES).order_by("path"),
        "document_types": document_types(),
        "documents": [
            {"number": number, "title": entry["title"], "pages": len(entry["sizes"])}
            for number, entry in enumerate(sketch.content["documents"], 1)
        ],
    }


def _parties(_request: HttpRequest, sketch: Sketch) -> dict[str, Any]:
    parties = sketch.content["parties"]
    return {
        "parties": _shown_parties(sketch),
        "actions": [(kind.value, TYPE_LABELS[kind]) for kind in _ACTIONS],
        "outside": OrgUnit.objects.filter(kind="outside").order_by("name"),
        "next_order": max((party["order"] for party in parties), default=0) + 1,
    }


def _places(request: HttpRequest, sketch: Sketch) -> dict[str, Any]:
    content = sketch.content
    marking = [p for p in _shown_parties(sketch) if p["action"] in SIGNING_TYPES]
    unplaced = [party["key"] for party in marking if not party["placed"]]
    keys = [request.GET.get("party", ""), *unplaced, *[party["key"] for party in marking]]
    return {
        "parties": marking,
        "chosen": next((key for key in keys if key), ""),
        "places": [_shown_place(n, place, sketch) for n, place in enumerate(content["places"])],
        "documents": [
            {
                "number": number,
                "title": entry["title"],
                "pages": [
                    _shown_page(sketch, number, index, size)
                    for index, size in enumerate(entry["sizes"])
                ],
            }
            for number, entry in enumerate(content["documents"], 1)
        ],
    }


def _review(_request: HttpRequest, sketch: Sketch) -> dict[str, Any]:
    content = sketch.content
    return {
        "parties": _shown_parties(sketch),
        "missing": missing_in(sketch),
        "ways": [(name, label, name in content["ways"]) for name, label in WAYS],
        "type_label": dict(document_types()).get(content["document_type"], "其他文件"),
        "unit": OrgUnit.objects.filter(public_id=content["unit"]).first(),
    }


def _shown_parties(sketch: Sketch) -> list[dict[str, Any]]:
    content = sketch.content
    keys = [party["unit"] for party in content["parties"] if party["unit"]]
    units = dict(OrgUnit.objects.filter(public_id__in=keys).values_list("public_id", "name"))
    placed = [place["party"] for place in content["places"]]
    return [
        {
            **party,
            "who": mask_name(party["name"])
            if party["kind"] == PERSON
            else units.get(party["unit"], "—"),
            "reach": _reach(party),
            "does": TYPE_LABELS[ActionType(party["action"])],
            "placed": placed.count(party["key"]),
            "marks": party["action"] in SIGNING_TYPES,
        }
        for party in content["parties"]
    ]


def _reach(party: dict[str, Any]) -> str:
    if party["kind"] == OWN:
        return "静默用印" if party["silent"] else "在“待我处理”中"
    if party["kind"] != PERSON:
        return "在对方的“待我处理”中"
    return mask_mobile(party["mobile"]) if party["mobile"] else mask_email(party["email"])


def _label_of(sketch: Sketch, key: str) -> str:
    return next((p["label"] for p in sketch.content["parties"] if p["key"] == key), "—")


def _shown_place(number: int, place: dict[str, Any], sketch: Sketch) -> dict[str, Any]:
    if place["keyword"]:
        where = f"关键字“{place['keyword']}”第 {place['occurrence']} 处"
    elif place["riding"]:
        where = "骑缝，各页右边"
    else:
        where = f"第 {place['page'] + 1} 页"
    return {
        "number": number,
        "label": _label_of(sketch, place["party"]),
        "document": place["document"],
        "where": where,
    }


def _shown_page(
    sketch: Sketch, document: int, index: int, size: tuple[float, float]
) -> dict[str, Any]:
    width, height = size
    on_page = [
        place
        for place in sketch.content["places"]
        if (place["document"], place["page"]) == (document, index)
        and not place["keyword"]
        and not place["riding"]
    ]
    return {
        "index": index,
        "number": index + 1,
        "width": f"{width:.2f}",
        "height": f"{height:.2f}",
        "href": reverse("console:sketch_picture", args=[sketch.public_id, document, index]),
        "marks": [
            {
                "x": f"{place['x']:.2f}",
                "y": f"{height - place['y'] - place['height']:.2f}",
                "width": f"{place['width']:.2f}",
                "height": f"{place['height']:.2f}",
                "middle_x": f"{place['x'] + place['width'] / 2:.2f}",
                "middle_y": f"{height - place['y'] - place['height'] / 2:.2f}",
                "label": _label_of(sketch, place["party"]),
            }
            for place in on_page
        ],
    }


_PARTS = {"files": _files, "parties": _parties, "places": _places, "review": _review}
