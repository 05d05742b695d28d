"""Sessions, pages and acts for the tests of traces."""

from datetime import UTC, datetime, timedelta

from baozhen.foundation.traces.models import TraceSession
from baozhen.foundation.traces.pages import split
from baozhen.foundation.traces.services import EventInput, Visitor, begin_session, record_events
from baozhen.foundation.traces.services.versions import store_page
from baozhen.foundation.traces.states import Kind

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
PAGE = """<!doctype html><html lang="zh-CN"><head><title>投保</title>
<link rel="stylesheet" href="/static/baozhen/tokens.css">
<script src="/static/baozhen/portal.js" defer></script></head>
<body><main><h1>责任免除</h1><p>酒后驾驶造成的损失，我们不赔。</p>
<form method="post" action="/m/apply">
<input type="hidden" name="csrfmiddlewaretoken" value="{csrf}">
<b data-private>{name}</b><input type="text" name="mobile" value="{mobile}">
<p>保费 ¥{premium}，犹豫期 15 天</p><button>确认</button></form></main></body></html>"""
SMALL = {"csrf": "a" * 64, "name": "测试欣", "mobile": "16112340001", "premium": "1,376.45"}


def page(**changes):
    return PAGE.format(**(SMALL | changes))


def begin(at=AT):
    visitor = Visitor(channel="手机投保", device="手机", ip="203.0.113.7", user_agent="test")
    return begin_session(visitor, at=at)


def enter(session, html=None, *, name="journey:cover@m", at=AT):
    """Show the session's person a page; return the act."""
    stored = store_page(name, split(html or page()), at=at)
    entered = EventInput(
        kind=Kind.ENTER, target=name, page=stored.version, shown=stored.shown, slots=stored.slots
    )
    return record_events(session.public_id, [entered], at=at)[0]


def visit(at=AT, clicks=2):
    """A session with a page and some clicks."""
    session = begin(at)
    event = enter(session, at=at)
    record_events(
        session.public_id,
        [
            EventInput(kind=Kind.CLICK, target=f"button:{number}", page=event.page)
            for number in range(clicks)
        ],
        at=at + timedelta(seconds=5),
    )
    return TraceSession.objects.get(pk=session.pk)
