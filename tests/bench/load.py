"""Updates under load: what clients see while a workload is updated again and again. See hack/load."""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench.table import Row, Table, milliseconds  # noqa: E402
from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.processes import wait_until  # noqa: E402
from rig.site import Site, env, workload  # noqa: E402

_HERE = os.path.dirname(os.path.abspath(__file__))
_SERVER = ["sh", "-c", "mkdir -p /www/cgi-bin; echo ok > /www/index.html; "
                       "printf '#!/bin/sh\\nsleep 1.5\\necho; echo ok\\n' > /www/cgi-bin/slow; chmod +x /www/cgi-bin/slow; "
                       "trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait $!"]
_HEALTH = {"http": {"path": "/", "port": 80}, "interval": "1s", "timeout": "1s"}
_PORT = 18080


def server(number, strategy, **spec):
    return {"web.yaml": workload("web", "tinyforge-test/httpd:1", command=_SERVER, env=env(N=str(number)),
                                 healthcheck=_HEALTH, rollout={"strategy": strategy, "deadline": "1m"}, **spec)}


class Client:
    """load_client.py beside the container `name`, asking the workload `asks`."""

    def __init__(self, engine, name, fast=8, slow=4, asks="web"):
        pid = engine.inspect(name)["State"]["Pid"]
        self._process = subprocess.Popen(
            ["nsenter", "--net", "-t", str(pid), sys.executable, os.path.join(_HERE, "load_client.py"), asks, str(fast),
             str(slow)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        return json.loads(self._process.communicate(timeout=60)[0])


def updates_under_load(dockerd, strategy, replicas, count):
    site = Site(dockerd)
    try:
        site.up({**server(0, strategy, replicas=replicas), "client.yaml": workload("client")}, "web", "client")
        client = Client(site.engine, "client")
        for number in range(1, count + 1):
            site.change(server(number, strategy, replicas=replicas), "web", "client")
            wait_until(lambda: len(site.containers("web")) == replicas, 60, "the old ones to go")
            print(f"\r  {strategy}: {number} of {count}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        return client.end()
    finally:
        site.close()


class Gap:
    """The longest time in which no connection to the port of this host was answered."""

    def __init__(self):
        self._stop, self._times = threading.Event(), []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", _PORT), timeout=0.1) as connection:
                    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    connection.settimeout(0.1)  # what is accepted and never answered counts as down
                    if b" 200 " in connection.recv(1000):
                        self._times.append(time.monotonic())
            except OSError:
                pass
            time.sleep(0.002)

    def end(self):
        self._stop.set()
        self._thread.join()
        return max(b - a for a, b in zip(self._times, self._times[1:]))


def by_hand(engine, rounds):
    """The gap when one container with the port is stopped and another, made before, is started: nothing is quicker."""
    gaps = []
    body = {"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(_PORT)}]}},
            "ExposedPorts": {"80/tcp": {}}, "Cmd": _SERVER}
    engine.run("hand0", "tinyforge-test/httpd:1", **body)
    for number in range(1, rounds + 1):
        time.sleep(0.5)
        engine.create(f"hand{number}", "tinyforge-test/httpd:1", **body)
        gap = Gap()
        time.sleep(0.3)
        engine.stop(f"hand{number - 1}")
        engine.start(f"hand{number}")
        time.sleep(1)
        gaps.append(gap.end())
        engine.remove(f"hand{number - 1}")
    engine.remove(f"hand{rounds}")
    return gaps


def recreate(dockerd, rounds):
    site = Site(dockerd)
    ports = [{"container": 80, "host": _PORT}]
    gaps = []
    try:
        site.up(server(0, "Recreate", ports=ports), "web")
        for number in range(1, rounds + 1):
            gap = Gap()
            time.sleep(0.3)
            site.change(server(number, "Recreate", ports=ports), "web")
            wait_until(lambda: len(site.containers("web")) == 1, 60, "the old one to go")
            time.sleep(0.3)
            gaps.append(gap.end())
        return gaps
    finally:
        site.close()


def loaded_row(strategy, count, seen):
    total = seen["fast"]["requests"] + seen["slow"]["requests"]
    failed = seen["fast"]["failed"] + seen["slow"]["failed"]
    rate = seen["fast"]["requests"] / seen["seconds"]
    return Row(f"{count} x {strategy}, {rate:.0f} requests/s and 4 of 1.5 s", f"{failed} of {total} failed", "0", "0",
               failed == 0 and rate >= 200, "; ".join(seen["failures"]))


def measure(dockerd, options, table):
    for strategy, replicas in (("BlueGreen", 1), ("Rolling", 2)):
        seen = updates_under_load(dockerd, strategy, replicas, options.updates)
        table.add(loaded_row(strategy, options.updates, seen))
    floor, gaps = by_hand(dockerd.engine, options.rounds), recreate(dockerd, options.rounds)
    gap, least = statistics.median(gaps), statistics.median(floor)
    table.add(Row("gap of Recreate with a host port", milliseconds(gap), milliseconds(least),
                  f"<= floor + 30 ms ({milliseconds(least + 0.03)})", gap <= least + 0.03))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sandbox.enter()
    table = Table()
    dockerd = Dockerd().start()
    try:
        images.import_all(dockerd.engine)
        measure(dockerd, options, table)
    finally:
        dockerd.close()
    print("\n" + table.text())
    sys.exit(1 if table.missed() else 0)


if __name__ == "__main__":
    main()
