"""The client of time-stamping services against the development service over loopback."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.timestamps.client import PAUSE, TimestampClient, TimestampService
from baozhen.foundation.timestamps.development import DevelopmentTimestamper
from baozhen.foundation.timestamps.port import TimestampOutage
from baozhen.site.devtsa import DevelopmentTSA
from baozhen.trust.cms.timestamp import build_request, read_token, verify_token
from baozhen.trust.crypto.digests import digest as digest_by_name
from baozhen.trust.crypto.keys import Algorithm
from tests.pki import NOW, family, hierarchy, stranger

UNREACHABLE = "http://127.0.0.1:9/tsa"
TSAS = {"sm2": family("sm2").tsa, "rsa": family("rsa").tsa}


@pytest.fixture(scope="module")
def tsa() -> Iterator[DevelopmentTSA]:
    with DevelopmentTSA(("127.0.0.1", 0), identities=TSAS, now=lambda: NOW) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Clock:
    def __init__(self) -> None:
        self.at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


def client(
    *urls: str, anchors: tuple[bytes, ...] | None = None, clock: _Clock | None = None
) -> TimestampClient:
    return TimestampClient(
        [TimestampService.from_setting(url) for url in urls],
        anchors=hierarchy().roots if anchors is None else anchors,
        now=clock or _Clock(),
        http=httpx.Client(timeout=2, trust_env=False),
    )


@pytest.fixture
def stamp_digest() -> bytes:
    return digest_by_name("sm3", b"a signature value")


@pytest.mark.parametrize(
    ("path", "algorithm"), [("sm2", Algorithm.SM2_SM3), ("rsa", Algorithm.RSA_SHA256)]
)
@pytest.mark.requirement("S2-L160.n2")
def test_a_token_comes_over_http(
    tsa: DevelopmentTSA, stamp_digest: bytes, path: str, algorithm: Algorithm
) -> None:
    asked = client(f"{tsa.url}/{path}")
    token = asked.stamp(stamp_digest, "sm3")
    asked.close()
    info = verify_token(token, digest=stamp_digest, anchors=hierarchy().roots, at=NOW)
    assert info.algorithm is algorithm
    assert read_token(token)[1].nonce is not None


def test_the_second_service_answers_when_the_first_is_down(
    tsa: DevelopmentTSA, stamp_digest: bytes
) -> None:
    clock = _Clock()
    asked = client(UNREACHABLE, f"{tsa.url}/rsa", clock=clock)
    assert asked.stamp(stamp_digest, "sm3")
    assert asked.stamp(stamp_digest, "sm3")  # the first is not asked again at once
    asked.close()


def test_each_digest_may_have_its_own_service(tsa: DevelopmentTSA, stamp_digest: bytes) -> None:
    asked = client(f"sm3:{tsa.url}/sm2", f"sha256:{tsa.url}/rsa")
    assert read_token(asked.stamp(stamp_digest, "sm3"))[0].algorithm is Algorithm.SM2_SM3
    assert read_token(asked.stamp(stamp_digest, "sha256"))[0].algorithm is Algorithm.RSA_SHA256
    only_sm3 = client(f"sm3:{tsa.url}/sm2")
    with pytest.raises(TimestampOutage, match="没有配置"):
        only_sm3.stamp(stamp_digest, "sha256")
    asked.close()
    only_sm3.close()


def test_no_service_is_an_outage_never_a_local_clock(stamp_digest: bytes) -> None:
    for asked in (client(UNREACHABLE), client()):
        with pytest.raises(TimestampOutage):
            asked.stamp(stamp_digest, "sm3")
        asked.close()


def test_a_failed_service_is_left_alone_for_a_while_then_asked_again(
    tsa: DevelopmentTSA, stamp_digest: bytes
) -> None:
    clock = _Clock()
    asked = client(f"{tsa.url}/nowhere", clock=clock)
    for expected in ("HTTP 状态 404", "刚刚失败"):
        with pytest.raises(TimestampOutage, match=expected):
            asked.stamp(stamp_digest, "sm3")
    clock.at += PAUSE
    with pytest.raises(TimestampOutage, match="HTTP 状态 404"):
        asked.stamp(stamp_digest, "sm3")
    asked.close()


def test_a_token_that_leads_to_nobody_we_trust_is_refused(
    tsa: DevelopmentTSA, stamp_digest: bytes
) -> None:
    asked = client(f"{tsa.url}/rsa", anchors=stranger().roots)
    with pytest.raises(TimestampOutage, match="路径"):
        asked.stamp(stamp_digest, "sm3")
    asked.close()


def test_a_service_whose_clock_runs_ahead_is_refused(
    tsa: DevelopmentTSA, stamp_digest: bytes
) -> None:
    clock = _Clock()
    clock.at -= timedelta(hours=1)
    asked = client(f"{tsa.url}/rsa", clock=clock)
    with pytest.raises(TimestampOutage, match="之后"):
        asked.stamp(stamp_digest, "sm3")
    asked.close()


class _Liar(BaseHTTPRequestHandler):
    """Answers every query with the same bytes."""

    answer = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.mark.parametrize("answer", [b"", b"rubbish", bytes(200_000)])
def test_whatever_a_service_answers_only_a_token_is_taken(
    answer: bytes, stamp_digest: bytes
) -> None:
    handler = type("Handler", (_Liar,), {"answer": answer})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.handle_request, daemon=True)
        thread.start()
        asked = client(f"http://127.0.0.1:{server.server_address[1]}")
        with pytest.raises(TimestampOutage):
            asked.stamp(stamp_digest, "sm3")
        asked.close()
        thread.join()


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "text/plain"}, b"x", 415),
        ({"Content-Type": "application/timestamp-query"}, b"x" * 70_000, 413),
    ],
)
def test_the_service_refuses_what_is_no_query(
    tsa: DevelopmentTSA, headers: dict[str, str], content: bytes, status: int
) -> None:
    with httpx.Client(trust_env=False) as http:
        answer = http.post(f"{tsa.url}/rsa", content=content, headers=headers)
    assert answer.status_code == status


def test_the_service_rejects_rubbish_in_the_protocol_s_own_words(tsa: DevelopmentTSA) -> None:
    headers = {"Content-Type": "application/timestamp-query"}
    with httpx.Client(trust_env=False) as http:
        answer = http.post(f"{tsa.url}/rsa", content=b"rubbish", headers=headers)
        good = http.post(
            f"{tsa.url}/rsa", content=build_request(bytes(32), hash_name="sm3"), headers=headers
        )
    assert answer.content[:7] == bytes.fromhex("30093007020102")
    assert good.headers["content-type"] == "application/timestamp-reply"


def twin() -> DevelopmentTimestamper:
    return DevelopmentTimestamper({"sm3": TSAS["sm2"], "sha256": TSAS["rsa"]}, now=lambda: NOW)


def test_the_twin_stamps_and_says_what_it_is(
    stamp_digest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    token = twin().stamp(stamp_digest, "sm3")
    info = verify_token(token, digest=stamp_digest, anchors=hierarchy().roots, at=NOW)
    assert "NOT FOR PRODUCTION" in info.tsa_name
    assert "没有法律效力" in caplog.text
    with pytest.raises(TimestampOutage):
        twin().stamp(stamp_digest, "md5")


@pytest.mark.parametrize("mode", ["production", "staging"])
def test_the_twins_refuse_production(settings: object, mode: str) -> None:
    assert twin()  # the danger: in development it stamps with this machine's clock
    settings.BAOZHEN_MODE = mode
    with pytest.raises(DevelopmentOnly):
        twin()
    with pytest.raises(DevelopmentOnly):
        DevelopmentTSA(("127.0.0.1", 0), identities=TSAS, now=lambda: NOW)
