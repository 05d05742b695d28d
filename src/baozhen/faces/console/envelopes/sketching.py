"""Start a signing task from one's own PDF: files, parties, places, a last look, start."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.envelopes import sketch_pages as pages
from baozhen.faces.errors import NotFound
from baozhen.faces.pictures import page_picture
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Refusal
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import DraftInvalid
from baozhen.signing.envelopes.models import Sketch
from baozhen.signing.envelopes.services import sketches
from baozhen.signing.organizations.models import OrgUnit
from baozhen.signing.organizations.queries import account_of, scope_of
from baozhen.signing.organizations.roles import Permission

_POINTS_PER_MM = 72 / 25.4
_WAYS = ("draw", "type", "upload", "adopted")
_CACHE_SECONDS = 600
_FAR = 1e5  # points: farther than any page is wide
Act = Callable[[HttpRequest, Sketch], str]


@needs(Permission.START_ENVELOPES)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a sketch."""
    sketch = sketches.new_sketch(account_of(request.user), at=now())
    return redirect("console:sketch_files", sketch_id=sketch.public_id)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest, sketch_id: str) -> HttpResponse:
    """Take the PDFs and say what the task is."""
    acts: Mapping[str, Act] = {"add": _add_file, "remove": _remove_file, "save": _save_task}
    return _step(request, sketch_id, "files", acts)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def parties(request: HttpRequest, sketch_id: str) -> HttpResponse:
    """Say who has to do what, and in which order."""
    acts: Mapping[str, Act] = {"add": _add_party, "remove": _remove_party, "save": _save_orders}
    return _step(request, sketch_id, "parties", acts)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def places(request: HttpRequest, sketch_id: str) -> HttpResponse:
    """Say where the marks go: by a click on the page, by keyword or by measure."""
    acts: Mapping[str, Act] = {
        "point": _add_point,
        "keyword": _add_keyword,
        "measure": _add_measure,
        "remove": _remove_place,
    }
    return _step(request, sketch_id, "places", acts)


@needs(Permission.START_ENVELOPES)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, sketch_id: str) -> HttpResponse:
    """Show everything once more, take the last rules, and start."""
    sketch = _own(request, sketch_id)
    if request.method != "POST":
        return pages.render(request, sketch, "review")
    try:
        _save_rules(request, sketch)
        if request.POST.get("act") != "start":
            return redirect("console:sketch_review", sketch_id=sketch_id)
        envelope = sketches.start_sketch(sketch, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return pages.render(request, sketch, "review", fault=str(refusal))
    messages.success(request, "已发起，签署方会收到链接。", extra_tags="jade")
    return redirect("console:envelope", public_id=envelope.public_id)


@needs(Permission.START_ENVELOPES)
@require_POST
def discard(request: HttpRequest, sketch_id: str) -> HttpResponse:
    """Throw the sketch away."""
    _own(request, sketch_id).delete()
    messages.success(request, "草稿已删除。", extra_tags="jade")
    return redirect("console:envelope_flows")


@needs(Permission.START_ENVELOPES)
@require_GET
def picture(request: HttpRequest, sketch_id: str, document: int, number: int) -> HttpResponse:
    """Draw one page of a file."""
    documents = _own(request, sketch_id).content["documents"]
    if not 1 <= document <= len(documents) or not number < len(documents[document - 1]["sizes"]):
        raise NotFound(what="这一页")
    drawn = page_picture(get_storage().get(documents[document - 1]["sha256"]), number)
    response = HttpResponse(drawn, content_type="image/png")
    # The person adds place after place on the same page; only their own browser keeps it.
    response.headers["Cache-Control"] = f"private, max-age={_CACHE_SECONDS}"
    return response


def _step(request: HttpRequest, sketch_id: str, step: str, acts: Mapping[str, Act]) -> HttpResponse:
    sketch = _own(request, sketch_id)
    if request.method != "POST":
        return pages.render(request, sketch, step)
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise NotFound(what="这个操作")
    try:
        following = act(request, sketch)
    except Refusal as refusal:
        return pages.render(request, sketch, step, fault=str(refusal))
    name, mark, query = following.partition("?")
    return redirect(reverse(f"console:sketch_{name}", args=[sketch_id]) + mark + query)


def _own(request: HttpRequest, sketch_id: str) -> Sketch:
    return sketches.sketch_of(sketch_id, account_of(request.user))


def _add_file(request: HttpRequest, sketch: Sketch) -> str:
    given = request.FILES.getlist("file")
    if not given:
        raise DraftInvalid(path="file", reason="请先选择 PDF 文件")
    for upload in given:
        title = (upload.name or "文件").rpartition("/")[2].removesuffix(".pdf").removesuffix(".PDF")
        sketches.add_document(sketch, title, bytes_of(upload), at=now())
    return "files"


def _remove_file(request: HttpRequest, sketch: Sketch) -> str:
    sketches.remove_document(sketch, _number(request.POST, "document"), at=now())
    return "files"


def _save_task(request: HttpRequest, sketch: Sketch) -> str:
    post = request.POST
    title = post.get("title", "").strip()
    if not title:
        raise DraftInvalid(path="title", reason="请填写任务标题")
    unit = scope_of(request.user, Permission.START_ENVELOPES).filter(public_id=post.get("unit", ""))
    content = {
        "title": title[:200],
        "document_type": post.get("document_type", "other")[:48],
        "biz_no": post.get("biz_no", "").strip()[:64],
        "message": post.get("message", "").strip()[:500],
    }
    if unit.exists():
        content["unit"] = post["unit"]
    sketches.change(sketch, content, at=now())
    if not sketch.content["documents"]:
        raise DraftInvalid(path="file", reason="请先上传文件")
    return "parties"


def _add_party(request: HttpRequest, sketch: Sketch) -> str:
    post = request.POST
    kind = post.get("kind", sketches.PERSON)
    unit = sketch.content["unit"]
    if kind != sketches.OWN:
        chosen = OrgUnit.objects.filter(kind="outside", public_id=post.get("unit", "")).first()
        unit = chosen.public_id if chosen else ""
    facts = {
        "kind": kind,
        "label": post.get("label", "").strip()[:32],
        "action": post.get("action", ""),
        "order": max(1, _number(post, "order")),
        "silent": bool(post.get("silent")),
        "unit": "" if kind == sketches.PERSON else unit,
        "channel": post.get("channel", "") if post.get("channel") in {"sms", "mail"} else "",
    }
    for name in ("name", "id_no", "mobile", "email"):
        facts[name] = post.get(name, "").strip()[:64] if kind == sketches.PERSON else ""
    sketches.add_party(sketch, facts, at=now())
    return "parties"


def _remove_party(request: HttpRequest, sketch: Sketch) -> str:
    sketches.remove_party(sketch, request.POST.get("key", ""), at=now())
    return "parties"


def _save_orders(request: HttpRequest, sketch: Sketch) -> str:
    orders = {
        name.removeprefix("order."): max(1, _number(request.POST, name))
        for name in request.POST
        if name.startswith("order.")
    }
    sketches.order_parties(sketch, orders, at=now())
    if not sketch.content["parties"]:
        raise DraftInvalid(path="parties", reason="请先添加签署方")
    return "places"


def _add_point(request: HttpRequest, sketch: Sketch) -> str:
    post = request.POST
    place = _place(post) | {
        "page": _number(post, "page"),
        "x": _decimal(post, "x"),
        "y": _decimal(post, "y"),
    }
    sketches.add_place(sketch, place, at=now())
    return f"places?party={place['party']}#d{place['document']}p{place['page']}"


def _add_keyword(request: HttpRequest, sketch: Sketch) -> str:
    keyword = request.POST.get("keyword", "").strip()
    if not keyword:
        raise DraftInvalid(path="keyword", reason="请填写关键字")
    occurrence = _number(request.POST, "occurrence") or 1
    sketches.add_place(
        sketch,
        _place(request.POST) | {"keyword": keyword[:64], "occurrence": occurrence},
        at=now(),
    )
    return "places"


def _add_measure(request: HttpRequest, sketch: Sketch) -> str:
    post = request.POST
    place = _place(post) | {
        "page": _number(post, "page") - 1,
        "x": _decimal(post, "x") * _POINTS_PER_MM,
        "y": _decimal(post, "y") * _POINTS_PER_MM,
        "riding": bool(post.get("riding")),
    }
    sketches.add_place(sketch, place, at=now())
    return "places"


def _remove_place(request: HttpRequest, sketch: Sketch) -> str:
    sketches.remove_place(sketch, _number(request.POST, "place"), at=now())
    return "places"


def _place(post: QueryDict) -> dict[str, Any]:
    return {
        "party": post.get("party", ""),
        "document": _number(post, "document"),
        "page": 0,
        "x": 0.0,
        "y": 0.0,
        "riding": False,
        "keyword": "",
        "occurrence": 1,
    }


def _save_rules(request: HttpRequest, sketch: Sketch) -> None:
    post = request.POST
    days = _number(post, "days")
    if not 1 <= days <= sketches.DAYS_MAX:
        raise DraftInvalid(path="days", reason=f"签署期限应为 1 至 {sketches.DAYS_MAX} 天")
    ways = [way for way in _WAYS if way in post.getlist("ways")]
    if not ways:
        raise DraftInvalid(path="ways", reason="至少允许一种签名方式")
    content = {
        "days": days,
        "ways": ways,
        "identity": "check" if post.get("identity") == "check" else "code",
        "reading_seconds": min(max(_number(post, "reading_seconds"), 0), 600),
    }
    sketches.change(sketch, content, at=now())


def _number(post: QueryDict, name: str) -> int:
    text = post.get(name, "").strip() or "0"
    try:
        return int(text)
    except ValueError:
        raise DraftInvalid(path=name, reason=f"“{text[:20]}”不是整数") from None


def _decimal(post: QueryDict, name: str) -> float:
    try:
        found = float(post.get(name, ""))
    except ValueError:
        found = float("nan")
    if not -_FAR < found < _FAR:
        raise DraftInvalid(path=name, reason="请填写数字")
    return found
