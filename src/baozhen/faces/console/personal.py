"""A policy's personal data in full, for the page that is shown only after a recorded reason."""

from collections.abc import Mapping
from typing import Any

from baozhen.insurance.policies.models import Policy

_PARTIES = (("policyholder", "投保人"), ("insured", "被保险人"), ("owner", "车主"))
_FIELDS = (("name", "姓名"), ("id_no", "证件号"), ("mobile", "手机"), ("email", "邮箱"))
_VEHICLE = (("plate_no", "号牌号码"), ("vin", "车架号"), ("engine_no", "发动机号"))


def full_facts(policy: Policy) -> list[tuple[str, str]]:
    """Return persons, addresses and the vehicle's numbers as the proposal holds them."""
    content: Mapping[str, Any] = policy.proposal.content
    facts = []
    for key, title in _PARTIES:
        party = content[key]
        facts += [(f"{title}{label}", str(party.get(name) or "—")) for name, label in _FIELDS]
        facts.append((f"{title}地址", _address(party.get("address"))))
    vehicle = content["vehicle"]
    return facts + [(label, str(vehicle.get(name) or "—")) for name, label in _VEHICLE]


def _address(address: Mapping[str, Any] | None) -> str:
    if not address:
        return "—"
    return "".join(str(address[part]) for part in ("province", "city", "county", "detail"))
