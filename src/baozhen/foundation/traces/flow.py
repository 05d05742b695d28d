"""What follows the facts of traces."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "trace_export.requested": (),
    "trace_export.refused": (),
    "trace_export.approved": ("make_trace_export",),
    "trace_export.made": (),
    "trace_destruction.proposed": (),
    "trace_destruction.approved_once": (),
    "trace_destruction.refused": (),
    "trace_destruction.approved": ("destroy_traces",),
    "trace_destruction.done": (),
}
