"""Directory sync: sources, the button, the preview of what will change, and the report."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from baozhen.faces.console.access import actor_of, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.organizations.forms import Asked, Field, number, show, text
from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError, Refusal
from baozhen.signing.organizations.directory.planning import STEPS, Step
from baozhen.signing.organizations.directory.tables import COLUMNS, read_table
from baozhen.signing.organizations.errors import DirectoryInvalid
from baozhen.signing.organizations.models import DirectorySource, SyncRun
from baozhen.signing.organizations.roles import Permission
from baozhen.signing.organizations.services.directory import (
    RunRequest,
    apply_run,
    cancel_run,
    plan_of,
    plan_run,
)
from baozhen.signing.organizations.services.pulling import plan_pull, save_source
from baozhen.signing.organizations.states import SYNC_STATES, SyncState

_RUNS_SHOWN = 50
_CHANGES_SHOWN = 1_000
_FILE_BYTES_MAX = 20 * 1024 * 1024


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def directory(request: HttpRequest) -> HttpResponse:
    """Show the sources and the last runs."""
    context = {
        "here": "directory",
        "sources": DirectorySource.objects.order_by("name"),
        "runs": [
            {"run": run, "word": SYNC_STATES[SyncState(run.state)], "counts": _counts(run)}
            for run in SyncRun.objects.defer("snapshot", "report").order_by("-pk")[:_RUNS_SHOWN]
        ],
        "columns": COLUMNS,
    }
    return page(request, "console/organizations/directory.html", context)


def _counts(run: SyncRun) -> list[tuple[str, int]]:
    return [(STEPS[Step(name)], count) for name, count in run.counts.items()]


@needs(Permission.MANAGE_ACCOUNTS)
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, key: int) -> HttpResponse:
    """Add a source (key 0) or change one; the token is never shown again."""
    row = DirectorySource() if key == 0 else get_object_or_404(DirectorySource, pk=key)
    asked = Asked(
        here="directory",
        title="目录来源",
        submit="保存",
        back=reverse("console:directory"),
        note="业务系统须提供 SCIM 2.0（RFC 7644）地址。首次全量，之后每天增量，每周再全量一次。",
        fields=[
            Field(name="name", label="名称", value=row.name),
            Field(name="base_url", label="SCIM 地址", value=row.base_url),
            Field(
                name="token",
                label="访问令牌",
                kind="password",
                required=key == 0,
                hint="" if key == 0 else "空白为不更换",
            ),
            Field(
                name="percent",
                label="离职比例上限（%）",
                value=str(row.leavers_max_percent),
                hint="超过时暂停，等人确认",
            ),
            Field(
                name="active",
                label="状态",
                value="yes" if row.active else "no",
                choices=[("yes", "启用"), ("no", "停用")],
            ),
        ],
    )
    if request.method != "POST":
        return show(request, asked)
    row.name, row.base_url = text(request, "name")[:64], text(request, "base_url")[:255]
    row.token = text(request, "token") or row.token
    row.leavers_max_percent = min(100, number(request, "percent"))
    row.active = text(request, "active") == "yes"
    taken = DirectorySource.objects.filter(name=row.name).exclude(pk=row.pk).exists()
    try:
        if taken or not row.name or not row.token:
            raise DirectoryInvalid(path="name", reason="名称已被使用，或名称、令牌为空")
        save_source(row, actor=actor_of(request), at=now())
    except Refusal as refusal:
        return show(request, asked, refusal)
    messages.success(request, "目录来源已保存。", extra_tags="jade")
    return redirect("console:directory")


@needs(Permission.MANAGE_ACCOUNTS)
@require_POST
def pull(request: HttpRequest, key: int) -> HttpResponse:
    """Ask the directory now, and show what would change."""
    asked = get_object_or_404(DirectorySource, pk=key, active=True)
    is_full = request.POST.get("full") == "yes"
    try:
        run = plan_pull(asked, is_full=is_full, actor=actor_of(request), at=now())
    except BaozhenError as error:
        messages.error(request, str(error), extra_tags="seal")
        return redirect("console:directory")
    return redirect("console:sync_run", key=run.pk)


@needs(Permission.MANAGE_ACCOUNTS)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a table of people and units, and show what would change."""
    file = request.FILES.get("file")
    try:
        if file is None or file.size is None or file.size > _FILE_BYTES_MAX:
            raise DirectoryInvalid(reason="请选择一个不超过 20 MB 的 CSV 文件")
        snapshot = read_table(file.read(), is_full=request.POST.get("full") == "yes")
        run = plan_run(
            RunRequest(snapshot=snapshot, source_name=f"CSV {file.name}"[:64]),
            actor=actor_of(request),
            at=now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
        return redirect("console:directory")
    return redirect("console:sync_run", key=run.pk)


@needs(Permission.MANAGE_ACCOUNTS)
@require_GET
def run(request: HttpRequest, key: int) -> HttpResponse:
    """Show what a run would change, or what it did."""
    shown = get_object_or_404(SyncRun.objects.select_related("source"), pk=key)
    is_open = shown.state in (SyncState.PLANNED, SyncState.HELD)
    plan = plan_of(shown) if is_open else None
    if plan is not None:
        changes = [
            {"step": STEPS[one.step], "label": one.label, "before": one.before, "after": one.after}
            for one in plan.changes[:_CHANGES_SHOWN]
        ]
    else:
        changes = [
            {"step": STEPS[Step(one["step"])], "label": one["label"]}
            for one in shown.report.get("changes", [])[:_CHANGES_SHOWN]
        ]
    context = {
        "here": "directory",
        "run": shown,
        "word": SYNC_STATES[SyncState(shown.state)],
        "is_open": is_open,
        "is_held": shown.state == SyncState.HELD or (plan is not None and plan.is_held),
        "warnings": plan.warnings if plan is not None else shown.warnings,
        "counts": _counts(shown),
        "changes": changes,
        "shown_max": _CHANGES_SHOWN,
    }
    return page(request, "console/organizations/run.html", context)


@needs(Permission.MANAGE_ACCOUNTS)
@require_POST
def decide(request: HttpRequest, key: int) -> HttpResponse:
    """Make the changes of a run, or give it up."""
    shown = get_object_or_404(SyncRun, pk=key)
    try:
        if request.POST.get("act") == "apply":
            is_confirmed = request.POST.get("confirmed") == "yes"
            apply_run(shown.pk, confirmed=is_confirmed, actor=actor_of(request), at=now())
            messages.success(request, "同步已执行。", extra_tags="jade")
        else:
            cancel_run(shown.pk, actor=actor_of(request), at=now())
            messages.success(request, "已放弃，没有改动任何账号。", extra_tags="jade")
    except Refusal as refusal:
        messages.error(request, str(refusal), extra_tags="seal")
    return redirect("console:sync_run", key=key)
