"""A photo of the licence or the id card fills in what it shows; the picture itself is not kept."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from baozhen.faces.client import address_of
from baozhen.faces.errors import TooLarge
from baozhen.faces.limits import Limit, spend
from baozhen.faces.mobile.applying.frames import own_application, step_address
from baozhen.faces.mobile.holders import current_holder, to_sign_in
from baozhen.faces.uploads import bytes_of
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.insurance.applications.errors import ApplicationBehind
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.ocr import (
    REASONS,
    TextReaderOutage,
    get_text_reader,
    is_available,
    refused,
)
from baozhen.insurance.applications.papers import id_card, vehicle_licence
from baozhen.insurance.applications.services.drafts import StepInput, save_step
from baozhen.insurance.applications.steps import SECTIONS, Step

PHOTOS = Limit(name="photo", most=20, window_seconds=600)
_VALIDITY = ("id_valid_from", "id_valid_to")
_WORDS = {
    **{why: f"照片不能识别：{reason}。请重拍，或直接填写。" for why, reason in REASONS.items()},
    TextReaderOutage.code: "照片识别暂时不可用，请直接填写；已填的内容不受影响。",
    TooLarge.code: f"照片不能识别：{REASONS['bytes']}。请重拍，或直接填写。",
    ApplicationBehind.code: "您在另一个页面改过这一步，照片没有填入。请核对后再拍，或直接填写。",
}
_NOTHING_FILLED_IN = "照片没有填入任何内容。请重拍，或直接填写。"


@require_POST
@own_application
def photo(request: HttpRequest, application: Application) -> HttpResponse:
    """Read the photo and put what it shows where nothing stands yet."""
    if not is_available():
        raise Http404
    step = Step.PEOPLE if request.POST.get("step") == Step.PEOPLE else Step.VEHICLE
    if step is Step.PEOPLE and current_holder(request) is None:
        return to_sign_in(request, step_address(application, step))
    spend(PHOTOS, address_of(request))
    revision = request.POST.get("revision", "")
    try:
        data = _read(request, application, step)
        save_step(
            application.pk,
            StepInput(step=step, data=data, revision=int(revision) if revision.isdecimal() else -1),
            actor="browser",
            at=now(),
        )
    except (Refusal, Outage) as error:
        why = error.facts.get("why", error.code)
        return redirect(f"{step_address(application, step)}?photo={why}")
    return redirect(f"{step_address(application, step)}?photo=read")


def photo_words(why: str) -> str:
    """Return what to say of a photo that filled in nothing."""
    return _WORDS.get(why, _NOTHING_FILLED_IN)


def _read(request: HttpRequest, application: Application, step: Step) -> dict[str, Any]:
    upload = request.FILES.get("picture")
    if upload is None:
        raise refused("missing")
    pieces = get_text_reader().read(bytes_of(upload))
    kept = {
        name: application.content[name] for name in SECTIONS[step] if name in application.content
    }
    if step is Step.VEHICLE:
        found, section = vehicle_licence(pieces), "vehicle"
    else:
        card, section = id_card(pieces), "policyholder"
        found = {name: card[name] for name in _VALIDITY if name in card}
    if not found:
        raise refused("unclear")
    # What the person has typed stays: a photo fills gaps, it corrects nobody.
    return {**kept, section: {**found, **kept.get(section, {})}}
