"""The fault proxy does each thing wrong at the call it was told, once, and is transparent before and after."""

import http.client
import http.server
import os
import socketserver
import threading
import time

import pytest

from faultproxy import fault_proxy
from faultproxy.fault_proxy import FaultProxy, kind_of
from rig.engine import Engine, EngineError
from rig.engine_proxy import Request

_BODY = b'{"Id":"0123456789"}'
_KIND = "POST /containers/{}/start"


class _Upstream(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    calls = 0


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.calls += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"n":1}\n{"n":2}\n')
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def upstream(tmp_path):
    server = _Upstream(str(tmp_path / "up.sock"), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(upstream, tmp_path):
    proxy = FaultProxy(upstream.server_address, os.path.join(tmp_path, "proxy.sock")).start()
    yield proxy
    proxy.stop()


def start(proxy):
    return Engine(proxy.socket, timeout=5).raw("POST", "/v1.41/containers/abc/start", "{}")


@pytest.mark.parametrize("fault,raised,done", [
    ("500", EngineError, False), ("503", EngineError, False), ("reset", http.client.IncompleteRead, True),
    ("drop", OSError, True)])
def test_the_second_call_goes_wrong_and_the_third_does_not(proxy, upstream, fault, raised, done):
    armed = proxy.arm(fault, _KIND, at=2)
    assert start(proxy) == _BODY
    assert not armed.hit.is_set()
    with pytest.raises(raised):
        start(proxy)
    assert armed.hit.is_set()
    assert start(proxy) == _BODY
    assert upstream.calls == (3 if done else 2)


def test_half_a_document_comes_as_a_whole_message(proxy):
    proxy.arm("truncate", _KIND)
    assert start(proxy) == _BODY[:len(_BODY) // 2]


def test_a_late_answer_is_the_right_one(proxy, monkeypatch):
    monkeypatch.setattr(fault_proxy, "DELAY", 0.2)
    proxy.arm("delay", _KIND)
    began = time.monotonic()
    assert start(proxy) == _BODY
    assert time.monotonic() - began >= 0.2


def test_in_a_black_hole_no_call_of_any_kind_is_answered(proxy, upstream):
    armed = proxy.arm("black-hole", _KIND, seconds=0.5)
    failures = []

    def create():
        try:
            Engine(proxy.socket, timeout=5).raw("POST", "/containers/create", "{}")
        except OSError as error:
            failures.append(error)
    first = threading.Thread(target=lambda: pytest.raises(OSError, start, proxy))
    first.start()
    assert armed.hit.wait(5)
    create()
    first.join()
    assert len(failures) == 1 and time.monotonic() >= armed.ends
    assert upstream.calls == 0
    assert start(proxy) == _BODY


@pytest.mark.parametrize("fault,lines", [("duplicate", [1, 1, 2, 2]), ("truncate", [])])
def test_events_come_twice_or_end_within_the_first(proxy, fault, lines):
    proxy.arm(fault, "GET /events")
    text = Engine(proxy.socket, timeout=5).raw("GET", "/events?filters=x").decode()
    assert [line for line in text.split("\n") if line.endswith("}")] == [f'{{"n":{number}}}' for number in lines]


def test_a_kind_has_no_names_and_no_query():
    kinds = {"/containers/abc/start": "/containers/{}/start", "/containers/json?all=1": "/containers/json",
             "/containers/create?name=x": "/containers/create", "/images/a/b:1/json": "/images/{}/json",
             "/networks/n/connect": "/networks/{}/connect", "/volumes/create": "/volumes/create", "/containers/a": "/containers/{}"}
    for path, kind in kinds.items():
        assert kind_of(Request(0, "GET", path)) == "GET " + kind
