"""Hand out everything about one number: asked for by one, allowed by another, made by a job."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.audit.log import checkpoint_signer
from baozhen.foundation.errors import Outage
from baozhen.foundation.ids import new_id
from baozhen.foundation.states import enter, move
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.bundle import find_file, read_file
from baozhen.foundation.traces.checking import events_of, faults_of
from baozhen.foundation.traces.drawing import SessionPart, index_page, replay_page
from baozhen.foundation.traces.errors import SecondPersonNeeded, TraceUnknown
from baozhen.foundation.traces.models import (
    PageVersion,
    RecordingChunk,
    TraceEvent,
    TraceExport,
    TraceSession,
)
from baozhen.foundation.traces.package import (
    MANIFEST,
    NOTE,
    PRINTED,
    STAMP,
    build_manifest,
    checkpoint_over,
    pack,
)
from baozhen.foundation.traces.queries import sessions_about
from baozhen.foundation.traces.reasons import checked_reason
from baozhen.foundation.traces.replay import pictures_of, quiet, served_page, version_file
from baozhen.foundation.traces.states import ExportState
from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.trust.crypto.digests import sha256

_KIT: Final = Path(__file__).parents[1] / "kit"
_PLAYED: Final = "recordings/recordings.js"
_PLAYER: Final = {
    "recordings/player.js": "rrweb-player/rrweb-player.umd.min.cjs",
    "recordings/player.css": "rrweb-player/style.min.css",
}


@dataclass(frozen=True)
class ExportParts:
    """What the rooms above add to a package: files by path, below documents/ or evidence/."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    certificates: Sequence[bytes] = ()


Source = Callable[[str], ExportParts]
Printer = Callable[[TraceExport, Sequence[SessionPart], datetime], bytes]
_sources: list[Source] = []
_stamps: list[Callable[[bytes], bytes]] = []
_printers: list[Printer] = []


def install_export_source(
    source: Source, stamp: Callable[[bytes], bytes], printer: Printer
) -> None:
    """Install what knows the signed files of a number, what timestamps and what prints."""
    _sources[:] = [source]
    _stamps[:] = [stamp]
    _printers[:] = [printer]


@transaction.atomic(durable=True)
def request_export(number: str, *, reason: str, actor: str, at: datetime) -> TraceExport:
    """Ask for a package. Raises TraceReasonMissing, or TraceUnknown without any session."""
    reason = checked_reason(reason)
    number = number.strip()
    if not number or not sessions_about(number):
        raise TraceUnknown(what=number or "业务编号")
    export = TraceExport.objects.create(
        public_id=new_id("tre", at=at),
        number=number,
        reason=reason,
        requested_by=actor,
        requested_at=at,
    )
    enter(export, actor=actor, at=at)
    return export


@transaction.atomic(durable=True)
def decide_export(key: str, *, allow: bool, actor: str, at: datetime) -> TraceExport:
    """Allow or refuse it; allowing needs another person than the one who asked."""
    export = TraceExport.objects.select_for_update().filter(public_id=key).first()
    if export is None:
        raise TraceUnknown(what=key)
    if allow and export.requested_by == actor:
        raise SecondPersonNeeded
    to = ExportState.APPROVED if allow else ExportState.REFUSED
    move(export, to, actor=actor, at=at, decided_by=actor, decided_at=at)
    return export


def make_export(key: int, *, at: datetime) -> None:
    """Make the package of an approved export and store it; made before, it is left alone."""
    refuse_inside_transaction("making a trace package")
    export = TraceExport.objects.get(pk=key)
    if export.state != ExportState.APPROVED:
        return
    data = build_package(export, at=at)
    address = get_storage().put(data)
    with transaction.atomic(durable=True):
        move(export, ExportState.MADE, actor="system", at=at, sha256=address, size=len(data))


@transaction.atomic(durable=True)
def record_taking(export: TraceExport, *, actor: str, at: datetime) -> None:
    """Record that somebody took the package."""
    audit.record(
        "trace_export.taken",
        subject_id=export.pk,
        actor=actor,
        at=at,
        facts={"number": export.number, "sha256": export.sha256},
    )


def build_package(export: TraceExport, *, at: datetime) -> bytes:
    """Return the signed package."""
    added = _sources[0](export.number) if _sources else ExportParts()
    files: dict[str, bytes] = dict(added.files)
    trees = _Trees()
    parts, told = [], []
    for session in sessions_about(export.number):
        part, value = _session_files(session, trees, files)
        parts.append(part)
        told.append(value)
    files |= trees.files
    for place, certificate in enumerate(added.certificates):
        files[f"certificates/{place:03d}-{sha256(certificate).hex()[:12]}.cer"] = certificate
    files |= _kit(parts)
    files["events.json"] = json.dumps(
        {"format": "baozhen-trace-events/1", "number": export.number, "sessions": told},
        ensure_ascii=False,
        indent=1,
    ).encode()
    files["events.csv"] = _csv(parts)
    if _printers:
        files[PRINTED] = _printers[0](export, parts, at)
    papers = sorted(name for name in added.files)
    files["index.html"] = index_page(export, parts, papers)
    return _sealed(export, files, at=at)


def _sealed(export: TraceExport, files: dict[str, bytes], *, at: datetime) -> bytes:
    manifest = build_manifest(files, subject=export.public_id, at=at)
    checkpoint = checkpoint_over(
        manifest,
        origin=str(settings.BAOZHEN_LOG_ORIGIN),
        subject=export.public_id,
        count=len(files),
        at=at,
    )
    note = checkpoint_signer().sign(checkpoint)
    whole = files | {MANIFEST: manifest, NOTE: note}
    if _stamps:
        try:
            whole[STAMP] = _stamps[0](sha256(note))
        except Outage:
            # A package without a timestamp says so when it is checked; the request is not lost.
            whole.pop(STAMP, None)
    return pack(whole)


class _Trees:
    """The files of page versions as folders in which their own addresses hold.

    Versions whose files agree share a folder: most do, for styles change rarely.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._trees: list[dict[str, str]] = []
        self._places: dict[int, int] = {}

    def place(self, version: PageVersion) -> str:
        """Return the folder of a version, from a page one folder below the top."""
        if version.pk not in self._places:
            self._places[version.pk] = self._add(version)
        return f"../files/{self._places[version.pk]}/"

    def _add(self, version: PageVersion) -> int:
        wanted = {str(line[0]): str(line[3]) for line in version.bundle}
        number = next(
            (
                place
                for place, tree in enumerate(self._trees)
                if all(tree.get(path, address) == address for path, address in wanted.items())
            ),
            len(self._trees),
        )
        if number == len(self._trees):
            self._trees.append({})
        tree = self._trees[number]
        for path, address in wanted.items():
            if path not in tree:
                found = version_file(version, path, files_at=_up(path))
                if found is not None:
                    self.files[f"files/{number}/{path}"] = found[0]
                    tree[path] = address
        return number


def _up(path: str) -> str:
    """Return how a file of a tree names the tree's root."""
    return "../" * path.count("/")


def _session_files(
    session: TraceSession, trees: _Trees, files: dict[str, bytes]
) -> tuple[SessionPart, dict[str, object]]:
    faults = list(faults_of(session))
    events = events_of(session)
    chunks = list(
        RecordingChunk.objects.filter(session=session).select_related("page").order_by("number")
    )
    views: dict[int, str] = {}
    told = []
    for event in events:
        value: dict[str, object] = {
            "line": event.act().line(bytes(event.previous)),
            "digest": bytes(event.digest).hex(),
        }
        if event.shown and event.page is not None:
            name = f"{session.public_id}-{event.seq:05d}.html"
            page = served_page(event)
            files[f"served/{name}"] = page.encode()
            files[f"view/{name}"] = quiet(page, files_at=trees.place(event.page)).encode()
            value["page_file"] = f"served/{name}"
            views[event.seq] = f"view/{name}"
        told.append(value)
    for chunk in chunks:
        name = f"recordings/{session.public_id}-{chunk.number:05d}.json.z"
        files[name] = get_storage().get(chunk.sha256)
        told[chunk.number - 1]["recording_file"] = name
    if chunks:
        # The player's frame has the base of the page at the top.
        places = {chunk.page_id: trees.place(chunk.page).removeprefix("../") for chunk in chunks}
        played = json.dumps(
            pictures_of(chunks, files_at=places), ensure_ascii=True, separators=(",", ":")
        )
        # A page from the disk may not read files, but it may run them.
        before = files.get(_PLAYED, b"window.RECORDINGS = {};\n")
        line = f'window.RECORDINGS["{session.public_id}"] = {played};\n'
        files[_PLAYED] = before + line.encode()
    part = SessionPart(session=session, events=events, views=views, has_pictures=bool(chunks))
    value = {
        "id": session.public_id,
        "channel": session.channel,
        "device": session.device,
        "ip_masked": session.ip_masked,
        "user_agent": session.user_agent,
        "started_at": session.started_at.isoformat(),
        "last_at": session.last_at.isoformat(),
        "count": session.event_count,
        "head": bytes(session.head).hex(),
        "about": sorted(f"{link.kind}:{link.number}" for link in session.links.all()),
        "faults": faults,
        "events": told,
    }
    return part, value


def _kit(parts: Sequence[SessionPart]) -> dict[str, bytes]:
    """Return the files that every package has, and the player where this machine has it."""
    player = {
        name: read_file(path) for name, path in _PLAYER.items() if find_file(path) is not None
    }
    has_player = len(player) == len(_PLAYER) and any(part.has_pictures for part in parts)
    kit = {
        "verify.py": (_KIT / "verify.py.txt").read_bytes(),
        "package.css": (_KIT / "package.css").read_bytes(),
        "replay.html": replay_page(parts, has_player=has_player),
    }
    if has_player:
        kit |= player | {"recordings/replay.js": (_KIT / "replay.js").read_bytes()}
    return kit


def _csv(parts: Sequence[SessionPart]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["会话", "序号", "服务器时间", "客户端时间", "动作", "页面", "对象", "内容（脱敏）", "摘要"]
    )
    for part in parts:
        writer.writerows(_line(part.session, event) for event in part.events)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _line(session: TraceSession, event: TraceEvent) -> list[str]:
    cells = [
        session.public_id,
        str(event.seq),
        event.server_time.isoformat(),
        event.client_time.isoformat() if event.client_time else "",
        event.kind,
        event.page.page if event.page else "",
        event.target,
        event.value,
        bytes(event.digest).hex(),
    ]
    # A sheet takes what begins so for a formula.
    return [f"'{cell}" if cell[:1] in "=+-@" and cell[:1] else cell for cell in cells]
