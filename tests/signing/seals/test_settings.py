"""What operators set by the environment reaches the seals."""

import json
from datetime import time

import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.signing.seals.maker import maker_anchors, seal_maker
from baozhen.signing.seals.services import using
from baozhen.trust.x509.issue import Role
from baozhen.trust.x509.parse import to_pem
from tests.pki import NOW, certify, family

pytestmark = pytest.mark.django_db


def test_production_makes_seals_with_the_maker_that_is_named(
    settings, monkeypatch, tmp_path, seal, at
):
    settings.BAOZHEN_MODE = "production"
    with pytest.raises(DevelopmentOnly):
        seal_maker(at=at)
    maker = certify(family("sm2").issuing, role=Role.DOCUMENT_SIGNER, serial=4711)
    (tmp_path / "chain.pem").write_bytes(to_pem([maker.certificate, *maker.chain]))
    (tmp_path / "roots.pem").write_bytes(to_pem([family("sm2").root.certificate]))
    named = {
        "certificate": str(tmp_path / "chain.pem"),
        "anchors": str(tmp_path / "roots.pem"),
        "key": "sdf:device/1",
    }
    file = tmp_path / "maker.json"
    file.write_text(json.dumps(named), encoding="utf-8")
    for source in (str(file), json.dumps(named)):
        monkeypatch.setenv("BAOZHEN_SEAL_MAKER", source)
        found = seal_maker(at=NOW)
        assert (found.certificate, found.chain) == (maker.certificate, maker.chain)
        assert found.key_reference == "sdf:device/1"
        assert maker_anchors() == (family("sm2").root.certificate,)


def test_hours_and_volume_of_persons(monkeypatch):
    assert using._hours() == (time(7), time(22))
    monkeypatch.setenv("BAOZHEN_SEAL_HOURS", "09:00-17:30")
    monkeypatch.setenv("BAOZHEN_SEAL_PERSON_HOURLY_MAX", "7")
    assert using._hours() == (time(9), time(17, 30))
    assert using._person_max() == 7
