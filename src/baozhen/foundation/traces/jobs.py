"""The jobs of traces: the log hears of the heads, packages are made, lists are carried out."""

from baozhen.foundation.clock import now
from baozhen.foundation.jobs import Queue, job
from baozhen.foundation.traces.checking import anchor_sessions
from baozhen.foundation.traces.services.destroying import destroy
from baozhen.foundation.traces.services.exporting import make_export


# The rule says daily; hourly costs little more and leaves less to be doubted.
@job("anchor_traces", queue=Queue.HOUSEKEEPING, every_seconds=3_600)
def anchor_traces() -> None:
    """Write the heads of sessions into the audit log."""
    while anchor_sessions(at=now()):
        pass


@job("make_trace_export", queue=Queue.BULK)
def make_trace_export(key: int) -> None:
    """Make the package of an approved export."""
    make_export(key, at=now())


@job("destroy_traces", queue=Queue.HOUSEKEEPING)
def destroy_traces(key: int) -> None:
    """Carry out a list that two people agreed to."""
    destroy(key, at=now())
