"""The queue of underwriting, and one proposal in it: hits, covers, quote, what can be decided."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from baozhen.faces.console.access import may, needs
from baozhen.faces.console.frame import page
from baozhen.faces.console.registers import Cell, Choice, Register, acts_of, show_register
from baozhen.faces.templatetags.faces import as_yuan, stamp, yuan
from baozhen.foundation.clock import shanghai_date
from baozhen.foundation.masking import mask_id, mask_name, mask_plate, mask_vin
from baozhen.insurance.products.enumerations import label
from baozhen.insurance.products.queries import tables_on
from baozhen.insurance.underwriting.models import Referral
from baozhen.insurance.underwriting.states import DECISION_LABELS, STATE_LABELS, ReferralState
from baozhen.signing.organizations.roles import Permission

_TONES = {
    ReferralState.OPEN: ("amber", "clock"),
    ReferralState.ACCEPTED: ("jade", "check"),
    ReferralState.OFFERED: ("", "again"),
    ReferralState.DECLINED: ("seal", "cross"),
    ReferralState.WITHDRAWN: ("quiet", "pause"),
}
_SECTIONS = {
    "compulsory": "交强险",
    "commercial": "商业险",
    "vehicle_tax": "车船税",
    "total": "合计",
}


@needs(Permission.VIEW_UNDERWRITING)
@require_GET
def referrals(request: HttpRequest) -> HttpResponse:
    """List what waits for a person, the oldest first; what was decided can be asked for."""
    state = request.GET.get("state", "").strip()
    found = Referral.objects.select_related("assessment").defer("content", "quote")
    found = found.filter(state=state) if state else found.filter(state=ReferralState.OPEN)
    if number := request.GET.get("number", "").strip():
        found = found.filter(proposal_no=number)
    register = Register(
        here="referrals",
        title="人工核保",
        note="自动规则留给人判断的投保单；不选状态时只列待核保的",
        columns=("投保单号", "投保单", "机构", "保费合计", "转人工的原因", "转入时间", "状态"),
        empty=("check", "没有待核保的投保单", "自动规则转人工的投保单会出现在这里。"),
        filters=(
            Choice(name="state", label="状态", choices=list(STATE_LABELS.items())),
            Choice(name="number", label="投保单号"),
        ),
    )
    return show_register(request, register, found.order_by("opened_at", "pk"), _cells)


def _cells(row: Referral) -> list[Cell]:
    reasons = [hit["reason"] for hit in row.assessment.hits]
    return [
        Cell(text=row.proposal_no, href=reverse("console:referral", kwargs={"key": row.pk})),
        Cell(text=label("form", row.form)),
        Cell(text=row.branch_code, is_code=True),
        Cell(text=yuan(row.total_fen)),
        Cell(text="；".join(reasons)),
        Cell(text=stamp(row.opened_at)),
        state_cell(row),
    ]


def state_cell(row: Referral) -> Cell:
    """Return the state of a referral as a tag."""
    tone, icon = _TONES[ReferralState(row.state)]
    return Cell(text=STATE_LABELS[row.state], tone=tone, icon=icon)


@needs(Permission.VIEW_UNDERWRITING)
@require_GET
def referral(request: HttpRequest, key: int) -> HttpResponse:
    """Show one proposal to the underwriter, its persons masked."""
    row = Referral.objects.select_related("assessment").filter(pk=key).first()
    if row is None:
        raise Http404
    content = row.content
    context = {
        "here": "referrals",
        "referral": row,
        "state": state_cell(row),
        "total": yuan(row.total_fen),
        "form": label("form", row.form),
        "hits": [
            {**hit, "decision": DECISION_LABELS[hit["decision"]]} for hit in row.assessment.hits
        ],
        "people": _people(content),
        "vehicle": _vehicle(content["vehicle"]),
        "lines": (content.get("commercial") or {}).get("coverages", []),
        "own": ((content.get("commercial") or {}).get("factors") or {}).get("self_pricing", ""),
        "steps": _steps(row.quote),
        "deductibles": _deductibles(row),
        "offer": _offer(row),
        "acts": acts_of(Referral.NOUN, row.pk),
        "may_decide": may(request, Permission.UNDERWRITE) and row.state == ReferralState.OPEN,
    }
    return page(request, "console/underwriting/referral.html", context)


def _people(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    roles = (("policyholder", "投保人"), ("insured", "被保险人"), ("owner", "车主"))
    return [
        (title, f"{mask_name(content[role]['name'])} {mask_id(content[role]['id_no'])}")
        for role, title in roles
    ]


def _vehicle(vehicle: Mapping[str, Any]) -> list[tuple[str, str]]:
    plate = vehicle.get("plate_no")
    since = vehicle.get("first_registered_on") or vehicle.get("invoice_on") or "—"
    return [
        ("厂牌型号", vehicle["brand_model"]),
        ("号牌", mask_plate(plate) if plate else label("plate_status", vehicle["plate_status"])),
        ("车架号", mask_vin(vehicle["vin"])),
        ("种类与使用性质", f"{_word('vehicle_kind', vehicle['kind'])}，{_use(vehicle)}"),
        ("能源", _word("fuel", vehicle["fuel"])),
        ("初次登记", since),
        ("新车购置价", as_yuan(vehicle["new_price"])),
        ("过户", "是" if vehicle.get("transferred") else "否"),
    ]


def _use(vehicle: Mapping[str, Any]) -> str:
    return _word("use_nature", vehicle["use_nature"])


def _word(enumeration: str, word: str) -> str:
    return label(enumeration, word)


def _steps(quote: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    steps = [] if quote is None else quote["steps"]
    return [{**step, "section": _SECTIONS[step["section"]]} for step in steps]


def _deductibles(row: Referral) -> list[str]:
    tables = tables_on(shanghai_date(row.opened_at))
    return [str(rate) for rate in tables.rates.deductible_discounts]


def _offer(row: Referral) -> list[str]:
    """Return the offered terms in words."""
    if row.offer is None:
        return []
    commercial = row.content.get("commercial") or {}
    names = {line["code"]: line["name"] for line in commercial.get("coverages", [])}
    said = []
    for cover in row.offer.get("covers", []):
        terms = []
        if cover.get("removed"):
            terms.append("不承保")
        if cover.get("sum_insured"):
            terms.append(f"保险金额 {as_yuan(cover['sum_insured'])}")
        if cover.get("deductible_rate"):
            terms.append(f"绝对免赔率 {cover['deductible_rate']}")
        said.append(f"{names.get(cover['code'], cover['code'])}：{'，'.join(terms)}")
    if row.offer.get("self_pricing"):
        said.append(f"自主定价系数 {row.offer['self_pricing']}")
    return said
