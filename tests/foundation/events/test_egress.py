"""Callbacks never reach our own network, whatever the name says or says a second later."""

import socket
import threading
from ipaddress import ip_address

import pytest

from baozhen.foundation.events import egress
from baozhen.foundation.events.errors import WebhookAddressRefused

INTERNAL = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "169.254.169.254",  # metadata of clouds
    "100.100.100.200",  # metadata of Alibaba Cloud
    "0.0.0.0",  # noqa: S104 -- an address to refuse
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_not_called(address):
    assert not egress.may_call(ip_address(address))


@pytest.mark.parametrize("address", ["47.95.0.1", "2400:3200::1"])
def test_a_public_address_is(address):
    assert egress.may_call(ip_address(address))


def test_an_allowed_network_is_called(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "10.1.0.0/16, fd00:1::/32"
    assert egress.may_call(ip_address("10.1.2.3"))
    assert egress.may_call(ip_address("::ffff:10.1.2.3"))
    assert egress.may_call(ip_address("fd00:1::5"))
    assert not egress.may_call(ip_address("10.2.0.1"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1", "[::ffff:7f00:1]"]
)
def test_every_spelling_of_this_machine_is_refused(host):
    with pytest.raises((WebhookAddressRefused, egress.CallFailed)):
        egress.target_of(f"https://{host}/")


def answers(monkeypatch, *addresses):
    calls = []

    def resolve(host, port, *_rest, **_options):
        if host.startswith("127."):  # an address asks nobody
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        calls.append(host)
        address = addresses[min(len(calls), len(addresses)) - 1]
        group = address if isinstance(address, list) else [address]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in group]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return calls


def test_one_internal_address_among_public_ones_is_refused(monkeypatch):
    answers(monkeypatch, ["47.95.0.1", "10.0.0.1"])
    with pytest.raises(WebhookAddressRefused):
        egress.target_of("https://hooks.example.com/")


def test_plain_http_to_a_public_address_is_refused(monkeypatch):
    answers(monkeypatch, "47.95.0.1")
    with pytest.raises(WebhookAddressRefused, match="https"):
        egress.target_of("http://hooks.example.com/")


def test_the_judged_address_is_the_one_that_is_called(monkeypatch, receiver):
    """The name answers with another address the second time (rebinding): nobody asks again."""
    calls = answers(monkeypatch, "127.0.0.1", "127.0.0.2")
    target = egress.target_of(f"http://hooks.example.com:{receiver.port}/hook")
    answer = egress.post(target, b"{}", {"Content-Type": "application/json"})
    assert answer.status == 200
    assert str(target.address) == "127.0.0.1"
    assert calls == ["hooks.example.com"]
    ((_path, headers, _body),) = receiver.requests
    assert headers["Host"] == f"hooks.example.com:{receiver.port}"


def test_a_caller_that_asks_twice_would_be_led_elsewhere(monkeypatch, receiver):
    """The danger: whoever judges one answer and connects by name goes to the other one."""
    calls = answers(monkeypatch, "47.95.0.1", "127.0.0.1")
    assert egress.may_call(egress.target_of("https://hooks.example.com/").address)
    with socket.create_connection(("hooks.example.com", receiver.port)) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"
    assert len(calls) == 2


def test_a_long_answer_is_not_read_whole(receiver):
    receiver.body = b"x" * 1_000_000
    answer = egress.post(egress.target_of(receiver.url), b"{}", {})
    assert len(answer.body) == egress.ANSWER_BYTES_MAX


def test_a_receiver_that_says_nothing_ends_in_time(settings, monkeypatch):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    monkeypatch.setattr(egress, "CALL_SECONDS_MAX", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = egress.target_of(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(egress.CallFailed, match="超时"):
            egress.post(target, b"{}", {})


def test_a_receiver_that_drips_ends_in_time(settings, monkeypatch):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    monkeypatch.setattr(egress, "CALL_SECONDS_MAX", 0.4)
    stop = threading.Event()

    def drip(server):
        connection, _address = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not stop.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        target = egress.target_of(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(egress.CallFailed, match="超时"):
            egress.post(target, b"{}", {})
        stop.set()
        thread.join()


def test_nobody_listens(settings):
    settings.BAOZHEN_EGRESS_ALLOW = "127.0.0.0/8"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(egress.CallFailed, match="拒绝"):
        egress.post(egress.target_of(f"http://127.0.0.1:{port}/"), b"{}", {})
