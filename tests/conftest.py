"""Fixtures that every floor's tests share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The founders' shared folder beside the checkout; only tests may read it."""
    if not SHARED.is_dir():
        pytest.fail(f"共享目录 {SHARED} 不在检出目录旁边：这些测试需要它的合成数据")
    return SHARED
