"""下载: the sealed file leaves only after a code that went to the mail on file was typed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.acts import record_access
from baozhen.faces.errors import NotFound
from baozhen.faces.files import pdf_response
from baozhen.faces.frame import page
from baozhen.faces.portal.forms import CodeForm
from baozhen.faces.portal.query import GRANT, require_granted
from baozhen.foundation.clock import now
from baozhen.foundation.masking import mask_email
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.states import Standing
from baozhen.insurance.verification.errors import CodeTooSoon, CodeWrong
from baozhen.insurance.verification.services import redeem_download_code, send_download_code

UNLOCKED = "unlocked_files"


@require_POST
def send_code(request: HttpRequest, kind: str) -> HttpResponse:
    """Mail a code, then ask for it."""
    file = _file(request, kind)
    try:
        send_download_code(file, at=now())
    except CodeTooSoon as refusal:
        return _ask(request, file, CodeForm(), fault=str(refusal), status=429)
    return redirect("portal:unlock", kind=kind)


@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the code; when it is right, hand out the file."""
    file = _file(request, kind)
    if request.method != "POST":
        return _ask(request, file, CodeForm())
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask(request, file, form, status=422)
    try:
        redeem_download_code(file, form.cleaned_data["code"], at=now())
    except CodeWrong as refusal:
        form.add_error("code", str(refusal))
        return _ask(request, file, form, status=422)
    granted = request.session[GRANT]
    request.session[GRANT] = granted | {UNLOCKED: [*granted.get(UNLOCKED, []), file.pk]}
    return _ask(request, file, form, ready=True)


@require_GET
def file(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the sealed file, byte for byte as it was archived."""
    wanted = _file(request, kind)
    if wanted.pk not in request.session[GRANT].get(UNLOCKED, []):
        return redirect("portal:unlock", kind=kind)
    record_access(
        "downloaded",
        policy_id=wanted.policy_id,
        actor="portal:holder",
        at=now(),
        facts={"file": wanted.number, "sha256": wanted.sha256},
    )
    return pdf_response(wanted)


def _file(request: HttpRequest, kind: str) -> PolicyFile:
    """Return the sealed file in force of this kind, or raise NotFound."""
    policy = require_granted(request)
    found = PolicyFile.objects.filter(
        policy=policy, kind=kind, standing__in=[Standing.CURRENT, Standing.CANCELLED]
    )
    file = found.select_related("policy__proposal").order_by("-version").first()
    if file is None or file.sha256 is None:
        raise NotFound(what="可下载的文件，保单可能正在签章，请稍候再试")
    return file


def _ask(
    request: HttpRequest,
    file: PolicyFile,
    form: CodeForm,
    *,
    fault: str = "",
    ready: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "here": "query",
        "file": file,
        "form": form,
        "fault": fault,
        "ready": ready,
        "mail": mask_email(file.policy.proposal.content["policyholder"]["email"]),
    }
    return page(request, "portal/code.html", context, status=status)
