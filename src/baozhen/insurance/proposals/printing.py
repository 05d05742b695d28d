"""Can everything that a policy prints be printed in its fonts? Rare characters of names first."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from baozhen.insurance.proposals.content import ProposalData
from baozhen.insurance.proposals.faults import UNREADABLE, Fault, fault

# Returns the characters of a text that the policy's fonts cannot print.
Printable = Callable[[str], Sequence[str]]

_SHOWN_MAX = 10
_OF_ROLE = (
    "name", "contact_name", "occupation",
    "address.province", "address.city", "address.county", "address.detail",
)  # fmt: skip
_OF_ROLE_ID = ("id_no",)
_PATHS = tuple(
    f"{role}.{name}".split(".")
    for role in ("policyholder", "insured", "owner")
    for name in (*_OF_ROLE, *_OF_ROLE_ID)
) + tuple(
    path.split(".")
    for path in (
        "branch.name",
        "vehicle.brand_model",
        "vehicle.model_code",
        "vehicle.plate_no",
        "vehicle.temporary_plate_no",
        "vehicle.temporary_plate_office",
        "vehicle.battery_type",
        "vehicle.charging_pile.model",
        "vehicle.charging_pile.serial_no",
        "vehicle.charging_pile.install_address",
        "vehicle.charging_pile.owner_name",
        "vehicle.special_use",
        "vehicle.working_area",
        "vehicle.trip.origin",
        "vehicle.trip.destination",
        "vehicle.trip.delivery_mode",
        "vehicle_tax.certificate.no",
        "vehicle_tax.certificate.office",
        "dispute.body",
        "source.intermediary",
        "source.licence_no",
        "source.agent_name",
        "source.agent_licence_no",
        "underwriting.underwriter",
    )
)
_NAMES = frozenset({"name", "contact_name"})


def check_printable(proposal: ProposalData, printable: Printable) -> Iterator[Fault]:
    """Every printed text has its glyphs; asked once for all of them, one by one only on a miss."""
    texts = list(_printed(proposal))
    if not printable("".join([text for _, text in texts])):
        return
    for path, text in texts:
        missing = printable(text)
        if missing:
            parts = path.split(".")
            is_name = parts[-1] in _NAMES and parts[0] in {"policyholder", "insured", "owner"}
            code = "name_unprintable" if is_name else "text_unprintable"
            shown = "".join(dict.fromkeys(missing))[:_SHOWN_MAX]
            yield fault(code, path, characters=shown)


def _printed(proposal: ProposalData) -> Iterator[tuple[str, str]]:
    for path in _PATHS:
        text = _follow(proposal, path)
        if text is not None and not text.isascii():
            yield ".".join(path), text
    if proposal.vehicle is not UNREADABLE and proposal.vehicle.fixed_equipment is not UNREADABLE:
        for index, item in enumerate(proposal.vehicle.fixed_equipment or ()):
            for name in ("name", "model"):
                text = _follow(item, [name])
                if text is not None and not text.isascii():
                    yield f"vehicle.fixed_equipment.{index}.{name}", text


def _follow(part: Any, path: Sequence[str]) -> str | None:
    for name in path:
        if part is None or part is UNREADABLE:
            return None
        part = getattr(part, name)
    return None if part is UNREADABLE else part
