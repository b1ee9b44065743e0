"""A proxy at the Engine's socket that does one thing wrong at the k-th call of a kind, as networks and daemons do."""

import dataclasses
import re
import socket
import threading
import time

from rig.engine import Engine
from rig.engine_proxy import EngineProxy

DELAY = 3.0
_STATUS = {"500": b"500 Internal Server Error", "503": b"503 Service Unavailable"}
# reset: the answer ends in its middle; truncate: a complete message of half a document; drop: the call is done, its
# answer lost; black-hole: nothing at all is answered for a while; duplicate: every event comes twice.
FAULTS = ["delay", "500", "503", "reset", "truncate", "drop", "black-hole", "duplicate"]


def kind_of(request):
    """ "POST /containers/{}/start": method and path without names, ids and query."""
    path = request.path.split("?")[0]
    path = re.sub(r"^/images/.+/json$", "/images/{}/json", path)
    path = re.sub(r"^/(containers|networks|volumes)/(?!(?:create|json)$)[^/]+", r"/\1/{}", path)
    return f"{request.method} {path}"


@dataclasses.dataclass
class Fault:
    name: str
    kind: str
    at: int = 1            # which call of the kind
    seconds: float = 5.0   # of a black hole
    seen: int = 0
    hit: threading.Event = dataclasses.field(default_factory=threading.Event)
    ends: float = 0.0      # monotonic


class FaultProxy(EngineProxy):
    def __init__(self, upstream, path):
        super().__init__(upstream, path)
        self._fault, self._dark_until = None, 0.0
        self._arming = threading.Lock()

    def arm(self, name, kind, at=1, seconds=5.0):
        """From now on, the `at`-th call of that kind goes wrong, once. Returns the Fault."""
        with self._arming:
            self._fault = Fault(name, kind, at, seconds)
            return self._fault

    def disarm(self):
        with self._arming:
            self._fault = None

    def _strike(self, request):
        """The fault that hits this request."""
        with self._arming:
            fault = self._fault
            if fault is None or fault.hit.is_set() or kind_of(request) != fault.kind:
                return None
            fault.seen += 1
            if fault.seen != fault.at:
                return None
            lasts = {"delay": DELAY, "black-hole": fault.seconds}.get(fault.name, 0.0)
            fault.ends = time.monotonic() + lasts
            if fault.name == "black-hole":
                self._dark_until = fault.ends
            fault.hit.set()
            return fault

    def intercepts(self, request):
        fault = self._strike(request)
        if fault and fault.name == "delay":
            time.sleep(DELAY)  # late, and then as ever
            return False
        request.fault = fault
        return fault is not None or time.monotonic() < self._dark_until

    def intercept(self, request, headers, client):
        if time.monotonic() < self._dark_until:
            time.sleep(max(0.0, self._dark_until - time.monotonic()))
            return False
        name = request.fault.name if request.fault else ""
        if name in _STATUS:
            self._answer(client, _STATUS[name], b'{"message":"fault: ' + name.encode() + b'"}')
            return True
        if kind_of(request) == "GET /events":
            return self._events(request, client, name)
        status, body = self._exchange(request, headers)
        if name == "drop":
            return False
        if name == "truncate":
            body = body[:len(body) // 2]
        self._answer(client, status, body, cut=name == "reset")
        return name != "reset"

    def _exchange(self, request, headers):
        """The call made for the client; returns (status line's end, body)."""
        connection = Engine(self._upstream).connection()
        kept = {name: headers[name] for name in ("content-type", "x-registry-auth") if name in headers}
        connection.request(request.method, request.path, request.body or None, kept)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return f"{answer.status} {answer.reason}".encode(), body

    @staticmethod
    def _answer(client, status, body, cut=False):
        bodiless = status[:3] in (b"204", b"304")
        length = b"" if bodiless else b"Content-Length: %d\r\n" % len(body)
        message = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + length + b"\r\n" + body
        client.sendall(message[:len(message) - max(1, len(body) // 2)] if cut else message)

    def _events(self, request, client, name):
        """The stream itself: twice each, or cut within the first event, or never begun."""
        if name == "drop":
            return False
        connection = Engine(self._upstream, timeout=None).connection()
        connection.request("GET", request.path)
        upstream = connection.sock
        answer = connection.getresponse()
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        with self._lock:
            self._live.add(upstream)
        threading.Thread(target=self._end_with, args=(client, upstream), daemon=True).start()
        try:
            for line in answer:
                if name in ("reset", "truncate"):
                    self._chunk(client, line[:len(line) // 2])
                    client.sendall(b"0\r\n\r\n" if name == "truncate" else b"")
                    return False
                for _ in range(2):
                    self._chunk(client, line)
            client.sendall(b"0\r\n\r\n")
        finally:
            with self._lock:
                self._live.discard(upstream)
            connection.close()
        return False

    def _end_with(self, client, upstream):
        """When the client goes, so does the stream that nobody reads any more."""
        try:
            client.recv(1, socket.MSG_PEEK)
        except OSError:
            pass
        self._shut(upstream)

    @staticmethod
    def _chunk(client, data):
        client.sendall(b"%x\r\n%s\r\n" % (len(data), data))
