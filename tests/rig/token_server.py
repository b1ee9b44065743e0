"""The token server of a registry: signs what the distribution specification calls a Bearer token.

Who gives the right name and password may pull and push everything; who gives none gets a token that allows nothing; who
gives a wrong one is refused.
"""

import base64
import binascii
import http.server
import json
import subprocess
import threading
import time
import urllib.parse
import uuid

from rig.processes import Folder

SERVICE = "rig-registry"
ISSUER = "rig-tokens"
_LIFETIME = 300  # seconds


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer:
    """`users`: {name: password}; may be changed while it runs. `refusal`: the status for wrong credentials."""

    def __init__(self, users):
        self.users = users
        self.refusal = 401
        self.folder = Folder("tokens")
        self.certificate = self.folder / "certificate.pem"
        self._key = self.folder / "key.pem"
        self._server = None

    @property
    def realm(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/token"

    def start(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self._key, "-out",
                        self.certificate, "-days", "2", "-subj", "/CN=rig"], check=True, capture_output=True)
        tokens = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, answer = tokens.answer(self.path, self.headers.get("Authorization"))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def answer(self, path, authorization):
        """(status, JSON) for a request of a token."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        name = self._user(authorization)
        if authorization and name is None:
            return self.refusal, {"errors": [{"code": "UNAUTHORIZED" if self.refusal == 401 else "DENIED",
                                              "message": "incorrect username or password", "detail": None}]}
        scopes = query.get("scope", []) if name else []
        return 200, {"token": self._sign(name or "", [self._access(scope) for scope in scopes]), "expires_in": _LIFETIME}

    def close(self):
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self.folder.close()

    def _user(self, authorization):
        try:
            name, password = base64.b64decode((authorization or "").removeprefix("Basic ")).decode().split(":", 1)
        except (ValueError, binascii.Error):
            return None
        return name if self.users.get(name) == password else None

    @staticmethod
    def _access(scope):
        kind, name, actions = scope.split(":", 2)
        return {"type": kind, "name": name, "actions": actions.split(",")}

    def _sign(self, subject, access):
        with open(self.certificate) as pem:
            chain = ["".join(line.strip() for line in pem if not line.startswith("-----"))]
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": subject, "aud": SERVICE, "iat": now, "nbf": now - 10, "exp": now + _LIFETIME,
                  "jti": uuid.uuid4().hex, "access": access}
        header = {"typ": "JWT", "alg": "RS256", "x5c": chain}
        text = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self._key], input=text.encode(),
                                   capture_output=True, check=True).stdout
        return text + "." + _base64url(signature)
