"""险别与报价: the facts that a price needs, packages side by side, or one's own choice."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from baozhen.faces.mobile.applying import asking
from baozhen.faces.mobile.applying.asking import Asked, Group
from baozhen.faces.mobile.applying.frames import step_address, step_page
from baozhen.faces.mobile.holders import current_holder
from baozhen.foundation.clock import now
from baozhen.foundation.errors import Outage, Refusal
from baozhen.insurance.applications.errors import ApplicationBehind
from baozhen.insurance.applications.judging import faults_of_step
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.packages import COMPULSORY_ONLY, OWN, choosable
from baozhen.insurance.applications.services.drafts import Saved, StepInput, save_step
from baozhen.insurance.applications.services.quoting import (
    Comparison,
    compare,
    judge_facts,
    record_of,
    tables_for,
)
from baozhen.insurance.applications.steps import Step
from baozhen.insurance.proposals.faults import Fault
from baozhen.insurance.proposals.values import write_money

_LATER = "您填的内容已经保存，请几分钟后再按一次。"
_BEHIND = "您在另一个页面改过这份投保单，这次的选择还没有保存。请核对下面的内容，再选一次。"


def cover_step(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask for the facts, then for the choice."""
    asked = request.GET.get("view", "")
    cover = application.inputs.get("cover") or {}
    has_facts = not judge_facts(cover, application.form, now()) and "dispute" in application.content
    if faults_of_step(Step.VEHICLE, application.content, application.inputs, at=now()):
        return redirect(step_address(application, Step.VEHICLE))
    if request.method == "POST":
        act = request.POST.get("act", "")
        view = {"choose": _choose, "own": _choose_own}.get(act, _take_facts)
        return view(request, application)
    if asked == "facts" or not has_facts:
        return _ask_facts(request, application, _facts_as_typed(application))
    if asked == "own":
        return _ask_own(request, application, _own_as_typed(cover))
    return _ask_choice(request, application)


def fact_groups(application: Application) -> tuple[Group, ...]:
    """Return what a price needs to be known, besides the vehicle."""
    period: tuple[Asked, ...] = (
        Asked(
            path="starts_on",
            label="保险从哪一天零时开始",
            kind="date",
            hint="续保请选上一张保单到期的次日",
        ),
    )
    if application.form == "single_trip":
        days = (("10", "10 天"), ("30", "30 天"))
        period += (
            Asked(path="days", label="保险期间", kind="radio", choices=days, is_integer=True),
        )
    return (
        Group(title="保险期间", fields=period),
        Group(
            title="发生争议时",
            fields=(
                Asked(
                    path="dispute",
                    label="怎样解决",
                    kind="radio",
                    choices=(("litigation", "向法院起诉"), ("arbitration", "提交仲裁")),
                ),
                Asked(
                    path="arbitration_body",
                    label="仲裁机构的名称",
                    when="dispute=arbitration",
                ),
            ),
        ),
    )


def _take_facts(request: HttpRequest, application: Application) -> HttpResponse:
    typed = asking.read(fact_groups(application), request.POST)
    faults = _missing(application, typed)
    if faults:
        return _ask_facts(request, application, typed, faults=faults, status=422)
    cover = {name: typed[name] for name in ("starts_on", "days") if name in typed}
    dispute = {"mode": typed["dispute"]}
    if typed.get("arbitration_body"):
        dispute["body"] = typed["arbitration_body"]
    try:
        # The platform's word, not the person's, says what happened with this vehicle before.
        record = asdict(record_of(application.content, typed["starts_on"]))
        _save(request, application, {"cover": {**cover, "record": record}, "dispute": dispute})
    except ApplicationBehind:
        application.refresh_from_db()
        return _ask_facts(request, application, typed, fault=_BEHIND, status=409)
    except Outage as outage:
        return _ask_facts(request, application, typed, fault=f"{outage}。{_LATER}", status=503)
    return redirect(step_address(application, Step.COVER))


def _missing(application: Application, typed: Mapping[str, Any]) -> list[Fault]:
    found = judge_facts({**typed, "record": {}}, application.form, now())
    found = [Fault(one.code, one.path.removeprefix("cover."), one.message) for one in found]
    if "dispute" not in typed:
        found.append(Fault("dispute_missing", "dispute", "请选择发生争议时怎样解决。"))
    elif typed["dispute"] == "arbitration" and "arbitration_body" not in typed:
        found.append(
            Fault("arbitration_body_missing", "arbitration_body", "请填写仲裁机构的名称。")
        )
    return found


def _choose(request: HttpRequest, application: Application) -> HttpResponse:
    package = request.POST.get("package", "")
    known = {COMPULSORY_ONLY, *(_code(one) for one in _columns(application))}
    if package == OWN:
        return redirect(f"{step_address(application, Step.COVER)}?view=own")
    if package not in known:
        return _ask_choice(
            request, application, fault="请选择一种方案；可以只买交强险。", status=422
        )
    return _save_choice(request, application, {"package": package, "covers": []})


def _choose_own(request: HttpRequest, application: Application) -> HttpResponse:
    typed = {name: request.POST.getlist(name) for name in ("cover",)}["cover"]
    covers = []
    for one in choosable(application.form, tables_for(now())):
        if one.code in typed:
            covers.append(_own_cover(one.code, request.POST))
    if not covers:
        words = "请至少选择一个险种；只买交强险的，请回到方案选择。"
        return _ask_own(request, application, request.POST, fault=words, status=422)
    return _save_choice(request, application, {"package": OWN, "covers": covers})


def _own_cover(code: str, typed: Mapping[str, str]) -> dict[str, Any]:
    cover: dict[str, Any] = {"code": code}
    amount = typed.get(f"sum.{code}", "").replace(",", "").strip()
    if amount.isdecimal():
        cover["sum_insured"] = write_money(int(amount) * 100)
    if typed.get(f"rate.{code}"):
        cover["deductible_rate"] = typed[f"rate.{code}"]
    return cover


def _save_choice(
    request: HttpRequest, application: Application, choice: Mapping[str, Any]
) -> HttpResponse:
    show = _ask_own if choice["package"] == OWN else _ask_choice_again
    try:
        saved = _save(request, application, {"cover": choice})
    except ApplicationBehind:
        application.refresh_from_db()
        return show(request, application, request.POST, fault=_BEHIND, status=409)
    except Refusal as refusal:
        return show(request, application, request.POST, fault=str(refusal), status=422)
    if saved.faults:
        words = "；".join(dict.fromkeys(one.message.rstrip("。") for one in saved.faults))
        return show(request, application, request.POST, fault=f"{words}。", status=422)
    return redirect(step_address(application, Step.ANSWERS))


def _save(request: HttpRequest, application: Application, data: Mapping[str, Any]) -> Saved:
    revision = request.POST.get("revision", "")
    holder = current_holder(request)
    saved = save_step(
        application.pk,
        StepInput(
            step=Step.COVER, data=data, revision=int(revision) if revision.isdecimal() else -1
        ),
        actor=f"subject:{holder.public_id}" if holder else "browser",
        at=now(),
    )
    application.refresh_from_db()
    return saved


def _ask_facts(
    request: HttpRequest,
    application: Application,
    typed: Mapping[str, Any],
    *,
    faults: list[Fault] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    groups, others = asking.shown(fact_groups(application), typed, faults or [])
    context = {
        "view": "facts",
        "title": "险别与报价",
        "lead": "先告诉我们几件事，马上为您报价。",
        "groups": groups,
        "count": len(faults or []),
        "act": "facts",
        "go_on": "查看报价",
    }
    return step_page(
        request, application, Step.COVER, context, faults=others, fault=fault, status=status
    )


def _facts_as_typed(application: Application) -> dict[str, Any]:
    cover = application.inputs.get("cover") or {}
    dispute = application.content.get("dispute") or {}
    return {
        "starts_on": cover.get("starts_on"),
        "days": cover.get("days"),
        "dispute": dispute.get("mode"),
        "arbitration_body": dispute.get("body"),
    }


def _ask_choice(
    request: HttpRequest, application: Application, *, fault: str = "", status: int = 200
) -> HttpResponse:
    columns = _columns(application)
    names: dict[str, str] = {}
    for column in columns:
        for line in column.made.commercial.lines if column.made and column.made.commercial else ():
            names.setdefault(line.code, line.name)
    chosen = (application.inputs.get("cover") or {}).get("package", "")
    context = {
        "view": "choice",
        "columns": [_as_column(column, chosen) for column in columns],
        "rows": [_as_row(code, name, columns) for code, name in names.items()],
        "own": {"code": OWN, "is_chosen": chosen == OWN, "total_fen": application.total_fen},
    }
    return step_page(request, application, Step.COVER, context, fault=fault, status=status)


def _ask_choice_again(
    request: HttpRequest,
    application: Application,
    _typed: Mapping[str, Any],
    *,
    fault: str,
    status: int,
) -> HttpResponse:
    return _ask_choice(request, application, fault=fault, status=status)


def _columns(application: Application) -> list[Comparison]:
    cover = application.inputs.get("cover") or {}
    return compare(application.content, cover, at=now())


def _code(column: Comparison) -> str:
    return column.package.code if column.package else COMPULSORY_ONLY


def _as_column(column: Comparison, chosen: str) -> dict[str, Any]:
    package, made = column.package, column.made
    return {
        "code": _code(column),
        "name": package.name if package else "只买交强险",
        "note": package.note if package else "国家要求必须投保的部分",
        "made": made,
        "commercial_fen": made.commercial.premium_fen if made and made.commercial else None,
        "why_not": column.why_not,
        "is_chosen": _code(column) == chosen,
        "lines": made.commercial.lines if made and made.commercial else (),
    }


def _as_row(code: str, name: str, columns: list[Comparison]) -> dict[str, Any]:
    cells = []
    for column in columns:
        lines = column.made.commercial.lines if column.made and column.made.commercial else ()
        cells.append(next((line for line in lines if line.code == code), None))
    return {"name": name, "cells": cells}


def _ask_own(
    request: HttpRequest,
    application: Application,
    typed: Mapping[str, Any],
    *,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    ticked = typed.getlist("cover") if hasattr(typed, "getlist") else typed.get("cover", ())
    covers = [
        {
            "one": one,
            "is_ticked": one.code in ticked,
            "sum": str(typed.get(f"sum.{one.code}") or ""),
            "rate": str(typed.get(f"rate.{one.code}") or ""),
            "sums": [(str(amount), _in_words(amount)) for amount in one.sums],
        }
        for one in choosable(application.form, tables_for(now()))
    ]
    context = {"view": "own", "covers": covers}
    return step_page(request, application, Step.COVER, context, fault=fault, status=status)


def _own_as_typed(cover: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {"cover": []}
    if cover.get("package") != OWN:
        return typed
    for one in cover.get("covers") or ():
        typed["cover"].append(one["code"])
        if one.get("sum_insured"):
            typed[f"sum.{one['code']}"] = one["sum_insured"].partition(".")[0]
        if one.get("deductible_rate"):
            typed[f"rate.{one['code']}"] = one["deductible_rate"]
    return typed


def _in_words(yuan: int) -> str:
    return f"{yuan // 10_000} 万元" if yuan % 10_000 == 0 else f"{yuan:,} 元"
