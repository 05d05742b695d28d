"""Record what people are shown and do. The rooms above call `record_event` and `link_business`."""

from baozhen.foundation.traces.services.recording import (
    EventInput,
    Visitor,
    begin_session,
    link_business,
    link_person,
    record_event,
    record_events,
)

__all__ = [
    "EventInput",
    "Visitor",
    "begin_session",
    "link_business",
    "link_person",
    "record_event",
    "record_events",
]
