"""The pages of the journey on a phone: each one opened cold, weighed and timed."""

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel

from django.conf import settings
from django.db.models import F
from django.test import Client
from playwright.sync_api import Browser

from baozhen.foundation.clock import now, shanghai_date
from baozhen.foundation.jobs.worker import run_worker
from baozhen.insurance.applications.steps import STEP_LABELS
from baozhen.insurance.disclosures.services.freezing import reading_set_of
from baozhen.insurance.policies.models import Policy
from baozhen.signing.identity.models import CodeChallenge
from bench.browsing import SLOWNESS, chromium, interactive_seconds, phone
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.serving import web_server
from tests.insurance.applications.making import PERSON_A, filled, holder_of
from tests.insurance.disclosures.signing import accepted, declare_all, read_all, signed
from tests.insurance.holding import sign_in
from tests.insurance.policies.paid_applications import pay_application, signed_application

KILOBYTES_MAX = 200
SECONDS_MAX = 1.5
_SIGN_IN = "登录"


def measure(installed: Installation, *, rounds: int = 5) -> list[Figure]:
    """Open every page in turn, again and again, as the person whom it is about."""
    pages = dict(_pages())
    with web_server(installed) as base, chromium() as browser:
        cookies = _session(base)
        found = {
            name: _visits(browser, base + path, [] if name == _SIGN_IN else cookies, rounds)
            for name, path in pages.items()
        }
    sizes = {name: max(size for size, _ in visits) / 1024 for name, visits in found.items()}
    times = {
        name: quantile([seconds for _, seconds in visits], 0.5) for name, visits in found.items()
    }
    heaviest, slowest = max(sizes, key=sizes.__getitem__), max(times, key=times.__getitem__)
    return [
        Figure(
            name=f"投保旅程 {len(pages)} 个页面冷打开，文件之外的传输量，最大（{heaviest}）",
            value=sizes[heaviest],
            unit="KB",
            at_most=KILOBYTES_MAX,
        ),
        Figure(
            name=f"同上，可操作，处理器慢 {SLOWNESS} 倍，中位，最慢（{slowest}）",
            value=times[slowest],
            unit="秒",
            at_most=SECONDS_MAX,
        ),
        *(Figure(name=f"　{name}，传输量", value=size, unit="KB") for name, size in sizes.items()),
        *(Figure(name=f"　{name}，可操作", value=time, unit="秒") for name, time in times.items()),
    ]


def _visits(
    browser: Browser, address: str, cookies: list[dict], rounds: int
) -> list[tuple[int, float]]:
    """Open a page again and again; the first time is the server's own."""
    return [_visit(browser, address, cookies) for _ in range(rounds + 1)][1:]


def _visit(browser: Browser, address: str, cookies: list[dict]) -> tuple[int, float]:
    with phone(browser, cookies) as (tab, scales):
        answer = tab.goto(address, wait_until="load")
        if answer is None or not answer.ok or tab.url != address:
            raise RuntimeError(f"{address} led to {tab.url}")
        return scales.bytes, interactive_seconds(tab)


def _session(base: str) -> list[dict]:
    """Return the cookies of a browser in which the person has signed in."""
    client = Client()
    sign_in(client, holder_of(PERSON_A, now()))
    session: Morsel = client.cookies[settings.SESSION_COOKIE_NAME]
    return [{"name": settings.SESSION_COOKIE_NAME, "value": session.value, "url": base}]


def _pages() -> Iterator[tuple[str, str]]:
    """Bring applications as far as each page needs them; yield every page with its address."""
    # Reading takes minutes: it began an hour ago.
    began = now() - timedelta(hours=1)
    yield _SIGN_IN, "/m/sign-in"
    yield "开始投保", "/m/apply"
    yield "我的投保", "/m/mine"
    draft = filled(began, starts_on=shanghai_date(now() + timedelta(days=10)).isoformat())
    for step, label in STEP_LABELS.items():
        yield label, f"/m/apply/{draft.proposal_no}/{step.value}"
    open_one = accepted(began)
    yield "投保进度", f"/m/mine/{open_one.proposal_no}"
    yield "阅读清单", f"/m/read/{open_one.proposal_no}"
    for item in reading_set_of(open_one, at=began).items.order_by("position"):
        yield f"阅读：{item.title}", f"/m/read/{open_one.proposal_no}/{item.position}"
    read = accepted(began)
    done_at = read_all(reading_set_of(read, at=began), at=began)
    yield "逐项确认", f"/m/read/{read.proposal_no}/declare"
    declared = accepted(began)
    reading_set = reading_set_of(declared, at=began)
    declare_all(reading_set, at=read_all(reading_set, at=began))
    yield "手写签名", f"/m/read/{declared.proposal_no}/sign"
    coded = accepted(began)
    signed(reading_set_of(coded, at=began), at=done_at)
    yield "短信验证", f"/m/code/{coded.proposal_no}"
    yield from _paid_pages()


def _paid_pages() -> Iterator[tuple[str, str]]:
    _hours_pass()
    waiting = signed_application()
    _hours_pass()
    yield "缴费", f"/m/pay/{waiting.proposal_no}"
    yield "核实付款人", f"/m/pay/{waiting.proposal_no}/payer?channel=wechat"
    issued = signed_application()
    pay_application(issued)
    run_worker(until_idle=True)
    policy = Policy.objects.get(kind="commercial", proposal__proposal_no=issued.proposal_no)
    yield "投保成功", f"/m/pay/{issued.proposal_no}/paid"
    yield "我的保单", "/m/policies"
    yield "电子保单", f"/m/policies/{policy.number}"
    yield "批改", f"/m/policies/{policy.number}/change"
    yield "批改：改正信息", f"/m/policies/{policy.number}/change/correction"
    yield "报案", f"/m/policies/{policy.number}/claim"


def _hours_pass() -> None:
    """Let the codes of before be old: one person does here in a minute what takes a week."""
    CodeChallenge.objects.update(queued_at=F("queued_at") - timedelta(hours=3))
