"""tinyforged under test, with its own state folder, socket and instance name, and tfctl against it.

  python3 tests/rig/daemon.py REPO DOCKER_HOST

prints {"api_socket", "metrics_port", "state_dir", "instance", "log", "pid"} and ends it when its standard input closes.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import uuid

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig.processes import (Folder, Process, RigError, free_port, serve_until_stdin_closes, tail,  # noqa: E402
                           wait_until)

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("TINYFORGE_BIN_DIR", os.path.join(_ROOT, "build", "release", "bin"))
PROGRAM = os.environ.get("TINYFORGE_PROGRAM", "tinyforged")  # tinyforged-failpoints has those that can be told to fail
_TFCTL_TIMEOUT = 120


class CtlResult:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit {self.code}\n{self.out}{self.err}"


class _Api(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("tinyforged", timeout=30)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Daemon:
    """`repo` is what --repo takes. Flags given by name replace the defaults; None leaves one out."""

    def __init__(self, repo, docker_host, instance=None, state_dir=None, **flags):
        self.folder = Folder("daemon")
        self.instance = instance or "rig-" + uuid.uuid4().hex[:8]
        self.state_dir = state_dir or self.folder.make("state", 0o700)
        self.secrets_dir = self.folder.make("secrets", 0o700)
        self.api_socket = self.folder / "api.sock"
        self.log = self.folder / "tinyforged.log"
        self.metrics_port = free_port()
        self.flags = {"repo": repo, "branch": "main", "docker_host": docker_host, "state_dir": self.state_dir,
                      "instance": self.instance, "api_socket": self.api_socket, "secrets_dir": self.secrets_dir,
                      "metrics_listen": f"127.0.0.1:{self.metrics_port}", "interval": "1s", "resync_interval": "2s",
                      **flags}
        self.environment = {}
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    def write_secret(self, path, value):
        target = os.path.join(self.secrets_dir, path)
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        descriptor = os.open(target + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(value)
        os.rename(target + ".new", target)

    def write_config(self, text):
        """The configuration file (host policy); used from the next start."""
        self.flags["config"] = self.folder / "config.yaml"
        with open(self.flags["config"], "w") as out:
            out.write(text)

    def arguments(self):
        return [word for name, value in self.flags.items() if value is not None
                for word in ("--" + name.replace("_", "-"), str(value))]

    def start(self, ready=True):
        self._process = Process([os.path.join(BIN, PROGRAM)] + self.arguments(), self.log, env=self.environment)
        if ready:
            wait_until(self._answers, 30, lambda: f"tinyforged to answer; its log:\n{tail(self.log)}")
        return self

    def _answers(self):
        if not self._process.running():
            raise RigError("tinyforged ended")
        return self.get("/api/repository") is not None

    def running(self):
        return self._process is not None and self._process.running()

    def kill9(self):
        self._process.kill9()

    def exit_code(self):
        """Of an ended one; minus the signal's number when a signal ended it."""
        return self._process.wait(0)

    def sigterm(self, timeout=10):
        """Ends it as an operator would; returns the exit code. It has 10 s, as promised."""
        self._process.signal(signal.SIGTERM)
        code = self._process.wait(timeout)
        return code

    def restart(self):
        self.sigterm()
        return self.start()

    def close(self):
        if self._process is not None:
            self._process.stop()
        self.folder.close()

    def logs(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def get(self, path):
        """GET of the local API; returns the decoded JSON."""
        api = _Api(self.api_socket)
        try:
            api.request("GET", path)
            response = api.getresponse()
            body = response.read()
        finally:
            api.close()
        if response.status != 200:
            raise RigError(f"GET {path}: {response.status} {body[:500]!r}")
        return json.loads(body)

    def post(self, path, body="{}"):
        """POST to the local API; returns the decoded JSON."""
        api = _Api(self.api_socket)
        try:
            api.request("POST", path, body, {"Content-Type": "application/json"})
            response = api.getresponse()
            answer = response.read()
        finally:
            api.close()
        if response.status >= 300:
            raise RigError(f"POST {path}: {response.status} {answer[:500]!r}")
        return json.loads(answer or "{}")

    def http(self, path):
        """GET of the metrics listener; returns (status, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def tfctl(self, *arguments, check=True):
        command = [os.path.join(BIN, "tfctl"), "--api-socket", self.api_socket, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TFCTL_TIMEOUT)
        if check and done.returncode != 0:
            raise RigError(f"tfctl {' '.join(arguments)}: {CtlResult(done)!r}\nlog:\n{tail(self.log)}")
        return CtlResult(done)

    def ctl_json(self, *arguments):
        return json.loads(self.tfctl(*arguments, "-o", "json").out)

    def workload(self, name):
        """As `tfctl get workload NAME -o json` shows it, or None."""
        result = self.tfctl("get", "workload", name, "-o", "json", check=False)
        return json.loads(result.out) if result.code == 0 else None

    def condition(self, name, kind="Ready"):
        """The condition of a workload ({"type", "status", "reason", "message", …}), or None."""
        workload = self.workload(name) or {}
        for condition in workload.get("status", {}).get("conditions", []):
            if condition["type"] == kind:
                return condition
        return None

    def ready(self, name):
        """Whether the workload is Ready, and its status speaks of the newest generation of its spec."""
        workload = self.workload(name) or {}
        status = workload.get("status", {})
        return status.get("observedGeneration") == workload.get("metadata", {}).get("generation") and any(
            condition["type"] == "Ready" and condition["status"] == "True" for condition in status.get("conditions", []))

    def repository(self):
        """The status of the config repository: revision, conditions, errors."""
        return self.get("/api/repository").get("status", {})

    def wait_for(self, condition, what, timeout=60):
        return wait_until(condition, timeout, lambda: f"{what}; log of tinyforged:\n{tail(self.log)}", interval=0.1)

    def wait_ready(self, *names, timeout=60):
        """Until all of them are Ready for the newest generation."""
        for name in names:
            self.wait_for(lambda: self.ready(name), f"{name} to be Ready", timeout)

    def wait_revision(self, revision, timeout=30):
        """Until the repository's last read revision is this commit."""
        self.wait_for(lambda: self.repository().get("revision") == revision, f"revision {revision}", timeout)

    def sync(self):
        self.tfctl("sync")

    def metric(self, name):
        """The sum of a metric over its labels, or None when there is none."""
        values = [float(line.rsplit(" ", 1)[1]) for line in self.http("/metrics")[1].splitlines()
                  if line.startswith(name + "{") or line.startswith(name + " ")]
        return sum(values) if values else None


def main():
    daemon = Daemon(sys.argv[1], sys.argv[2])
    try:
        daemon.start()
        serve_until_stdin_closes({"api_socket": daemon.api_socket, "metrics_port": daemon.metrics_port, "pid": daemon.pid,
                                  "state_dir": daemon.state_dir, "instance": daemon.instance, "log": daemon.log})
    finally:
        daemon.close()


if __name__ == "__main__":
    main()
