"""Production mode refuses what is only for development."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from baozhen.site.environment import live_timestamp_mode
from baozhen.site.production import check_mode, unsafe_settings

SAFE = {
    "BAOZHEN_MODE": "production",
    "DEBUG": False,
    "BAOZHEN_TSA_URLS": ["https://tsa.example.com"],
    "BAOZHEN_MAIL_URL": "smtps://mail.example.com",
    "BAOZHEN_PUBLIC_URL": "https://policy.example.com",
}
ENVIRON = {
    "BAOZHEN_SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgresql://db.example.com/baozhen",
    "BAOZHEN_DATA_KEYS": "/etc/baozhen/keys.json",
    "BAOZHEN_TSA_ANCHORS": "/etc/baozhen/tsa-roots.pem",
}


def test_a_complete_production_setting_is_accepted():
    assert not list(unsafe_settings(SAFE, ENVIRON))


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"DEBUG": True}, "DEBUG"),
        ({"BAOZHEN_TSA_URLS": []}, "时间戳"),
        ({"BAOZHEN_MAIL_URL": ""}, "邮箱"),
        ({"BAOZHEN_PUBLIC_URL": "http://policy.example.com"}, "https"),
    ],
)
def test_each_unsafe_setting_is_named(changed, word):
    found = list(unsafe_settings(SAFE | changed, ENVIRON))
    assert len(found) == 1
    assert word in found[0]


@pytest.mark.parametrize("missing", sorted(ENVIRON))
def test_each_missing_secret_is_named(missing):
    environ = {name: value for name, value in ENVIRON.items() if name != missing}
    found = list(unsafe_settings(SAFE, environ))
    assert len(found) == 1
    assert missing in found[0]


def test_the_demonstration_clock_is_refused():
    found = list(unsafe_settings(SAFE, ENVIRON | {"BAOZHEN_CLOCK": "2026-01-01T00:00:00Z"}))
    assert len(found) == 1
    assert "BAOZHEN_CLOCK" in found[0]


def test_an_unknown_mode_is_refused():
    with pytest.raises(ImproperlyConfigured, match="development"):
        check_mode(SAFE | {"BAOZHEN_MODE": "prod"})


def test_the_timestamp_mode_is_each_unless_another_one_is_named(monkeypatch):
    monkeypatch.delenv("BAOZHEN_TIMESTAMP", raising=False)
    assert live_timestamp_mode() == "each"
    for mode in ("each", "aggregated", "none"):
        monkeypatch.setenv("BAOZHEN_TIMESTAMP", mode)
        assert live_timestamp_mode() == mode


def test_an_unknown_timestamp_mode_is_refused(monkeypatch):
    monkeypatch.setenv("BAOZHEN_TIMESTAMP", "always")
    with pytest.raises(ImproperlyConfigured, match="each、aggregated、none 之一，现在是 always"):
        live_timestamp_mode()


def test_the_settings_themselves_refuse():
    """The check is really called where the settings are read, in a process of its own."""
    environ = {"PATH": os.environ["PATH"], "BAOZHEN_MODE": "production", "BAOZHEN_DEBUG": "1"}
    environ |= {"BAOZHEN_DATA": os.environ["BAOZHEN_DATA"]}
    code = "import baozhen.site.settings"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert "生产模式拒绝启动" in done.stderr
    assert "DEBUG" in done.stderr
