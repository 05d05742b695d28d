"""进入投保流程: the notice that everything is recorded, then which form, asked in plain words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from baozhen.faces.client import address_of
from baozhen.faces.frame import page
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.applying.access import browser_secret, digest_of_secret, keep_secret
from baozhen.faces.mobile.applying.frames import step_address
from baozhen.faces.mobile.holders import current_holder
from baozhen.foundation.clock import now
from baozhen.insurance.applications.queries import drafts_of_browser
from baozhen.insurance.applications.services.drafts import DraftRequest, create_draft
from baozhen.insurance.applications.steps import Step
from baozhen.signing.organizations.insurer import get_insurer

_ENTERED = "applying_entered"
DRAFTS = Limit(name="drafts", most=30, window_seconds=3600)
FORMS = (
    ("car", "普通汽车", "燃油车、油电混合车；客车、货车"),
    ("new_energy", "新能源汽车", "纯电动、插电混动、燃料电池"),
    ("motorcycle_tractor", "摩托车或拖拉机", "两轮、三轮、轻便摩托车，拖拉机"),
    ("special", "特种车", "油罐、清扫、起重、消防、集装箱拖头等"),
    ("single_trip", "新车单程提车", "还没上牌，从提车地开到目的地"),
)
_MISSING = {
    "who": "请选择由谁投保。",
    "form": "请选择车辆的类型。",
    "branch": "请选择投保地区。",
}


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Say what is about to begin; who goes on has been told (可回溯)."""
    if request.method == "POST":
        request.session[_ENTERED] = now().isoformat()
        return redirect("journey:choose")
    drafts = drafts_of_browser(digest_of_secret(browser_secret(request)), current_holder(request))
    return page(request, "mobile/applying/start.html", {"drafts": drafts, "here": request.path})


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Ask for the form, the region and who applies; then the draft begins."""
    if _ENTERED not in request.session:
        return redirect("journey:start")
    typed = {name: request.POST.get(name, "") for name in _MISSING}
    if request.method != "POST":
        return _ask(request, typed, {})
    faults = {name: words for name, words in _MISSING.items() if not typed[name]}
    branches = get_insurer().branches
    if typed["branch"] not in branches:
        faults["branch"] = _MISSING["branch"]
    if typed["form"] not in {code for code, _, _ in FORMS}:
        faults["form"] = _MISSING["form"]
    if faults:
        return _ask(request, typed, faults, status=422)
    if typed["who"] != "person":
        # S0-4.2: only natural persons apply here.
        branch = branches[typed["branch"]]
        return page(request, "mobile/applying/organisation.html", {"branch": branch})
    return _begin(request, typed)


def _begin(request: HttpRequest, typed: dict[str, str]) -> HttpResponse:
    spend(DRAFTS, address_of(request))
    secret, holder = browser_secret(request), current_holder(request)
    application = create_draft(
        DraftRequest(
            form=typed["form"],
            branch_code=typed["branch"],
            client="mobile",
            browser_sha256=digest_of_secret(secret),
            applicant=holder,
        ),
        actor=f"subject:{holder.public_id}" if holder else "browser",
        at=now(),
    )
    response = redirect(step_address(application, Step.VEHICLE))
    keep_secret(response, secret)
    return response


def _ask(
    request: HttpRequest, typed: dict[str, str], faults: dict[str, str], *, status: int = 200
) -> HttpResponse:
    context = {
        "forms": FORMS,
        "branches": get_insurer().branches.values(),
        "typed": typed,
        "faults": faults,
        "here": request.path,
    }
    return page(request, "mobile/applying/choose.html", context, status=status)
