"""A compose project by tinyforged, beside docker-compose 1.29 on the same file and beside the same Engine calls by hand."""

import os
import statistics
import subprocess
import time

from bench.floor import Recorder, again, make_all, make_networks, started_at
from bench.run import Run
from bench.table import Row, milliseconds
from rig.processes import Folder, wait_until
from rig.site import manifest

_LONG = 600
_OURS, _PEERS = "shop", "peer"  # names of the two projects
_CHANGED = "s1"
_HEAD = "services:\n"


def services(count, numbers=None):
    """The text of a file of `count` services; of those in `numbers` the environment has another value."""
    text = _HEAD
    for number in range(count):
        name = f"s{number}"
        text += (f"  {name}:\n    image: tinyforge-test/sleeper:1\n    restart: always\n"
                 f"    environment: {{N: \"{(numbers or {}).get(name, 0)}\"}}\n")
    return text


def workload(text):
    spec = {"source": {"compose": {"file": "compose.yaml"}}, "rollout": {"healthyAfter": "300ms"}}
    return {"shop.yaml": manifest("Workload", _OURS, spec), "compose.yaml": text}


class DockerCompose:
    """Debian's docker-compose on a project of its own."""

    def __init__(self, dockerd):
        self._dockerd, self._folder = dockerd, Folder("peer")

    def up(self, text):
        """(seconds from its begin to the last start of a container that it started, seconds to its end)"""
        with open(self._folder / "compose.yaml", "w") as file:
            file.write(text)
        before = set(self._containers())
        began = time.time()
        self._run("up", "-d")
        ended = time.time()
        engine = self._dockerd.engine
        fresh = [started_at(engine, container) - began for container in self._containers() if container not in before]
        return max(fresh, default=None), ended - began

    def down(self):
        self._run("down", "--timeout", "1")

    def close(self):
        self.down()
        self._folder.close()

    def _containers(self):
        return [summary["Id"] for summary in self._dockerd.engine.containers(labels=[f"com.docker.compose.project={_PEERS}"])]

    def _run(self, *command):
        done = subprocess.run(["docker-compose", "--project-name", _PEERS, "--file", self._folder / "compose.yaml", *command],
                              env={**os.environ, "DOCKER_HOST": self._dockerd.docker_host}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def bench_projects(dockerd, table, count, rounds):
    subprocess.run(["docker-compose", "version"], check=True, capture_output=True)  # else: hack/deps bench
    peer = DockerCompose(dockerd)
    try:
        first_up(dockerd, table, peer, count, rounds)
        with Run(dockerd) as run:
            run.bring_up(workload(services(count)), count)
            peer.up(services(count))
            nothing_changed(run, table, peer, count, rounds)
            one_changed(run, table, peer, count, rounds)
    finally:
        peer.close()
        remove_network(dockerd)


def first_up(dockerd, table, peer, count, rounds):
    networks, calls = capture(dockerd, count)
    figures, floors, peers = [], [], []
    for _ in range(rounds):
        floors.append(make_networks(dockerd.socket, networks) + make_all(dockerd.socket, calls))
        dockerd.remove_containers()
        remove_network(dockerd)
        peers.append(peer.up(services(count))[0])
        peer.down()
        with Run(dockerd) as run:
            figures.append(run.bring_up(workload(services(count)), count))
        remove_network(dockerd)
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row(f"compose: first up of {count} services", milliseconds(figure), milliseconds(floor),
                  f"<= 1.15 x floor ({milliseconds(1.15 * floor)})", figure <= 1.15 * floor,
                  f"{figure / floor:.2f} x floor; docker-compose {milliseconds(statistics.median(peers))}; median of {rounds}"))


def capture(dockerd, count):
    """The calls by which tinyforged makes the project: of the networks, of the containers."""
    recorder = Recorder(dockerd)
    try:
        with Run(dockerd, recorder.docker_host) as run:
            run.bring_up(workload(services(count)), count)
            return recorder.networks(), recorder.creates()
    finally:
        recorder.stop()
        remove_network(dockerd)


def remove_network(dockerd):
    """That of our project, once its containers are gone."""
    for network in dockerd.engine.call("GET", "/networks"):
        if network["Name"] == f"{_OURS}_default":
            dockerd.engine.raw("DELETE", f"/networks/{network['Id']}")


class Passes:
    """The passes of a tinyforged over workloads from now on, by its own clock."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._before = self._now()

    def wait(self):
        """The mean seconds of a pass and the calls of the Engine in all of them, once there was one."""
        wait_until(lambda: self._now()[0] > self._before[0], _LONG, "a pass over the project", interval=0.02)
        passes, seconds, calls = (now - before for now, before in zip(self._now(), self._before))
        return seconds / passes, calls

    def _now(self):
        return [self._daemon.metric(f"tinyforge_{name}") or 0
                for name in ("reconcile_duration_seconds_count", "reconcile_duration_seconds_sum", "engine_requests_total")]


def nothing_changed(run, table, peer, count, rounds):
    """A commit that changes the file and nothing that it means."""
    run.all_ready(1)
    figures, calls, peers = [], 0, []
    for number in range(rounds):
        text = services(count) + f"# {number}\n"
        peers.append(peer.up(text)[1])
        passes = Passes(run.daemon)
        run.repo.commit({"compose.yaml": text})
        run.daemon.sync()
        seconds, called = passes.wait()
        figures.append(seconds)
        calls += called
    figure, beside = statistics.median(figures), statistics.median(peers)
    table.add(Row(f"compose: pass with nothing changed, {count} services", f"{figure * 1000:.1f} ms",
                  f"{milliseconds(beside)} (docker-compose)", f"<= 1/50 of docker-compose ({beside * 20:.1f} ms)",
                  figure <= beside / 50, f"1/{beside / figure:.0f} of it; {calls:g} Engine calls; median of {rounds}"))


def one_changed(run, table, peer, count, rounds):
    figures, floors, peers = [], [], []
    for number in range(1, rounds + 1):
        text = services(count, {_CHANGED: number})
        peers.append(peer.up(text)[0])
        run.all_ready(1)
        figures.append(run.bring_up({"compose.yaml": text}, 1))
        run.all_ready(1)
        floors.append(make_all(run.dockerd.socket, [again(run.engine.inspect(f"{_OURS}-{_CHANGED}-1"))]))
        run.engine.remove("floor")
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row(f"compose: one of {count} services changed -> running", milliseconds(figure), milliseconds(floor),
                  f"<= floor + 50 ms ({milliseconds(floor + 0.05)})", figure <= floor + 0.05,
                  f"docker-compose {milliseconds(statistics.median(peers))}; median of {rounds}"))
