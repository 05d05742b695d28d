"""What follows the facts of organisations; the site's flow table takes this in."""

from collections.abc import Mapping

FLOW: Mapping[str, tuple[str, ...]] = {
    "org_unit.active": (),
    "org_unit.suspended": (),
    "account.active": (),
    "account.locked": (),
    "account.left": (),
    "appointment.proposed": (),
    "appointment.confirmed": (),
    "appointment.refused": (),
    "sync_run.planned": (),
    "sync_run.held": (),
    "sync_run.applied": (),
    "sync_run.cancelled": (),
}
