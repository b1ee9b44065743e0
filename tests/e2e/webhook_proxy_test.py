"""Webhooks behind nginx and haproxy: the proxy and tinyforged never disagree about where a request ends.

The same raw bytes go to tinyforged directly and through each proxy. A disagreement would let a stranger put a request of
their own in front of the next one on a kept connection (request smuggling): here one hides a call of a second webhook.
"""

import contextlib
import socket

import pytest
from rig.listener import HOOK, OTHER, SECRETS, Listener
from rig.processes import wait_until
from rig.releases import binding, trigger
from rig.site import workload
from rig.web_proxy import WebProxy

PATH = "/api/webhook/triggers/"


def request(fields, body="", secret=HOOK, line=None, **_):
    head = line or f"POST {PATH}{secret} HTTP/1.1"
    return "\r\n".join([head, "Host: hooks.example.com", *fields, "", body])


HIDDEN = request(["Content-Length: 0"], secret=OTHER)
STAR = "X-GitHub-Event: star"
CHUNKED = "Transfer-Encoding: chunked"
WHOLE = f"Content-Length: {len(HIDDEN)}"
CHUNKS = "2\r\n{}\r\n0\r\n\r\n"

# What is one request with the other in its body, or no request at all: the hidden one is never to be seen.
HOSTILE = {
    "length and chunked": request([WHOLE, CHUNKED], "0\r\n\r\n" + HIDDEN),
    "chunked and length": request([CHUNKED, WHOLE], "0\r\n\r\n" + HIDDEN),
    "short length and chunked": request(["Content-Length: 5", CHUNKED], "0\r\n\r\n" + HIDDEN),
    "length and chunks around": request([CHUNKED, "Content-Length: 4"], f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
    "two lengths, the longer last": request(["Content-Length: 0", WHOLE], HIDDEN),
    "two lengths, the longer first": request([WHOLE, "Content-Length: 0"], HIDDEN),
    "a list of lengths": request([f"Content-Length: 0, {len(HIDDEN)}"], HIDDEN),
    "two equal lengths": request([WHOLE, WHOLE], HIDDEN),
    "a list of equal lengths": request([f"Content-Length: {len(HIDDEN)}, {len(HIDDEN)}"], HIDDEN),
    "a signed length": request([f"Content-Length: +{len(HIDDEN)}"], HIDDEN),
    "a negative length": request(["Content-Length: -1"], HIDDEN),
    "a blank length": request(["Content-Length:"], HIDDEN),
    "a length in hex": request([f"Content-Length: 0x{len(HIDDEN):x}"], HIDDEN),
    "a length beyond 64 bits": request(["Content-Length: 18446744073709551616"], HIDDEN),
    "a length of two words": request([f"Content-Length: 0 {len(HIDDEN)}"], HIDDEN),
    "a blank before the colon of the length": request([f"Content-Length : {len(HIDDEN)}"], HIDDEN),
    "a blank before the colon of chunked": request(["Transfer-Encoding : chunked", WHOLE], HIDDEN),
    "an unknown coding": request(["Transfer-Encoding: xchunked", WHOLE], HIDDEN),
    "a coding after chunked": request(["Transfer-Encoding: chunked, identity"], "0\r\n\r\n" + HIDDEN),
    "chunked twice": request(["Transfer-Encoding: chunked, chunked"], "0\r\n\r\n" + HIDDEN),
    "two fields of codings": request([CHUNKED, "Transfer-Encoding: identity"], "0\r\n\r\n" + HIDDEN),
    "a blank coding, then chunked": request(["Transfer-Encoding:", CHUNKED], "0\r\n\r\n" + HIDDEN),
    "a blank coding and a length": request(["Transfer-Encoding:", WHOLE], HIDDEN),
    "quoted chunked": request(['Transfer-Encoding: "chunked"', WHOLE], HIDDEN),
    "a vertical tab before chunked": request(["Transfer-Encoding:\x0bchunked", WHOLE], HIDDEN),
    "a NUL in chunked": request(["Transfer-Encoding: chu\0nked", WHOLE], HIDDEN),
    "an underscore for the dash": request(["Transfer_Encoding: chunked", WHOLE], HIDDEN),
    "chunked in HTTP/1.0": request([CHUNKED, "Connection: keep-alive"], "0\r\n\r\n" + HIDDEN,
                                   line=f"POST {PATH}{HOOK} HTTP/1.0"),
    "a folded coding": request(["Transfer-Encoding:\r\n chunked", WHOLE], HIDDEN),
    "a folded length": request(["X-Field: 1\r\n " + WHOLE, "Content-Length: 0"], HIDDEN),
    "a bare LF before chunked": request(["X-Field: 1\nTransfer-Encoding: chunked", WHOLE], HIDDEN),
    "a bare CR before chunked": request(["X-Field: 1\rTransfer-Encoding: chunked", WHOLE], HIDDEN),
    "bare LFs alone": request([WHOLE]).replace("\r\n", "\n") + HIDDEN,
    "a header that ends with LF LF": f"POST {PATH}{HOOK} HTTP/1.1\r\nHost: x\r\n{WHOLE}\n\n" + HIDDEN,
    "a signed chunk size": request([CHUNKED], "+2\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "a chunk size of 0x": request([CHUNKED], "0x2\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "a chunk size that wraps": request([CHUNKED], "10000000000000000\r\n\r\n" + HIDDEN),
    "chunk lines that end with LF": request([CHUNKED], "2\n{}\n0\n\n" + HIDDEN),
    "a LF in a chunk extension": request([CHUNKED], "2;x\n{}\r\n0\r\n\r\n" + HIDDEN),
    "chunk data longer than said": request([CHUNKED], "2\r\n{}xx0\r\n\r\n" + HIDDEN),
    "a length in a trailer": request([CHUNKED], f"2\r\n{{}}\r\n0\r\n{WHOLE}\r\n\r\n"),
    "an Expect and a body that does not wait": request(["Expect: 100-continue", WHOLE], HIDDEN),
    "an unknown Expect": request(["Expect: 200-ok", WHOLE], HIDDEN),
    "no length at all": request([], ""),
    "a GET with a body": request([WHOLE], HIDDEN, line=f"GET {PATH}{HOOK} HTTP/1.1"),
    "an upgrade": request(["Connection: Upgrade", "Upgrade: h2c", WHOLE], HIDDEN),
    "a length that the connection drops": request(["Connection: Content-Length", WHOLE], HIDDEN),
    "two hosts": request(["Host: other.example.com", WHOLE], HIDDEN),
    "a space in the target": request([WHOLE], HIDDEN, line=f"POST {PATH}{HOOK} HTTP/1.1 HTTP/1.1"),
    "a header of 60 KiB": request(["X-Large: " + "x" * 60_000, WHOLE], HIDDEN),
    "a header of 300 KiB": request(["X-Large: " + "x" * 300_000, WHOLE], HIDDEN),
    "200 fields": request([f"X-{n}: x" for n in range(200)] + [WHOLE], HIDDEN),
    "a body of 2 MiB": request(["Content-Length: 2097152"], HIDDEN * (2097152 // len(HIDDEN) + 1))[:2097152],
}
# What every proxy takes: (bytes, calls of the first webhook, calls of the second one).
PLAIN = {
    "a length": (request(["Content-Length: 2", STAR], "{}"), 1, 0),
    "chunks": (request([CHUNKED, STAR], CHUNKS), 1, 0),
    "chunks with extensions": (request([CHUNKED, STAR], '2;a=b;c="d"\r\n{}\r\n0;last\r\n\r\n'), 1, 0),
    "the other in a body, which is no payload": (request([WHOLE], HIDDEN), 0, 0),
    "the other in a chunk": (request([CHUNKED], f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"), 0, 0),
    "pipelined": (request(["Content-Length: 2", STAR], "{}") + HIDDEN, 1, 1),
    "pipelined behind chunks": (request([CHUNKED, STAR], CHUNKS) + HIDDEN, 1, 1),
    "three in a row": (HIDDEN + request(["Content-Length: 0"]) + HIDDEN, 1, 2),
}


@contextlib.contextmanager
def sent(port, text, answers):
    """Sends it and gives what came, once `answers` final ones are there, the server hung up, or there is silence. The
    connection is open until the end of the block."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        said = b""
        try:
            client.sendall(text.encode("latin-1"))
            client.settimeout(0.3)
            while said.count(b"HTTP/1.1 ") - said.count(b"HTTP/1.1 100 ") < answers or not said.endswith(b"}\n"):
                piece = client.recv(65536)
                if not piece:
                    break
                said += piece
        except OSError:
            pass  # refused before all of it was sent, or silence: what came is the answer
        yield said.decode("latin-1")


class Scene:
    def __init__(self, site):
        self.site, self.listener = site, Listener(site)
        self.probes = 0
        site.daemon.flags["webhook_rate"] = 0
        triggers = "---\n".join(trigger(name, webhook=name, manual={}) for name in ("hook", "other"))
        bindings = "---\n".join(binding(name, name, "shop") for name in ("hook", "other"))
        site.up({"s.yaml": SECRETS, "t.yaml": triggers, "b.yaml": bindings, "w.yaml": workload("shop")}, "shop")

    def answered(self):
        return int(self.site.daemon.metric("tinyforge_webhook_requests_total") or 0)

    def calls(self, port):
        """Of both webhooks: how many deliveries there were. A call of a vendor is sent behind whatever is still on its way:
        its answer must be its own, and when it is in the log all before it are."""
        name = f"probe-{self.probes}"
        self.probes += 1
        with sent(port, request(["Content-Length: 2", f"X-GitHub-Delivery: {name}", STAR], "{}"), 1) as said:
            assert said.startswith("HTTP/1.1 202 "), said
        identity = said.split('"delivery":"')[1].split('"')[0]
        daemon = self.site.daemon
        found = wait_until(lambda: daemon.get(f"/api/deliveries/{identity}"), 20, "the probe's delivery", interval=0.02)
        assert name in str(found), f"the answer to another request: {found}"
        names = [item["metadata"]["labels"]["trigger"] for item in daemon.get("/api/deliveries")["items"]]
        return names.count("hook") - self.probes, names.count("other")


@pytest.fixture
def scene(site):
    return Scene(site)


def test_directly_no_hidden_request_is_seen(scene):
    port = scene.listener.port
    for name, text in HOSTILE.items():
        with sent(port, text, 1) as answer:
            assert scene.calls(port)[1] == 0, f"{name}: the hidden one was taken: {answer}"
    check_plain(scene, port, lambda name: None)


@pytest.mark.parametrize("kind", ["nginx", "nginx-streaming", "haproxy", "haproxy-lenient"])
def test_a_proxy_and_the_listener_agree_where_requests_end(scene, kind):
    proxy = WebProxy(kind, scene.listener.port)

    def agree(name):
        """A request that the proxy takes for one of its own was one to us, and no other was."""
        calls = scene.calls(proxy.port)
        wait_until(lambda: len(proxy.forwarded()) == scene.answered(), 5,
                   lambda: f"{name}: forwarded {proxy.forwarded()[-5:]}, {len(proxy.forwarded())}; {scene.answered()} were answered")
        accepted = [path for status, path in proxy.forwarded() if status == 202]
        assert calls == (accepted.count(PATH + HOOK) - scene.probes, accepted.count(PATH + OTHER)), name
    try:
        proxy.start()
        for name, text in HOSTILE.items():
            with sent(proxy.port, text, 1):
                agree(name)
        check_plain(scene, proxy.port, agree)
    finally:
        proxy.close()


def check_plain(scene, port, agree):
    for name, (text, first, second) in PLAIN.items():
        before = scene.calls(port)
        with sent(port, text, max(first + second, 1)) as answer:
            assert answer.count("HTTP/1.1 202 ") == first + second, f"{name}: {answer}"
        assert scene.calls(port) == (before[0] + first, before[1] + second), name
        agree(name)
