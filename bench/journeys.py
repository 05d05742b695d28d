"""Two hundred journeys at once: the acts of a core system by API, from the quote to the file.

What only the person does on the phone (reading, declaring, signing, the code) stands between: it
is done by the services behind those pages, one after the other, and is not measured. Everything
before and after it is one HTTP call after the other, of all journeys together, with the pauses of
people, against `baozhen web` and `baozhen worker`.
"""

import http.client
import json
import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F

from baozhen.foundation.clock import now, shanghai_date
from baozhen.insurance.applications.models import Application
from baozhen.insurance.applications.questions import load_questions
from baozhen.insurance.disclosures.models import ReadingItem, ReadingSet
from baozhen.insurance.disclosures.queries import page_version
from baozhen.insurance.disclosures.services.codes import pass_proposal_code, send_proposal_code
from baozhen.insurance.disclosures.services.freezing import reading_set_of
from baozhen.insurance.disclosures.services.reading import Report, finish_item, open_item
from baozhen.insurance.payments.channels.development import Deed
from baozhen.insurance.payments.channels.registry import channel_of
from baozhen.insurance.payments.models import PaymentAttempt, PaymentOrder
from baozhen.insurance.payments.services.orders import Visitor, start_payment
from baozhen.insurance.policies.models import Policy
from baozhen.insurance.policies.services.applications import open_application_order
from baozhen.signing.organizations.services import ClientRequest, Scope, create_api_client
from bench.figures import Figure, quantile
from bench.generate import make_proposal
from bench.installation import Installation
from bench.serving import web_server, worker
from tests.insurance.disclosures.signing import declare_all, last_code, sign_by_hand

STEP_SECONDS_MAX = 1.0
# A quick person: an attentive one takes five minutes for the twenty acts of a journey.
PAUSE_SECONDS = 10.0
_WAIT_SECONDS_MAX = 600.0
# The twin of the identity platform knows nobody whose numbers end in four noughts.
_FIRST = 5_000_001
_CHANNEL = "alipay"
_CAR_COVERS: list[dict[str, Any]] = [
    {"code": "A"},
    {"code": "B", "sum_insured": "2000000.00"},
    {"code": "D1"},
    {"code": "D2"},
]
_QUOTED = (
    "kind", "use_nature", "fuel", "seats", "curb_mass_kg", "new_price", "model_code",
    "displacement_ml", "first_registered_on", "vin",
)  # fmt: skip
_SCOPES = [
    Scope.IDENTITIES_WRITE,
    Scope.PROPOSALS_READ,
    Scope.PROPOSALS_WRITE,
    Scope.POLICIES_READ,
    Scope.FILES_READ,
]


class Stopwatch:
    """Keeps the seconds of every step of every journey."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, step: str, seconds: float) -> None:
        """Note how long one took."""
        with self._lock:
            self.seconds[step].append(seconds)


@dataclass(kw_only=True)
class Journey:
    """One person's way, over a connection of its own."""

    serial: int
    address: str
    key: str
    watch: Stopwatch
    number: str = ""
    policy_no: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the person and the vehicle of this serial number."""
        self.facts = make_proposal(_FIRST + self.serial)
        self._chance = random.Random(self.serial)  # noqa: S311 -- pauses are no secret
        host = urlsplit(self.address).netloc
        self._connection = http.client.HTTPConnection(host, timeout=60)

    def pause(self) -> None:
        """Do nothing for as long as a person would."""
        time.sleep(self._chance.uniform(0.5, 1.5) * PAUSE_SECONDS)

    def call(
        self,
        step: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Do one step and keep its time; anything but success ends the bench."""
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
            **(headers or {}),
        }
        began = time.monotonic()
        self._connection.request(method, f"/api/v1{path}", sent, given)
        answer = self._connection.getresponse()
        data = answer.read()
        self.watch.add(step, time.monotonic() - began)
        self._connection.close()  # the pauses are longer than a server waits
        if answer.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{step}: {answer.status} {data.decode()[:500]}")
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return json.loads(data) if is_json else data

    def apply(self) -> None:
        """Go from the quote to the acceptance."""
        self.pause()
        self.call("报价", "POST", "/quotes", _quote(self.facts))
        self.pause()
        person = self.facts["policyholder"]
        told = {name: person[name] for name in ("name", "id_no", "mobile")}
        subject = self.call("登记投保人", "POST", "/subjects", {"kind": "person", **told})["id"]
        check = {"subject_id": subject, "kind": "three_elements", "purpose": "apply"}
        self.call("实名核验", "POST", "/identity-checks", check)
        self.pause()
        begun = {"form": "car", "branch": self.facts["branch"]["code"], "applicant": subject}
        self.number = self.call("开始投保", "POST", "/applications", begun)["proposal_no"]
        path = f"/applications/{self.number}"
        for revision, (step, label, data) in enumerate(_steps(self.facts)):
            self.pause()
            body = {"revision": revision, "step": step, "data": data}
            saved = self.call(label, "PATCH", path, body)
            if saved["faults"]:
                raise RuntimeError(f"{label}: {saved['faults']}")
        self.pause()
        done = self.call("提交核保", "POST", f"{path}/submit", {"revision": saved["revision"]})
        if done["state"] != "accepted":
            raise RuntimeError(f"{self.number} is {done['state']}: {done['decision']}")

    def pay(self, notice: tuple[Mapping[str, str], bytes]) -> None:
        """Have the channel tell of the payment; wait as a core system does; fetch the policy."""
        headers, body = notice
        time.sleep(self._chance.uniform(0, 6) * PAUSE_SECONDS)
        self.call("支付通知", "POST", f"/payment-notices/{_CHANNEL}", body, headers)
        until = time.monotonic() + _WAIT_SECONDS_MAX
        while self.call("投保进度", "GET", f"/applications/{self.number}")["state"] != "issued":
            if time.monotonic() > until:
                raise TimeoutError(self.number)
            time.sleep(1)

    def fetch(self) -> None:
        """Look at the policy and take its file."""
        self.pause()
        self.call("保单状态", "GET", f"/policies/{self.policy_no}")
        self.pause()
        data = self.call("下载保单", "GET", f"/policies/{self.policy_no}/file")
        if not data.startswith(b"%PDF"):
            raise RuntimeError(f"{self.policy_no} is no PDF")


def measure(installed: Installation, *, count: int) -> list[Figure]:
    """Begin all journeys at once, sign them, pay and issue them at once."""
    watch = Stopwatch()
    _, key = create_api_client(
        ClientRequest(name="journeys", scopes=_SCOPES), actor="bench", at=now()
    )
    with (
        web_server(installed) as address,
        worker(installed, "live", "housekeeping"),
        worker(installed, "bulk"),
    ):
        _warm(address, key)
        journeys = [
            Journey(serial=serial, address=address, key=key, watch=watch) for serial in range(count)
        ]
        _together(journeys, Journey.apply)
        notices = _sign(journeys)
        _together(journeys, lambda journey: journey.pay(notices[journey.number]))
        numbers = dict(
            Policy.objects.filter(kind="commercial").values_list("proposal__proposal_no", "number")
        )
        for journey in journeys:
            journey.policy_no = numbers[journey.number]
        _together(journeys, Journey.fetch)
    return [*_steps_of(watch, count), *_issuing()]


def _steps_of(watch: Stopwatch, count: int) -> list[Figure]:
    return [
        Figure(
            name=f"{step}，{count} 个旅程同时进行，p95",
            value=quantile(seconds, 0.95),
            unit="秒",
            at_most=STEP_SECONDS_MAX,
        )
        for step, seconds in watch.seconds.items()
    ]


def _issuing() -> list[Figure]:
    """Say how long the worker took from the notice of the money to the policies."""
    confirmed = dict(PaymentOrder.objects.values_list("business_no", "confirmed_at"))
    issued = Policy.objects.filter(proposal__proposal_no__in=confirmed)
    seconds = [
        (at - confirmed[number]).total_seconds()
        for number, at in issued.values_list("proposal__proposal_no", "issued_at")
    ]
    return [Figure(name="　收款确认到出单（后台），p95", value=quantile(seconds, 0.95), unit="秒")]


def _together(journeys: Sequence[Journey], act: Callable[[Journey], None]) -> None:
    """Let every journey act in a thread of its own; the first failure is everybody's."""
    with ThreadPoolExecutor(len(journeys)) as threads:
        for done in [threads.submit(act, journey) for journey in journeys]:
            done.result()


def _warm(address: str, key: str) -> None:
    """Have the server's first times behind it: the modules and tables are loaded once a day."""
    Journey(serial=999_999, address=address, key=key, watch=Stopwatch()).call(
        "报价", "POST", "/quotes", _quote(make_proposal(_FIRST))
    )


def _quote(facts: Mapping[str, Any]) -> dict[str, Any]:
    starts_at = f"{_starts_on()}T00:00:00+08:00"
    return {
        "form": "car",
        "region": facts["branch"]["code"][-2:],
        "vehicle": {name: facts["vehicle"][name] for name in _QUOTED},
        "compulsory": {"cover_starts_at": starts_at},
        "packages": [{"name": "常用", "covers": _CAR_COVERS}, {"name": "交强险", "covers": []}],
    }


def _steps(facts: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the four steps of the form as they are filled in."""
    answers = {one.code: {"answer": one.expected} for one in load_questions()[1]}
    people = {
        "policyholder": facts["policyholder"],
        "relation_to_insured": "self",
        "relation_to_owner": "self",
    }
    cover = {"starts_on": _starts_on(), "package": "usual"}
    return [
        ("vehicle", "填写车辆", {"vehicle": facts["vehicle"]}),
        ("people", "填写投保人", people),
        ("cover", "选择险种", {"cover": cover, "dispute": {"mode": "litigation"}}),
        ("answers", "如实告知", {"answers": answers}),
    ]


def _starts_on() -> str:
    return (shanghai_date(now()) + timedelta(days=10)).isoformat()


def _sign(journeys: Sequence[Journey]) -> dict[str, tuple[Mapping[str, str], bytes]]:
    """Do what the person does on the phone; return the notices of the channel that has the money.

    One after the other, unmeasured: the pages of the phone have figures of their own.
    """
    sets = []
    for journey in journeys:
        application = Application.objects.get(proposal_no=journey.number)
        reading_set = reading_set_of(application, at=now())
        _read(reading_set)
        declare_all(reading_set, at=now())
        # Many people with one phone would have to show more of who they are.
        sign_by_hand(reading_set, at=now(), device=journey.number)
        sets.append(application.pk)
    until = time.monotonic() + _WAIT_SECONDS_MAX
    while Application.objects.filter(pk__in=sets).exclude(state="signed").exists():
        if time.monotonic() > until:
            raise TimeoutError("the worker does not sign")
        time.sleep(0.2)
    return {one.proposal_no: _pay(one) for one in Application.objects.filter(pk__in=sets)}


def _read(reading_set: ReadingSet) -> None:
    """Read every file to its end; the minutes that it takes are credited."""
    report = Report(view="text", has_ended=True)
    for position in range(1, reading_set.items.count() + 1):
        item = open_item(reading_set.pk, position, at=now())
        ReadingItem.objects.filter(pk=item.pk).update(seconds=F("seconds_min") + 1)
        finish_item(reading_set.pk, position, report, version=page_version(item), at=now())


def _pay(application: Application) -> tuple[Mapping[str, str], bytes]:
    """Pass the code and pay at development's cashier; return the notice it would send."""
    device = application.proposal_no
    challenge = send_proposal_code(application, device=device, at=now())
    pass_proposal_code(application, challenge.public_id, last_code(), device=device, at=now())
    application.refresh_from_db()
    order: PaymentOrder = open_application_order(application, at=now())
    visitor = Visitor(return_url="https://example.com/back")
    start_payment(order.order_no, channel=_CHANNEL, visitor=visitor, at=now())
    attempt = PaymentAttempt.objects.filter(order=order).latest("pk")
    deed = Deed(
        amount_fen=order.amount_fen,
        at=now(),
        payer_name=order.payer_name,
        payer_id_no=order.payer_id_no,
        account="6212345678900000011",
    )
    return channel_of(_CHANNEL).pay(attempt.attempt_no, deed)
