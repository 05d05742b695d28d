"""Three kinds of failure, and no fourth.

* Refusal   the domain says no; a person can understand it and act          -> 4xx, a job parks
* Outage    somebody else's system failed; the same call may succeed later  -> 503, a job retries
* anything else is a bug                                                    -> 500, text withheld
"""

from functools import partial
from typing import ClassVar


class BaozhenError(Exception):
    """Base of the errors we raise on purpose: a stable code and a Chinese sentence with facts."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.message.format(**facts))
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        """Cross a process border whole: keyword facts do not survive the default pickling."""
        return (partial(type(self), **self.facts), ())


class Refusal(BaozhenError):
    """The domain says no. `path` names the input field at fault, as in `vehicle.vin`."""

    def __init__(self, *, path: str = "", **facts: object) -> None:
        super().__init__(**facts)
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (partial(type(self), path=self.path, **self.facts), ())


class Outage(BaozhenError):
    """Somebody else's system failed."""


class IllegalMove(Refusal):
    """The state machine has no such edge."""

    code = "illegal_move"
    message = "{subject} 不能从 {source} 变为 {target}"


class StaleState(Refusal):
    """Somebody else moved the row first."""

    code = "stale_state"
    message = "{subject} 已被其他操作更新"


class DevelopmentOnly(BaozhenError):
    """A development twin was asked to work in production: a fault of the configuration."""

    code = "development_only"
    message = "{twin} 只供开发使用，生产模式拒绝启用"
