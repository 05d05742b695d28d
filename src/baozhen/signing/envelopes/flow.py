"""What follows when a signing task moves. The turns of its actions are in services/turns.py."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "envelope.draft": (),
    "envelope.in_progress": (),
    "envelope.sealing": (),
    "envelope.completed": ("file_envelope",),
    "envelope.declined": (),
    "envelope.recalled": (),
    "envelope.expired": (),
    "envelope.voiding": (),
    "envelope.voided": (),
    "action.waiting": (),
    "action.ready": (),
    "action.performing": (),
    "action.done": (),
    "action.declined": (),
    "action.skipped": (),
    "void_request.open": (),
    "void_request.agreed": (),
    "void_request.refused": (),
    "void_request.lapsed": (),
    "pre_stamp.active": (),
    "pre_stamp.revoked": (),
    "pre_stamp.ended": (),
    "envelope_batch.processing": (),
    "envelope_batch.finished": (),
    "account.left": ("release_tasks",),
}
