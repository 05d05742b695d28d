"""Logs are JSON lines without personal data, whoever wrote them."""

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from baozhen.foundation.masking import mask_text

_DEPTH_MAX = 6
_NUMBER_MAX = 10**10  # eleven digits may be somebody's mobile


def logging_settings(*, level: str = "INFO", as_json: bool = True) -> dict[str, Any]:
    """Return Django's LOGGING: everything to standard error, masked last of all.

    `as_json=False` prints readable lines for a person at a terminal.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask_event,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print unmasked lines beside ours.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "pikepdf": {"level": "WARNING"},  # it greets in every process
        },
    }


def mask_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask every text of a log event, also inside its containers and its traceback."""
    for name, value in event.items():
        event[name] = _masked(value, depth=0)
    return event


def _masked(value: object, *, depth: int) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < _NUMBER_MAX:
        return value
    if isinstance(value, Mapping) and depth < _DEPTH_MAX:
        return {mask_text(str(key)): _masked(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEPTH_MAX:
        return [_masked(item, depth=depth + 1) for item in value]
    return mask_text(str(value))
