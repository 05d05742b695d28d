"""The steps of filling in, what each asks for, and the order in which they come. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Step(StrEnum):
    """One page of the way; `confirm` shows everything and submits."""

    VEHICLE = "vehicle"
    PEOPLE = "people"
    COVER = "cover"
    ANSWERS = "answers"
    CONFIRM = "confirm"


STEP_LABELS: Mapping[Step, str] = {
    Step.VEHICLE: "车辆",
    Step.PEOPLE: "人员",
    Step.COVER: "险别报价",
    Step.ANSWERS: "告知",
    Step.CONFIRM: "确认提交",
}
# Which parts of a proposal's content a step fills in: its faults are those of these parts.
SECTIONS: Mapping[Step, tuple[str, ...]] = {
    Step.VEHICLE: ("vehicle",),
    Step.PEOPLE: (
        "policyholder",
        "relation_to_insured",
        "insured",
        "relation_to_owner",
        "owner",
    ),
    Step.COVER: (
        "compulsory",
        "commercial",
        "vehicle_tax",
        "special_agreements",
        "dispute",
        "source",
        "branch",
        "insurer",
        "total",
    ),
}
ORDER: tuple[Step, ...] = tuple(Step)


def step_after(step: Step) -> Step:
    """Return the step that follows; the last one stays."""
    return ORDER[min(ORDER.index(step) + 1, len(ORDER) - 1)]


def furthest(reached: str, done: Step) -> Step:
    """Return how far one has come once a step is done: going back takes nothing away."""
    following = step_after(done)
    if not reached:
        return following
    return max(Step(reached), following, key=ORDER.index)


def step_of_fault(path: str) -> Step:
    """Return the step on which a fault is mended."""
    head = path.partition(".")[0]
    for step, sections in SECTIONS.items():
        if head in sections:
            return step
    if head == "answers":
        return Step.ANSWERS
    return Step.VEHICLE if head == "form" else Step.COVER
