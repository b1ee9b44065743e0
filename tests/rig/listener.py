"""The public listener of a tinyforged, and the secrets that its webhooks have."""

import http.client
import json

from rig.processes import free_port
from rig.site import manifest

HOOK = "h0ok-" + "a" * 32
KEY = "hmac-" + "b" * 32
OTHER = "0ther-" + "c" * 32
SECRETS = manifest("Secret", "hooks", {"fromFiles": {"hook": "hooks/hook", "hmac": "hooks/hmac", "other": "hooks/other"}})


class Listener:
    """The public listener of a site's tinyforged."""

    def __init__(self, site):
        self.site, self.port = site, free_port()
        site.daemon.flags["listen"] = f"127.0.0.1:{self.port}"
        site.daemon.write_secret("hooks/hook", HOOK + "\n")
        site.daemon.write_secret("hooks/hmac", KEY)
        site.daemon.write_secret("hooks/other", OTHER)

    def url(self, secret=HOOK):
        return f"http://127.0.0.1:{self.port}/api/webhook/triggers/{secret}"

    def post(self, body=b"", secret=HOOK, query="", method="POST", **headers):
        """(status, decoded answer)"""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, f"/api/webhook/triggers/{secret}{query}", body,
                               {"Content-Type": "application/json", **named})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text or b"{}")
