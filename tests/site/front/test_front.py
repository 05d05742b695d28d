"""The front server as a process of its own, before a core that writes down what comes through."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from django.urls import get_resolver

from baozhen.faces.api.urls import openapi_document
from baozhen.faces.client import address_of
from baozhen.faces.fronting import front_header, fronted_address
from baozhen.site.front.pace import Pace
from baozhen.site.front.routes import is_allowed, read_routes
from tests.environment import ROOT
from tests.site.front.core import Core

KEY = b"0123456789abcdef0123456789abcdef"
ROUTES = read_routes()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture(scope="module")
def core():
    found = Core()
    yield found
    found.close()


def start(core_url, folder, *options):
    """Start a front server; it has no database: none is named to it."""
    port = free_port()
    key_file = folder / "front.key"
    key_file.write_bytes(KEY)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "baozhen.site.command", "front", "--core", core_url),
            *("--port", str(port), "--key-file", str(key_file), "--body-max", "1", *options),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{base}/front/health", timeout=2)
            return process, base
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    pytest.fail("the front server does not start")


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def front(core, tmp_path_factory):
    process, base = start(core.url, tmp_path_factory.mktemp("front"))
    yield base
    end(process)


@pytest.fixture
def visitor(core, front):
    core.seen.clear()
    with httpx.Client(base_url=front, timeout=20) as client:
        yield client


@pytest.mark.requirement("S2-L714a")
def test_pages_and_api_pass_and_come_back_whole(visitor, core):
    answer = visitor.get("/api/v1/policies/P1?kind=mark", headers={"Authorization": "Bearer k"})
    assert answer.json()["path"] == "/api/v1/policies/P1?kind=mark"
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    ((method, path, headers, _body),) = core.seen
    assert (method, headers["authorization"]) == ("GET", "Bearer k")
    word = headers["baozhen-front"]
    vouched = fronted_address(KEY, word, method=method, target=path, at=time.time())
    assert vouched == headers["x-forwarded-for"] == "127.0.0.1"
    assert len(visitor.get("/static/big.js").content) == 3_000_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/console/policies"),
        ("GET", "/console/accounts"),
        ("GET", "/console/sign-in/provider/1"),
        ("POST", "/console/sign-in/proxy/1"),
        ("POST", "/console/"),
        ("GET", "/scim/v2/Users"),
        ("GET", "/admin"),
        ("DELETE", "/api/v1/policies/P1"),
        ("PUT", "/verify"),
        ("POST", "/static/x.js"),
        ("GET", "/static/%2e%2e/console/"),
        ("GET", "/api/v1/..%2f..%2fconsole/"),
        ("GET", "/s/../console/"),
        ("GET", "/static//console"),
        ("GET", "/static/x%5c..%5cconsole"),
        ("GET", "/static/x;/console"),
        ("GET", "/static/%252e%252e/console"),
        ("GET", "/static/a%00b"),
    ],
)
def test_all_else_does_not_exist(visitor, core, method, path):
    host, port = visitor.base_url.host, visitor.base_url.port
    with socket.create_connection((host, port), timeout=10) as raw:
        raw.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        answer = raw.recv(200)
    assert b" 404 " in answer or b" 400 " in answer, answer
    assert core.seen == []


def test_a_visitors_claims_about_his_way_are_dropped(visitor, core):
    claims = {
        "X-Forwarded-For": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        "Baozhen-Front": "t=1,a=6.6.6.6,v1=00",
        "Connection": "keep-alive, X-Secret",
        "X-Secret": "1",
    }
    visitor.get("/api/v1/health", headers=claims)
    ((_method, _path, headers, _body),) = core.seen
    assert "6.6.6.6" not in str(headers)
    assert "x-secret" not in headers


def test_what_is_too_large_is_refused_declared_or_not(visitor, core):
    big = b"x" * (1024 * 1024 + 1)
    answer = visitor.post("/verify", content=big)
    assert answer.status_code == 413
    answer = visitor.post("/api/v1/verifications", content=iter([big[:600_000], big[:600_000]]))
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    # What is declared too large never reaches the core; what turns out so never reaches it whole.
    assert all(path != "/verify" for _method, path, _headers, _body in core.seen)
    assert all(len(body) < 1_200_000 for _method, _path, _headers, body in core.seen)
    assert visitor.post("/verify", content=b"x" * 500_000).json()["size"] == 500_000


def test_a_batch_is_streamed_beyond_that(visitor, core):
    lines = (b"x" * 400_000 for _ in range(10))
    answer = visitor.post(
        "/api/v1/batches", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.json()["size"] == 4_000_000


def test_a_request_behind_one_of_two_lengths_does_not_pass(visitor, core):
    with socket.create_connection((visitor.base_url.host, visitor.base_url.port)) as raw:
        raw.settimeout(10)
        raw.sendall(
            b"POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /console/ HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        while raw.recv(4096):
            pass  # until the connection is closed
    assert all(path == "/verify" and not body for _method, path, _headers, body in core.seen)


def test_its_own_pace(core, tmp_path):
    process, base = start(core.url, tmp_path, "--requests-a-minute", "12")
    try:
        with httpx.Client(base_url=base) as client:
            statuses = [client.get("/api/v1/health").status_code for _ in range(5)]
            assert statuses[:2] == [200, 200]
            assert 429 in statuses
            answer = client.get("/api/v1/health")
            assert int(answer.headers["Retry-After"]) >= 1
            assert answer.json()["retryable"] is True
    finally:
        end(process)


def test_health_tells_when_the_core_is_away(tmp_path, front):
    assert httpx.get(f"{front}/front/health").json() == {"status": "ok", "core": "up"}
    process, base = start(f"http://127.0.0.1:{free_port()}", tmp_path)
    try:
        answer = httpx.get(f"{base}/front/health")
        assert (answer.status_code, answer.json()["core"]) == (503, "down")
        assert httpx.get(f"{base}/api/v1/health").status_code == 502
    finally:
        end(process)


def test_the_core_takes_the_address_only_from_a_front_server(rf, settings, tmp_path):
    key_file = tmp_path / "front.key"
    key_file.write_bytes(KEY)
    word = front_header(KEY, method="GET", target="/verify?a=1", address="8.8.8.8", at=time.time())
    stale = front_header(KEY, method="GET", target="/verify?a=1", address="8.8.8.8", at=1)
    request = rf.get("/verify?a=1", headers={"Baozhen-Front": word})
    assert address_of(request) == "127.0.0.1"  # no key is set
    settings.BAOZHEN_FRONT_KEY_FILE = str(key_file)
    assert address_of(request) == "8.8.8.8"
    for path, header in [
        ("/verify?a=2", word),
        ("/verify?a=1", stale),
        ("/verify?a=1", word.replace("8.8.8.8", "9.9.9.9")),
        ("/verify?a=1", "x"),
    ]:
        assert address_of(rf.get(path, headers={"Baozhen-Front": header})) == "127.0.0.1"


def asked_of(pattern):
    """Return an address that an address pattern of the site answers."""
    kinds = {"int": "1", "str": "PDAA2026-x1", "slug": "core", "uuid": "0" * 8, "path": "a/b"}
    return re.sub(
        r"<(?:(\w+):)?\w+>|\(\?P<\w+>[^)]*\)",
        lambda found: kinds.get(found[1], "a1"),
        pattern.replace("^", "").replace("$", "").replace("\\", ""),
    )


def site_addresses(patterns, start="/"):
    for pattern in patterns:
        route = start + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from site_addresses(pattern.url_patterns, route)
        else:
            yield asked_of(route)


def test_what_customers_and_programs_reach_passes_and_nothing_else_does():
    """Each address of the site, new ones too: the staff's stay inside, all others pass."""
    inside = ("/console/", "/scim/", "/metrics")
    addresses = {one for one in site_addresses(get_resolver().url_patterns) if "{" not in one}
    assert len(addresses) > 300
    public = {one for one in addresses if not one.startswith((*inside, "/api/"))}
    refused = {
        one
        for one in public
        if not any(is_allowed(ROUTES, method, one) for method in ("GET", "POST"))
    }
    assert refused - {"/captcha/refresh/"} == set()
    # Of the console what companies outside use, and no more: see test_front_partners.
    assert not {one for one in addresses - public if one.startswith(inside[1:]) and passes(one)}
    for path, operations in openapi_document()["paths"].items():
        for method in operations:
            assert is_allowed(ROUTES, method.upper(), re.sub(r"\{[^}]+\}", "x1", path)), path


def passes(address):
    return any(is_allowed(ROUTES, method, address) for method in ("GET", "POST", "PATCH"))


def test_the_allow_list_is_one():
    assert is_allowed(ROUTES, "GET", "/")
    assert is_allowed(ROUTES, "GET", "/s/abc/read")
    # The same person's part in another task stands beside the link's own.
    assert is_allowed(ROUTES, "POST", "/s/abc~sig_1m80/answer")
    assert not is_allowed(ROUTES, "GET", "/consol\u0435/")
    assert not is_allowed(ROUTES, "GET", "/" + "a" * 2000)


def test_a_list_that_is_none(tmp_path):
    for text in ("{}", "[]", '[{"methods": ["GET"]}]', '[{"methods": ["GET"], "path": "("}]'):
        (tmp_path / "routes.json").write_text(text)
        with pytest.raises(ValueError, match="路由"):
            read_routes(tmp_path / "routes.json")


def test_pace_forgets_the_oldest_and_lets_others_through():
    pace = Pace(60, buckets_max=2)
    waits = [pace.wait_seconds("a", 0.0) for _ in range(11)]
    assert waits[:10] == [0.0] * 10
    assert waits[10] > 0
    assert pace.wait_seconds("b", 0.0) == 0.0
    assert pace.wait_seconds("a", 5.0) == 0.0
    pace.wait_seconds("c", 5.0)
    assert len(pace._buckets) == 2
