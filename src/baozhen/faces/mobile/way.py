"""The steps of the way from a proposal to a policy, as the bar above every page names them."""

from typing import Any

STEPS = ("投保信息", "阅读", "签名", "缴费", "完成")
READING, SIGNING, PAYING, DONE = 1, 2, 3, 4


def steps_at(place: int) -> list[dict[str, Any]]:
    """Return the bar of the whole way, at one of its steps."""
    return [
        {"label": label, "now": number == place, "done": number < place}
        for number, label in enumerate(STEPS)
    ]
