"""What stands before a registry and lets it go wrong: a small HTTP proxy with faults, for pulls (GET and HEAD)."""

import http.client
import http.server
import json
import threading

_HOP = ("connection", "keep-alive", "transfer-encoding")


class RegistryFront:
    """Forwards to the registry at `upstream` ("127.0.0.1:5000") until told otherwise. `requests` are those that came."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.requests = []
        self._fault = None          # a status, or "hole"
        self._mended = threading.Event()
        self._server = None
        self.port = 0

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        """The first start chooses the port, later ones come back to it."""
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                front.serve(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def fail(self, status):
        """From now on every request is answered with this HTTP status, with the body that registries give."""
        self._fault = status

    def swallow(self):
        """From now on connections are accepted and requests never answered."""
        self._mended.clear()
        self._fault = "hole"

    def mend(self):
        """All is well again; who waits for an answer is hung up on."""
        self._fault = None
        self._mended.set()

    def refuse(self):
        """Connections are refused until start()."""
        self._server.shutdown()
        self._server.server_close()
        self._server = None

    def close(self):
        self.mend()
        if self._server is not None:
            self.refuse()

    def serve(self, handler):
        self.requests.append(f"{handler.command} {handler.path}")
        if self._fault == "hole":
            self._mended.wait()
            handler.close_connection = True
        elif self._fault:
            self._refuse(handler, self._fault)
        else:
            self._forward(handler)

    @staticmethod
    def _refuse(handler, status):
        code = {429: "TOOMANYREQUESTS", 503: "UNAVAILABLE"}.get(status, "UNKNOWN")
        message = {429: "You have reached your pull rate limit"}.get(status, "the registry is not well")
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        if status in (429, 503):
            handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    def _forward(self, handler):
        upstream = http.client.HTTPConnection(self.upstream, timeout=30)
        try:
            upstream.request(handler.command, handler.path, headers=dict(handler.headers))
            answer = upstream.getresponse()
            body = answer.read()
        finally:
            upstream.close()
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP + ("content-length", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", answer.headers.get("Content-Length", str(len(body))))
        handler.end_headers()
        handler.wfile.write(body)
