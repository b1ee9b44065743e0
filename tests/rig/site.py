"""One installation under test: a config repository, a tinyforged on it, and the engine it drives, counted at the socket."""

import json
import os

from rig.daemon import Daemon
from rig.engine_proxy import EngineProxy
from rig.gitserver import Repo
from rig.processes import Folder, tail, wait_until

INSTANCE = "tinyforge.instance"
WORKLOAD = "tinyforge.workload.id"


def manifest(kind, name, spec, **metadata):
    """The text of one manifest."""
    return (f"apiVersion: tinyforge.dev/v1\nkind: {kind}\nmetadata: {json.dumps({'name': name, **metadata})}\n"
            f"spec: {json.dumps(spec)}\n")


def workload(name, image="tinyforge-test/sleeper:1", **spec):
    """A Workload that counts as up 300 ms after its start. `spec` adds to it or replaces what it says."""
    repository, tag = image.rsplit(":", 1)
    return manifest("Workload", name, {"source": {"image": {"repository": repository, "tag": tag}},
                                       "rollout": {"healthyAfter": "300ms"}, **spec})


def env(**variables):
    return [{"name": name, "value": value} for name, value in variables.items()]


class Site:
    def __init__(self, dockerd, **flags):
        self.dockerd = dockerd
        self.engine = dockerd.engine  # past the proxy: what the test does by hand is not counted
        self.folder = Folder("site")
        self.repo = Repo(self.folder.path)
        self.proxy = EngineProxy(dockerd.socket, self.folder / "engine.sock").start()
        self.daemon = Daemon(self.repo.bare, "unix://" + self.proxy.socket, **flags)
        self.others = []  # further daemons of the test, closed with the site
        self.data = self.folder.make("data")

    def up(self, files, *names):
        """Commits the files, starts tinyforged and waits until the named workloads are Ready."""
        head = self.repo.commit(files)
        self.daemon.start()
        self.daemon.wait_revision(head)
        self.daemon.wait_ready(*names)
        return head

    def change(self, files, *names, rm=()):
        """Commits and waits until tinyforged has read it and the named workloads are Ready at it."""
        head = self.repo.commit(files, rm=rm)
        self.daemon.wait_revision(head)
        self.daemon.wait_ready(*names)
        return head

    def another(self, instance=None, **flags):
        """A second tinyforged on the same engine and repository, not started."""
        other = Daemon(flags.pop("repo", self.repo.bare), "unix://" + self.proxy.socket, instance=instance, **flags)
        self.others.append(other)
        return other

    def containers(self, name=None):
        """Inspected containers that carry our instance (and the workload's) label, stopped ones too."""
        labels = [f"{INSTANCE}={self.daemon.instance}"] + ([f"{WORKLOAD}={name}"] if name else [])
        return self.engine.inspect_all(self.engine.containers(labels=labels))

    def running(self, name):
        return [container for container in self.containers(name) if container["State"]["Running"]]

    def identity(self, *names):
        """What a restart or a replacement would change: {name: (id, StartedAt, Pid, RestartCount)}."""
        found = {}
        for name in names:
            container = self.engine.inspect(name)
            state = container["State"]
            found[name] = (container["Id"], state["StartedAt"], state["Pid"], container["RestartCount"])
        return found

    def environment(self, name):
        return dict(entry.split("=", 1) for entry in self.engine.inspect(name)["Config"]["Env"])

    def resyncs(self):
        """How often tinyforged has listed the containers since the proxy's last reset."""
        return sum(request.path.startswith("/containers/json") for request in self.proxy.requests())

    def wait_resyncs(self, count, timeout=60):
        target = self.resyncs() + count
        wait_until(lambda: self.resyncs() >= target, timeout, f"{count} further listings")

    def settle(self):
        """Waits until two resyncs pass without a mutating call."""
        def quiet():
            self.proxy.reset()
            self.wait_resyncs(2)
            return not self.proxy.mutating()
        wait_until(quiet, 30, lambda: f"no more mutating calls; the last: {self.proxy.mutating()}")

    def cache_files(self):
        """The SQLite files of the state folder (with -wal and -shm beside them)."""
        found = []
        for folder, _, names in os.walk(self.daemon.state_dir):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as content:
                    if content.read(16) == b"SQLite format 3\0":
                        found.append(path)
        return found

    def report(self):
        """What a reader of a failed test wants to see."""
        lines = [f"{container['Names']} {container['Status']} {container['Labels']}" for container in self.engine.containers()]
        calls = [f"{request.method} {request.path}" for request in self.proxy.requests()[-40:]]
        return "\n".join(["-- containers"] + lines + ["-- last Engine calls"] + calls +
                         ["-- log of tinyforged", tail(self.daemon.log, 80)])

    def close(self):
        for daemon in [self.daemon] + self.others:
            daemon.close()
        self.proxy.stop()
        if not self.engine_answers():
            self.dockerd.start()
        self.dockerd.clear()
        self.folder.close()

    def engine_answers(self):
        try:
            return self.engine.ping()
        except OSError:
            return False
