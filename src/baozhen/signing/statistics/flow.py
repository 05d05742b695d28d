"""What follows the facts of this app."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "statement.draft": (),
    "statement.confirmed": (),
    "statement.locked": (),
}
