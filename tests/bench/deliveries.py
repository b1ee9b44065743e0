"""How many signed deliveries a second are answered and how soon, and what a burst of them costs."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from bench.hooked import DebianWebhook, Payload, SlowConnections, Tinyforged
from bench.table import Row, mebibytes
from rig.processes import Folder, wait_until

_SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "deliveries.lua")
_CONNECTIONS = 8  # each with one request under way
_SENDERS, _SLOW = 16, 1000
_ANSWER_GOAL, _TIMES, _MEMORY_GOAL = 20, 3, 64 * 1024  # milliseconds; webhook's rate; kilobytes
_SHOWN = 200  # deliveries that `tfctl get deliveries` lists


class Wrk:
    """Debian's load generator."""

    def __init__(self, payload, seconds):
        self._folder, self._seconds = Folder("wrk"), seconds
        with open(self._folder / "body", "wb") as body:
            body.write(payload.body)
        with open(self._folder / "headers", "w") as headers:
            headers.writelines(f"{name}: {value}\n" for name, value in payload.headers.items())

    def deliver(self, url):
        """What is said to signed deliveries: {"rate", "failed", "p50", "p99"}, the last two in milliseconds."""
        return self.get(url, "--", self._folder / "body", self._folder / "headers", f"{time.time_ns():x}-")

    def get(self, url, *arguments):
        done = subprocess.run(["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{self._seconds}s", "-s", _SCRIPT, url, *arguments],
                              check=True, capture_output=True, text=True)
        said = json.loads(done.stdout.splitlines()[-1])
        return {**said, "rate": said["requests"] / said["seconds"]}

    def close(self):
        self._folder.close()


def bench_rate(dockerd, table, bindings, seconds):
    wrk = Wrk(Payload(), seconds)
    try:
        with DebianWebhook() as webhook:
            theirs = wrk.deliver(webhook.url)
        with Tinyforged(dockerd, bindings) as tinyforged:
            most = wrk.get(tinyforged.health_url)
            ours = wrk.deliver(tinyforged.url)
            tinyforged.wait_final()
    finally:
        wrk.close()
    add_rate(table, f"{bindings} binding" + ("s" if bindings > 1 else ""), (ours, theirs, most))


def add_rate(table, what, measured):
    ours, theirs, most = measured
    goal = _TIMES * theirs["rate"]
    well = ours["failed"] == 0 and theirs["failed"] == 0
    table.add(Row(f"signed deliveries, {what}", per_second(ours), per_second(theirs), f">= {_TIMES} x floor ({goal:.0f}/s)",
                  well and ours["rate"] >= goal,
                  f"floor: Debian's webhook, which runs /bin/true; {_CONNECTIONS} connections with one request each; of "
                  f"/healthz the same generator gets {per_second(most)}; {ours['failed']} and {theirs['failed']} failed"))
    table.add(Row(f"answers to them, {what}, p50 / p99", percentiles(ours), percentiles(theirs), f"p99 <= {_ANSWER_GOAL} ms",
                  well and ours["p99"] <= _ANSWER_GOAL, "while as many are sent as are answered"))


def per_second(measured):
    return f"{measured['rate']:.0f}/s"


def percentiles(measured):
    return f"{measured['p50']:.1f} / {measured['p99']:.1f} ms"


class Burst:
    """Sends deliveries as fast as they are answered, and remembers their ids."""

    def __init__(self, address, path, payload):
        self._address, self._path, self._payload = address, path, payload
        self.ids, self.refused = [], []

    def send(self, count, meanwhile):
        """Returns the seconds; calls `meanwhile` now and then."""
        began = time.monotonic()
        share = [range(first, count, _SENDERS) for first in range(_SENDERS)]
        senders = [threading.Thread(target=self._send, args=(numbers,)) for numbers in share]
        for sender in senders:
            sender.start()
        while any(sender.is_alive() for sender in senders):
            meanwhile()
            time.sleep(0.2)
        return time.monotonic() - began

    def _send(self, numbers):
        with socket.create_connection(self._address, timeout=60) as connection:
            for number in numbers:
                connection.sendall(self._payload.request(self._path, f"burst-{number}"))
                status, body = self._answer(connection)
                if status == b"202":
                    self.ids.append(json.loads(body)["delivery"])
                else:
                    self.refused.append(status)

    @staticmethod
    def _answer(connection):
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < length:
            body += connection.recv(65536)
        return head.split(b" ")[1], body


def bench_burst(dockerd, table, bindings, count):
    with Tinyforged(dockerd, bindings) as tinyforged:
        idle = tinyforged.peak_memory()
        burst = Burst(tinyforged.address, tinyforged.path, Payload())
        with SlowConnections(tinyforged.address[1], _SLOW):
            wait_until(lambda: tinyforged.connections() >= _SLOW, 20, f"{_SLOW} slow connections")
            slow = []
            took = burst.send(count, lambda: slow.append(tinyforged.connections() - _SENDERS))
        tinyforged.wait_final()
        newest = wait_until(lambda: all_final(tinyforged.deliveries()), 30, "every delivery to end")
        peak = tinyforged.peak_memory()
    what = f"burst of {count} x {bindings} binding" + ("s" if bindings > 1 else "")
    known = [delivery["metadata"]["name"] for delivery in newest] == sorted(burst.ids, reverse=True)[:_SHOWN]
    table.add(Row(f"{what}, peak memory", mebibytes(peak), mebibytes(idle), f"<= {mebibytes(_MEMORY_GOAL)}",
                  peak <= _MEMORY_GOAL, f"floor: before it; beside {min(slow)} to {max(slow)} connections that never "
                  "finish a request"))
    table.add(Row(f"{what}, answered 202", f"{len(set(burst.ids))}", "-", f"{count}", known and len(set(burst.ids)) == count,
                  f"in {took:.1f} s; every outcome final; the newest {len(newest)} "
                  f"{'are' if known else 'are NOT'} as tfctl lists them; refused: {sorted(set(burst.refused))}"))


def all_final(deliveries):
    return all(delivery["status"].get("ended") for delivery in deliveries) and deliveries


def bench_deliveries(dockerd, table, seconds, burst):
    for bindings in (1, 100):
        bench_rate(dockerd, table, bindings, seconds)
    for bindings in (1, 100):
        bench_burst(dockerd, table, bindings, burst)
