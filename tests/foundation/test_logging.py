"""No log line carries personal data."""

import io
import json
import logging
import logging.config

import pytest

from baozhen.foundation.logging import logging_settings, mask_event


@pytest.fixture
def lines():
    """A logger of its own with our formatter, and what it wrote."""
    stream = io.StringIO()
    formatter = logging_settings()["formatters"]["lines"]
    factory = formatter.pop("()")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(factory(**formatter))
    logger = logging.getLogger("tests.masking")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)


@pytest.mark.requirement("S0-7.2.1b")
def test_a_line_is_json_and_masked(lines):
    logger, stream = lines
    logger.warning("mobile %s", "16112340001", extra={"who": "test1@example.com"})
    event = json.loads(stream.getvalue())
    assert event["level"] == "warning"
    assert event["event"] == "mobile 161****0001"
    assert "16112340001" not in stream.getvalue()


def test_a_traceback_is_masked(lines):
    logger, stream = lines
    try:
        int("16112340001 x")
    except ValueError:
        logger.exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "16112340001" not in stream.getvalue()


def test_without_the_mask_it_would_leak():
    event = {"event": "x", "deep": [{"mobile": "16112340001", "number": 16112340001}]}
    assert "16112340001" in json.dumps(event)
    assert "16112340001" not in json.dumps(mask_event(None, "info", event))


def test_odd_values_do_not_break_a_line():
    deep = value = {}
    for _ in range(20):
        value["x"] = {}
        value = value["x"]
    event = mask_event(None, "info", {"deep": deep, "none": None, "bytes": b"1", "set": {1}})
    assert event["none"] is None


def test_the_settings_are_accepted():
    for as_json in (True, False):
        config = logging_settings(as_json=as_json)
        config["root"], config["loggers"] = {}, {}
        logging.config.dictConfig(config)
