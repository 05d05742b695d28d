"""What follows each fact of templates: nothing runs by itself, people approve."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {}
