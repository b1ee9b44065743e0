"""How long a rollout takes, beside the same Engine calls made by hand one after another, with the same waits on purpose."""

import http.client
import statistics
import time

from bench.floor import again
from bench.table import Row, milliseconds
from judge.watcher import Watcher
from rig.engine import Engine
from rig.processes import wait_until
from rig.site import env, workload

_LONG = 600
_DRAIN = 2.5  # seconds that the old one goes on answering after it has lost its name
_PORT, _HAND_PORT = 18081, 18082
_HEALTH = {"http": {"path": "/", "port": 80}, "interval": "1s", "timeout": "1s"}
_ALLOWED = 1.15


def manifest(number, strategy, replicas):
    ports = {"ports": [{"container": 80, "host": _PORT}]} if strategy == "Recreate" else {}
    return {"web.yaml": workload("web", "tinyforge-test/httpd:1", env=env(N=str(number)), healthcheck=_HEALTH,
                                 replicas=replicas, rollout={"strategy": strategy, "deadline": "5m"}, **ports)}


def answers(address, port):
    connection = http.client.HTTPConnection(address, port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Hand:
    """One who makes a rollout's calls by hand, on one connection. `waited` is what was waited for on purpose: the first
    answer of a new one, and the drain of an old one."""

    def __init__(self, engine, container, strategy, replicas):
        self._engine, self._connection = Engine(engine.socket_path), engine.connection()
        _, self._body = again(container)
        self._network = next(iter(self._body["NetworkingConfig"]["EndpointsConfig"]))
        if strategy == "Recreate":
            self._body["ExposedPorts"] = {"80/tcp": {}}
            self._body["HostConfig"]["PortBindings"] = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(_HAND_PORT)}]}
        self._strategy, self._serial = strategy, 0
        self.calls, self.waited = 0, 0.0
        self._serving = [self._first(number) for number in range(replicas)]

    def _first(self, number):
        container = self._create(number)
        self._start(container)
        self._engine.rename(container, self._name(number))
        return container

    def rollout(self):
        """Returns the seconds of one; sets `calls` and `waited` anew."""
        self.calls, self.waited = 0, 0.0
        began = time.monotonic()
        {"BlueGreen": self._blue_green, "Rolling": self._rolling, "Recreate": self._recreate}[self._strategy]()
        return time.monotonic() - began

    def close(self):
        for container in self._serving:
            self._engine.remove(container)
        self._connection.close()

    # --- the strategies ---

    def _blue_green(self):
        fresh = [self._create(number) for number in range(len(self._serving))]
        addresses = [self._start(container) for container in fresh]
        for address in addresses:
            self._await(lambda address=address: answers(address, 80))
        for number, container in enumerate(fresh):
            self._switch(number, container, addresses[number])
        for old in self._serving:
            self._hide(old)
        self._sleep(_DRAIN)
        for old in self._serving:
            self._end(old)
        self._serving = fresh

    def _rolling(self):
        drained = []
        for number, old in enumerate(self._serving):
            container = self._create(number)
            address = self._start(container)
            self._await(lambda address=address: answers(address, 80))
            self._switch(number, container, address)
            self._hide(old)
            self._serving[number] = container
            drained.append((time.monotonic() + _DRAIN, old))
            while drained and drained[0][0] <= time.monotonic():
                self._end(drained.pop(0)[1])
        for due, old in drained:
            self._sleep(due - time.monotonic())
            self._end(old)

    def _recreate(self):
        container, old = self._create(0), self._serving[0]
        self._call("POST", f"/containers/{old}/update", {"RestartPolicy": {"Name": "no"}})
        self._call("POST", f"/containers/{old}/stop")
        self._start(container)
        self._await(lambda: answers("127.0.0.1", _HAND_PORT))
        self._rename(0, container)
        self._call("DELETE", f"/containers/{old}")
        self._serving = [container]

    # --- the steps ---

    def _call(self, method, path, body=None, **query):
        self.calls += method != "GET"
        return self._engine.call(method, path, body, connection=self._connection, **query)

    def _name(self, number):
        return f"hand-{number}"

    def _create(self, number):
        self._serial += 1
        return self._call("POST", "/containers/create", self._body, name=f"{self._name(number)}.{self._serial}")["Id"]

    def _start(self, container):
        """Returns its address."""
        self._call("POST", f"/containers/{container}/start")
        found = self._call("GET", f"/containers/{container}/json")
        return found["NetworkSettings"]["Networks"][self._network]["IPAddress"]

    def _switch(self, number, container, address):
        self._join(container, Aliases=["hand"], IPAMConfig={"IPv4Address": address})
        self._rename(number, container)

    def _rename(self, number, container):
        self._call("POST", f"/containers/{self._name(number)}/rename", name=f"{self._name(number)}.old")
        self._call("POST", f"/containers/{container}/rename", name=self._name(number))

    def _hide(self, container):
        self._join(container)

    def _join(self, container, **endpoint):
        self._call("POST", f"/networks/{self._network}/disconnect", {"Container": container, "Force": True})
        self._call("POST", f"/networks/{self._network}/connect", {"Container": container, "EndpointConfig": endpoint})

    def _end(self, container):
        self._call("POST", f"/containers/{container}/update", {"RestartPolicy": {"Name": "no"}})
        self._call("POST", f"/containers/{container}/stop")
        self._call("DELETE", f"/containers/{container}")

    def _await(self, condition):
        began = time.monotonic()
        wait_until(condition, _LONG, "an answer", interval=0.005)
        self.waited += time.monotonic() - began

    def _sleep(self, seconds):
        if seconds > 0:
            time.sleep(seconds)
            self.waited += seconds


class Measured:
    """Rollouts of one workload by tinyforged, with those by hand between them."""

    def __init__(self, run, strategy, replicas):
        self._run, self.strategy, self._replicas = run, strategy, replicas
        self._watch = Watcher(run.dockerd.socket)
        self._number = 0
        self.figures, self.floors, self.waited, self.calls, self.processor = [], [], [], [], []

    def measure(self, rounds):
        run = self._run
        run.bring_up(manifest(0, self.strategy, self._replicas), self._replicas)
        run.all_ready(1)
        hand = Hand(run.engine, run.engine.inspect("web"), self.strategy, self._replicas)
        try:
            for _ in range(rounds):
                self.floors.append(hand.rollout())
                self.waited.append(hand.waited)
                self.calls.append(hand.calls)
                self.figures.append(self._rollout())
                run.all_ready(1)
        finally:
            hand.close()
        return self

    def _rollout(self):
        """The seconds from `tfctl sync` to the removal of the last old container."""
        self._number += 1
        place, processor = self._watch.mark(), self._run.processor_seconds()
        self._run.repo.commit(manifest(self._number, self.strategy, self._replicas))
        began = time.time()
        self._run.daemon.sync()
        gone = wait_until(lambda: self._ends(place), _LONG, "the old ones to go", interval=0.05)
        self.processor.append(self._run.processor_seconds() - processor)
        return gone - began

    def _ends(self, place):
        """When the last old one was removed; None: not all are."""
        times = [event.time for event in self._watch.since(place) if (event.workload, event.action) == ("web", "destroy")]
        return max(times) if len(times) >= self._replicas else None


def row(what, measured):
    figure, floor = statistics.median(measured.figures), statistics.median(measured.floors)
    waited = statistics.median(measured.waited)
    drain = "" if measured.strategy == "Recreate" else f", {_DRAIN:g} s of drain of the old"
    note = (f"of the floor {milliseconds(waited)} are waited on purpose (first answers of the new{drain}) and "
            f"{milliseconds(floor - waited)} are the Engine's, {statistics.median(measured.calls):g} calls; tinyforged takes "
            f"{milliseconds(figure - floor)} beyond it and {milliseconds(statistics.median(measured.processor))} of "
            f"processor time; median of {len(measured.figures)}")
    return Row(what, milliseconds(figure), milliseconds(floor), f"<= {_ALLOWED:g} x floor ({milliseconds(_ALLOWED * floor)})",
               figure <= _ALLOWED * floor, note)


def bench_rollouts(make_run, table, many, rounds):
    """`make_run` makes a Run. Images are present: no pull is in any figure."""
    for strategy, replicas, times in (("BlueGreen", 1, rounds), ("Rolling", 1, rounds), ("Recreate", 1, rounds),
                                      ("BlueGreen", many, 1), ("Rolling", many, 1)):
        with make_run() as run:
            measured = Measured(run, strategy, replicas).measure(times)
        what = f"rollout by {strategy}, {replicas} replica" + ("s" if replicas > 1 else "")
        table.add(row(what, measured))
