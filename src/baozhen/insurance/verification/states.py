"""States of what opens policies to people: a caller's check, a bound WeChat account."""

from collections.abc import Mapping
from enum import StrEnum


class CallState(StrEnum):
    """来电核身: `passed` opens one holder's policies to one agent; `refused` opens nothing."""

    PASSED = "passed"
    REFUSED = "refused"
    ENDED = "ended"


CALL_MOVES: Mapping[str, frozenset[str]] = {
    CallState.PASSED: frozenset({CallState.ENDED}),
    CallState.REFUSED: frozenset(),
    CallState.ENDED: frozenset(),
}


class BindingState(StrEnum):
    """Whether a WeChat account stands for a person."""

    BOUND = "bound"
    RELEASED = "released"


BINDING_MOVES: Mapping[str, frozenset[str]] = {
    BindingState.BOUND: frozenset({BindingState.RELEASED}),
    BindingState.RELEASED: frozenset(),
}


class WeChatApp(StrEnum):
    """Each app of the platform gives the same person another openid."""

    ACCOUNT = "account"
    MINI = "mini"
