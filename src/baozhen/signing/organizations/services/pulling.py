"""Pull a directory: ask outside any transaction, then plan, then apply what need not wait."""

from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.errors import BaozhenError
from baozhen.signing.organizations.directory.client import Pulled, pull
from baozhen.signing.organizations.errors import SyncRefused
from baozhen.signing.organizations.models import DirectorySource, SyncRun
from baozhen.signing.organizations.services.directory import RunRequest, apply_run, plan_run
from baozhen.signing.organizations.states import SyncState

FULL_EVERY = timedelta(days=7)


def plan_pull(source: DirectorySource, *, is_full: bool, actor: str, at: datetime) -> SyncRun:
    """Ask the directory and keep what would change; raises DirectoryUnavailable, …Invalid.

    The first run is full; later ones ask for changes only, and once a week again for all, because
    people who were deleted over there are in no list of changes.
    """
    since = None if is_full or _is_full_due(source, at) else source.synced_to
    try:
        pulled = pull(source.base_url, source.token, since=since)
        run = plan_run(
            RunRequest(snapshot=pulled.snapshot, source_name=source.name, source=source),
            actor=actor,
            at=at,
        )
    except BaozhenError as error:
        DirectorySource.objects.filter(pk=source.pk).update(last_error=str(error)[:200])
        raise
    _remember(source, pulled, at)
    return run


def _is_full_due(source: DirectorySource, at: datetime) -> bool:
    last = source.syncrun_set.order_by("-pk").first()
    return (
        source.full_at is None
        or source.synced_to is None
        or at - source.full_at >= FULL_EVERY
        # What a run that was not applied had found is in no later list of changes.
        or last is None
        or last.state != SyncState.APPLIED
    )


def _remember(source: DirectorySource, pulled: Pulled, at: datetime) -> None:
    """Note how far the word of the directory goes."""
    columns: dict[str, object] = {"last_error": ""}
    if pulled.newest is not None:
        columns["synced_to"] = pulled.newest
    if pulled.snapshot.is_full:
        columns["full_at"] = at
    DirectorySource.objects.filter(pk=source.pk).update(**columns)


def pull_and_apply(source: DirectorySource, *, actor: str, at: datetime) -> SyncRun:
    """The daily run: what is held waits for a person, the rest is made at once."""
    run = plan_pull(source, is_full=False, actor=actor, at=at)
    if run.state == SyncState.HELD:
        return run
    return apply_run(run.pk, confirmed=False, actor=actor, at=at)


@transaction.atomic(durable=True)
def save_source(source: DirectorySource, *, actor: str, at: datetime) -> DirectorySource:
    """Keep a source with its address and token; a new address is read from the beginning."""
    if not source.base_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SyncRefused(path="base_url", reason="目录地址须使用 HTTPS")
    source.synced_to = source.full_at = None
    source.save()
    audit.record(
        "directory_source.saved",
        subject_id=source.pk,
        actor=actor,
        at=at,
        facts={"base_url": source.base_url, "active": source.active},
    )
    return source
