"""The pages of a package that people open: acts in their order, and the moving picture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from baozhen.foundation.clock import SHANGHAI
from baozhen.foundation.traces.models import TraceEvent, TraceExport, TraceSession
from baozhen.foundation.traces.states import KIND_LABELS, Kind

# Nothing of a package may ask the network; frames show its own files only.
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline' file: data:; script-src 'self' file:; "
    "img-src 'self' data: file:; font-src 'self' data: file:; frame-src 'self' file: blob:; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, kw_only=True)
class SessionPart:
    """A session with its acts, the file of each act's page, and whether it has pictures."""

    session: TraceSession
    events: Sequence[TraceEvent]
    views: Mapping[int, str]
    has_pictures: bool


def index_page(export: TraceExport, parts: Iterable[SessionPart], files: Sequence[str]) -> bytes:
    """Return index.html."""
    parts = list(parts)
    papers = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in files)
    return _page(
        f"可回溯记录 {export.number}",
        f"""<p>本包可离线打开。核验：运行 <code>python3 verify.py</code>，或
<code>baozhen trace verify</code>。</p>
<dl><dt>业务编号</dt><dd>{escape(export.number)}</dd><dt>导出编号</dt><dd>{export.public_id}</dd>
<dt>事由</dt><dd>{escape(export.reason)}</dd><dt>申请</dt><dd>{escape(export.requested_by)}，
{_time(export.requested_at)}</dd><dt>批准</dt><dd>{escape(export.decided_by)}，
{_time(export.decided_at)}</dd><dt>会话</dt><dd>{len(parts)} 次</dd></dl>
<p><a href="replay.html">播放画面记录</a>　<a href="replay.pdf">打印操作记录（PDF）</a></p>
{f"<h2>文件</h2><ul>{papers}</ul>" if papers else ""}
{"".join(_session(part) for part in parts)}""",
    )


def replay_page(parts: Iterable[SessionPart], *, has_player: bool) -> bytes:
    """Return replay.html; without a player it says so."""
    told = [part for part in parts if part.has_pictures]
    if not told or not has_player:
        reason = "没有画面记录" if not told else "生成时没有播放器；画面数据在 recordings 文件夹"
        return _page("画面记录", f"<p>{reason}。</p><p><a href='index.html'>返回</a></p>")
    buttons = "".join(
        f'<p><button type="button" data-session="{part.session.public_id}">'
        f"播放 {_time(part.session.started_at)} 的会话</button></p>"
        for part in told
    )
    return _page(
        "画面记录",
        f"""<p><a href="index.html">返回</a></p>{buttons}<div id="stage"></div>
<link rel="stylesheet" href="recordings/player.css"><script src="recordings/player.js"></script>
<script src="recordings/recordings.js"></script><script src="recordings/replay.js"></script>""",
    )


def _session(part: SessionPart) -> str:
    session = part.session
    rows = "".join(_row(event, part.views) for event in part.events)
    return f"""<h2>会话 {session.public_id}</h2>
<dl><dt>渠道</dt><dd>{escape(session.channel)} · {escape(session.device)}</dd>
<dt>时间</dt><dd>{_time(session.started_at)} 至 {_time(session.last_at)}</dd>
<dt>网络地址</dt><dd>{escape(session.ip_masked)}</dd>
<dt>浏览器</dt><dd>{escape(session.user_agent)}</dd></dl>
<div class="table"><table><thead><tr><th>序</th><th>服务器时间</th><th>客户端时间</th><th>操作</th>
<th>对象</th><th>内容（脱敏）</th></tr></thead><tbody>{rows}</tbody></table></div>"""


def _row(event: TraceEvent, views: Mapping[int, str]) -> str:
    label = KIND_LABELS[Kind(event.kind)]
    view = views.get(event.seq)
    shown = (
        '<details><summary>查看页面</summary><iframe sandbox="allow-same-origin" loading="lazy" '
        f'title="所见页面" src="{escape(view)}"></iframe></details>'
        if view
        else ""
    )
    return (
        f'<tr><td>{event.seq}</td><td class="time">{_time(event.server_time)}</td>'
        f'<td class="time">{_time(event.client_time)}</td><td>{label}</td>'
        f'<td class="break">{escape(event.target)}{shown}</td>'
        f'<td class="break">{escape(event.value)}</td></tr>'
    )


def _time(value: datetime | None) -> str:
    return "—" if value is None else f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _page(title: str, body: str) -> bytes:
    return f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(title)}</title><link rel="stylesheet" href="package.css"></head>
<body><main><h1>{escape(title)}</h1>{body}</main></body></html>""".encode()
