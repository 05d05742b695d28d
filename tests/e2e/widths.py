"""At which width a page is walked: one by default, both with BAOZHEN_WALK."""

import os

import pytest

_BOTH = ("phone", "desk")


def at(width):
    """Walk a test at "phone" or at "desk": taken in turn, so that both see every room."""
    widths = _BOTH if os.environ.get("BAOZHEN_WALK") else (width,)
    return pytest.mark.parametrize("visitor", widths, indirect=True)
