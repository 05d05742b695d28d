"""`baozhen tsa` makes its authorities when there are none, and refuses production."""

import argparse
from pathlib import Path

import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.site.commands import tsa


def test_the_authorities_are_made_once(settings, tmp_path: Path) -> None:
    settings.BAOZHEN_DATA = tmp_path
    first = tsa.load_identities()
    assert set(first) == {"sm2", "rsa"}
    assert {k: v.certificate for k, v in tsa.load_identities().items()} == {
        k: v.certificate for k, v in first.items()
    }


def test_production_is_refused_with_a_sentence(settings, tmp_path: Path, capsys) -> None:
    settings.BAOZHEN_DATA = tmp_path
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        tsa.load_identities()
    assert tsa.run(argparse.Namespace(host="127.0.0.1", port=0)) == 2
    assert "只供开发使用" in capsys.readouterr().out
