"""A proxy in front of an Engine's unix socket that writes down every request, so that calls are counted at the socket.

  python3 tests/rig/engine_proxy.py UPSTREAM LISTEN

prints {"socket"} and then answers each line on standard input by one line of JSON: "requests" (all so far), "reset".
It forwards bytes as they come: keep-alive, chunked bodies, event streams and hijacked connections work.
"""

import dataclasses
import json
import os
import re
import socket
import sys
import threading
import time


@dataclasses.dataclass
class Request:
    time: float    # of its head's arrival, seconds since the epoch
    method: str
    path: str      # with the query, without the API version
    body: bytes = b""
    ended: float = 0.0  # of the last byte of the answer so far

_VERSION = re.compile(r"^/v\d+\.\d+(?=/)")
_BODY_KEPT = 1 << 20


class _Stream:
    """Reads a socket by lines and counts, handing every byte read to `forward`."""

    def __init__(self, source, forward):
        self._source, self._forward, self._buffer = source, forward, b""

    def _more(self):
        data = self._source.recv(65536)
        if not data:
            raise ConnectionError
        self._buffer += data

    def head(self):
        """The head of a message, with the empty line; not forwarded yet."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        return head + b"\r\n\r\n"

    def line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        self._forward(line + b"\r\n")
        return line

    def take(self, count):
        """Forwards `count` bytes as they arrive and returns the first _BODY_KEPT of them."""
        kept = b""
        while count:
            if not self._buffer:
                self._more()
            piece, self._buffer = self._buffer[:count], self._buffer[count:]
            self._forward(piece)
            count -= len(piece)
            kept = kept + piece if len(kept) < _BODY_KEPT else kept
        return kept

    def kept_back(self, read):
        """What read() reads, none of it forwarded."""
        forward, self._forward = self._forward, lambda data: None
        try:
            return read()
        finally:
            self._forward = forward

    def rest(self):
        self._forward(self._buffer)
        self._buffer = b""
        while data := self._source.recv(65536):
            self._forward(data)


class EngineProxy:
    def __init__(self, upstream, path):
        self.socket = path
        self._upstream = upstream
        self._lock = threading.Lock()
        self._requests = []
        self._live = set()
        self._listener = None

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.socket)
        self._listener.listen(128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self):
        """No socket any more, and every open connection cut."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.cut()

    def cut(self):
        """Cuts every open connection; new ones are still accepted."""
        with self._lock:
            live = list(self._live)
        for end in live:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self):
        with self._lock:
            self._requests.clear()

    def requests(self):
        """Every request since the last reset, in order. Paths are without the API version."""
        with self._lock:
            return list(self._requests)

    def mutating(self):
        """The requests that may change something: whatever is not a GET or HEAD."""
        return [f"{request.method} {request.path}" for request in self.requests() if request.method not in ("GET", "HEAD")]

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(self._upstream)
        except OSError:
            client.close()
            return
        with self._lock:
            self._live.update((client, upstream))
        latest = []  # the request of this connection that is being answered
        answers = threading.Thread(target=self._pump, args=(upstream, client, latest), daemon=True)
        answers.start()
        try:
            self._follow(_Stream(client, upstream.sendall), client, upstream, latest)
            upstream.shutdown(socket.SHUT_WR)
        except (OSError, ConnectionError):
            # The client went away: so must our end, or the Engine would keep an event stream open for nobody.
            self._shut(upstream)
        answers.join()
        with self._lock:
            self._live.difference_update((client, upstream))
        client.close()
        upstream.close()

    def _pump(self, source, target, latest):
        try:
            while data := source.recv(65536):
                for request in latest:
                    request.ended = time.time()
                target.sendall(data)
        except OSError:
            pass
        self._shut(target)

    @staticmethod
    def _shut(end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def intercepts(self, request):
        """For those that derive from it: whether intercept() shall answer this request. It may take its time."""
        return False

    def intercept(self, request, headers, client):
        """Answers a request of which nothing went upstream; False when the connection is to end."""
        raise NotImplementedError

    def _follow(self, stream, client, upstream, latest):
        while True:
            head = stream.head()
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ", 2)
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            request = Request(time.time(), method, _VERSION.sub("", target))
            with self._lock:
                self._requests.append(request)
            latest[:] = [request]
            if self.intercepts(request):
                request.body = stream.kept_back(lambda: self._body(stream, headers))
                if not self.intercept(request, headers, client):
                    raise ConnectionError
                request.ended = time.time()
                continue
            upstream.sendall(head)
            if "upgrade" in headers.get("connection", "").lower():
                return stream.rest()
            request.body = self._body(stream, headers)

    def _body(self, stream, headers):
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return stream.take(int(headers.get("content-length", 0)))
        body = b""
        while size := int(stream.line().split(b";")[0], 16):
            piece = stream.take(size)
            body = body + piece if len(body) < _BODY_KEPT else body
            stream.take(2)
        while stream.line():
            pass
        return body


def main():
    proxy = EngineProxy(sys.argv[1], sys.argv[2]).start()
    print(json.dumps({"socket": proxy.socket}), flush=True)
    for line in sys.stdin:
        if line.strip() == "reset":
            proxy.reset()
        print(json.dumps([f"{request.method} {request.path}" for request in proxy.requests()]), flush=True)
    proxy.stop()


if __name__ == "__main__":
    main()
