"""An application as the staff see it: masked, in words, with what comes next."""

from collections.abc import Mapping
from typing import Any

from baozhen.foundation.masking import mask_id, mask_mobile, mask_name, mask_plate, mask_vin
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import told
from baozhen.insurance.applications.states import STATE_LABELS, ApplicationState
from baozhen.insurance.products.enumerations import label

_S = ApplicationState
TONES: Mapping[str, tuple[str, str]] = {
    _S.DRAFT: ("", "file"),
    _S.SUBMITTED: ("azure", "clock"),
    _S.REFERRED: ("amber", "clock"),
    _S.OFFERED: ("amber", "question"),
    _S.ACCEPTED: ("azure", "check"),
    _S.SIGNED: ("azure", "check"),
    _S.PAID: ("jade", "check"),
    _S.ISSUED: ("jade", "check"),
    _S.DECLINED: ("seal", "cross"),
    _S.FAILED: ("seal", "alert"),
}
_NEXT: Mapping[str, str] = {
    _S.DRAFT: "投保人填写",
    _S.SUBMITTED: "自动核保",
    _S.REFERRED: "核保人处理",
    _S.OFFERED: "投保人确认新方案",
    _S.ACCEPTED: "投保人阅读并签名",
    _S.SIGNED: "投保人缴费",
    _S.PAID: "系统出单",
}


def row_of(application: Application) -> dict[str, Any]:
    """Return one line of the list."""
    subject = application.applicant
    tone, sign = TONES.get(application.state, ("", "clock"))
    return {
        "row": application,
        "state": STATE_LABELS[application.state],
        "tone": tone,
        "sign": sign,
        "next": _NEXT.get(application.state, "—"),
        "form": label("form", application.form),
        "client": "手机投保" if application.client == "mobile" else application.client,
        "applicant": mask_name(str(subject.name)) if subject else "尚未核验",
        "mobile": mask_mobile(str(subject.mobile)) if subject else "",
    }


def facts_of(application: Application) -> list[tuple[str, str]]:
    """Return the facts of the vehicle and the people, personal data masked."""
    content = application.content
    vehicle = content.get("vehicle") or {}
    rows = [
        ("号牌号码", mask_plate(str(vehicle.get("plate_no") or "")) or "未上牌"),
        ("车架号", mask_vin(str(vehicle.get("vin", "")))),
        ("厂牌型号", str(vehicle.get("brand_model", "—"))),
    ]
    for role, name in (("policyholder", "投保人"), ("insured", "被保险人"), ("owner", "车主")):
        party = content.get(role) or {}
        if party.get("name"):
            words = f"{mask_name(str(party['name']))} {mask_id(str(party.get('id_no', '')))}"
            rows.append((name, words))
    cover = application.inputs.get("cover") or {}
    if cover.get("starts_on"):
        rows.append(("起保日期", str(cover["starts_on"])))
    unusual = told(application.inputs.get("answers") or {})
    rows += [(f"告知：{question.text}", detail) for question, detail in unusual]
    return rows
