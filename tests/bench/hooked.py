"""Whom signed deliveries are sent to: a tinyforged with bound workloads, and Debian's `webhook`, which checks the same
signature and runs /bin/true."""

import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys

from bench.run import Run
from rig.processes import Folder, Process, accepts, free_port, tail, wait_until
from rig.registry import Registry
from rig.releases import binding, shop
from rig.site import manifest

_HERE = os.path.dirname(os.path.abspath(__file__))
_FIXTURE = os.path.join(os.path.dirname(_HERE), "golden", "webhooks", "github-push-gp")
_SECRET, _KEY = "bench-" + "s" * 32, "bench-" + "k" * 32
_REPOSITORY, _COMMIT = "binkkatal/sample_app", "fd489864e7642b48eaad6e3f155c10e46810ec72"  # of the fixture


class Payload:
    """A push as GitHub sent it, signed anew; its delivery id is the sender's to choose."""

    def __init__(self):
        with open(_FIXTURE + ".json", "rb") as file:
            self.body = file.read()
        with open(_FIXTURE + ".headers") as file:
            self.headers = dict(line.rstrip("\n").split(": ", 1) for line in file)
        del self.headers["X-GitHub-Delivery"]
        self.headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(_KEY.encode(), self.body, hashlib.sha256).hexdigest()

    def request(self, path, delivery):
        """The bytes of one request."""
        headers = {"Host": "bench", **self.headers, "X-GitHub-Delivery": delivery, "Content-Length": len(self.body)}
        lines = [f"POST {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


class Tinyforged:
    """One whose trigger has a signed webhook and so many bindings. The image of the pushed commit is in a registry. The
    workloads are suspended, so that nothing but deliveries is worked on."""

    def __init__(self, dockerd, bindings):
        self.bindings = bindings
        self._port = free_port()
        self.path = f"/api/webhook/triggers/{_SECRET}"
        self.address = ("127.0.0.1", self._port)
        self.url = f"http://127.0.0.1:{self._port}{self.path}"
        self._registry = Registry()
        self._run = Run(dockerd, listen=f"127.0.0.1:{self._port}", webhook_rate=0, webhook_total_rate=0)
        self.daemon = self._run.daemon
        self.daemon.write_secret("hooks/hook", _SECRET)
        self.daemon.write_secret("hooks/key", _KEY)

    def __enter__(self):
        self._registry.start().put_image(f"shop:{_COMMIT}")
        self._run.repo.commit(self._manifests())
        self._run.__enter__()
        self._deliver_first()
        return self

    def __exit__(self, *exception):
        self._run.__exit__(*exception)
        self._registry.close()

    def _deliver_first(self):
        """The first delivery sets a version, which is written down for each workload; later ones find it there."""
        with socket.create_connection(self.address, timeout=60) as connection:
            connection.sendall(Payload().request(self.path, "first"))
            assert b" 202 " in connection.recv(65536)
        self.wait_final()

    def _manifests(self):
        trigger = {"git": {"repository": _REPOSITORY, "branches": ["master"], "imageTag": "GitSha"},
                   "webhook": {"secretRef": {"name": "hooks", "key": "hook"},
                               "signature": {"required": True, "secretRef": {"name": "hooks", "key": "key"}}}}
        secrets = {"fromFiles": {"hook": "hooks/hook", "key": "hooks/key"}}
        names = [f"w{number}" for number in range(self.bindings)]
        return {"hooks.yaml": manifest("Secret", "hooks", secrets) + "---\n" + manifest("Trigger", "push", trigger),
                "bindings.yaml": "---\n".join(binding(name, "push", name) for name in names),
                **{f"apps/{name}.yaml": shop(name, self._registry, suspend=True) for name in names}}

    @property
    def health_url(self):
        return f"http://127.0.0.1:{self.daemon.metrics_port}/healthz"

    def accepted(self):
        """Deliveries answered 202 so far."""
        lines = self.daemon.http("/metrics")[1].splitlines()
        return next(int(float(line.split()[-1])) for line in lines
                    if line.startswith('tinyforge_webhook_requests_total{code="202"}'))

    def wait_final(self):
        """Until every binding of every delivery has its outcome."""
        wait_until(lambda: self.daemon.metric("tinyforge_binding_outcomes_total") == self.accepted() * self.bindings, 60,
                   lambda: f"{self.accepted()} deliveries x {self.bindings} outcomes; there are "
                           f"{self.daemon.metric('tinyforge_binding_outcomes_total')}")

    def deliveries(self):
        """The newest, as tfctl shows them."""
        return self.daemon.ctl_json("get", "deliveries")["items"]

    def peak_memory(self):
        """Resident kilobytes."""
        return self._run.memory()[1]

    def connections(self):
        """Those open at the listener."""
        suffix = f":{self._port:04X}"
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table]
        return sum(row[1].endswith(suffix) and row[3] == "01" for row in rows)


class DebianWebhook:
    """The program of Debian's package `webhook`."""

    def __init__(self):
        self._folder = Folder("webhook")
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/hooks/bench"
        self._process = None

    def __enter__(self):
        signature = {"source": "header", "name": "X-Hub-Signature-256"}
        rule = {"match": {"type": "payload-hmac-sha256", "secret": _KEY, "parameter": signature}}
        with open(self._folder / "hooks.json", "w") as hooks:
            json.dump([{"id": "bench", "execute-command": "/bin/true", "trigger-rule": rule,
                        "trigger-rule-mismatch-http-response-code": 401}], hooks)
        log = self._folder / "log"
        self._process = Process(["webhook", "-hooks", self._folder / "hooks.json", "-ip", "127.0.0.1", "-port", self._port],
                                log)
        wait_until(lambda: accepts(self._port), 20, lambda: f"webhook to listen; its log:\n{tail(log)}")
        return self

    def __exit__(self, *_):
        self._process.stop()
        self._folder.close()


class SlowConnections:
    """So many clients that never finish a request; see slow_clients.py."""

    def __init__(self, port, count):
        self._process = subprocess.Popen([sys.executable, os.path.join(_HERE, "slow_clients.py"), str(port), str(count)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        assert self._process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(20)
