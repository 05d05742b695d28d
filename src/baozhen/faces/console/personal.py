"""A policy's personal data in full, for the page that is shown only after a recorded reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from baozhen.faces.templatetags.faces import moment
from baozhen.insurance.endorsements.queries import contents_of
from baozhen.insurance.policies.models import Policy

_PARTIES = (("policyholder", "投保人"), ("insured", "被保险人"), ("owner", "车主"))
_FIELDS = (("name", "姓名"), ("id_no", "证件号"), ("mobile", "手机"), ("email", "邮箱"))
_VEHICLE = (
    ("plate_no", "号牌号码"),
    ("vin", "车架号"),
    ("engine_no", "发动机号"),
    ("motor_no", "电机号"),
)
Fact = tuple[str, str, str]  # what, its present value, and what became of it


def full_facts(policy: Policy, *, at: datetime) -> list[tuple[str, list[Fact]]]:
    """Return each person's facts and the vehicle's numbers, as they are and since when."""
    first, *later = contents_of(policy.proposal, on=at)
    facts, notes = _facts(first.content), dict[tuple[str, str], str]()
    for version in later:
        changed = _facts(version.content)
        for key, value in changed.items():
            if value != facts[key]:
                notes[key] = f"{moment(version.since)}批改，此前为 {facts[key]}"
        facts = changed
    groups: dict[str, list[Fact]] = {}
    for (title, label), value in facts.items():
        groups.setdefault(title, []).append((label, value, notes.get((title, label), "")))
    return list(groups.items())


def _facts(content: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    facts: dict[tuple[str, str], str] = {}
    for role, title in _PARTIES:
        party = content[role]
        facts |= {(title, label): str(party.get(name) or "—") for name, label in _FIELDS}
        facts[title, "地址"] = _address(party.get("address"))
    vehicle = content["vehicle"]
    return facts | {("车辆", label): str(vehicle.get(name) or "—") for name, label in _VEHICLE}


def _address(address: Mapping[str, Any] | None) -> str:
    """Write an address; a municipality, which is province and city, is named once."""
    if not address:
        return "—"
    parts = (str(address[part]) for part in ("province", "city", "county", "detail"))
    return "".join(dict.fromkeys(parts))
