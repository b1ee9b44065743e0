"""What the Engine itself takes: the very calls that tinyforged made, made again by hand with the same concurrency."""

import datetime
import json
import os
import queue
import threading
import time

from rig.engine import Engine, EngineError
from rig.engine_proxy import EngineProxy


def started_at(engine, container):
    """The Engine's time of the container's start, in seconds since the epoch."""
    text = engine.inspect(container)["State"]["StartedAt"]
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp() + float("0." + (fraction or "0"))


class Recorder:
    """A proxy that remembers the calls that pass it and make something."""

    def __init__(self, dockerd):
        self._proxy = EngineProxy(dockerd.socket, dockerd.folder / "recorder.sock").start()
        self.docker_host = "unix://" + self._proxy.socket

    def creates(self):
        """[(path with query, body)] of every create of a container so far."""
        return self._posts("/containers/create")

    def networks(self):
        """The same of every create of a network."""
        return self._posts("/networks/create")

    def _posts(self, path):
        return [(request.path, json.loads(request.body)) for request in self._proxy.requests()
                if request.method == "POST" and request.path.startswith(path)]

    def stop(self):
        self._proxy.stop()


def again(inspected):
    """A create call like the one that made this container, under another name, without our labels and address."""
    host = {key: value for key, value in inspected["HostConfig"].items() if value not in (None, [], {}, "")}
    networks = {name: {} for name in inspected["NetworkSettings"]["Networks"]}
    body = {"Image": inspected["Config"]["Image"], "Env": inspected["Config"]["Env"], "HostConfig": host,
            "NetworkingConfig": {"EndpointsConfig": networks}}
    return "/containers/create?name=floor", body


def make_networks(socket_path, calls):
    """Creates them one after another; returns the seconds."""
    engine, began = Engine(socket_path), time.time()
    for path, body in calls:
        engine.call("POST", path, body)
    return time.time() - began


def create_and_start(engine, call, connection):
    path, body = call
    made = engine.call("POST", path, body, connection=connection)["Id"]
    engine.call("POST", f"/containers/{made}/start", connection=connection)
    return made


def make_all(socket_path, calls):
    """Creates and starts all of them, as many at a time as there are cores; returns the seconds to the last start."""
    todo, made, failures = queue.SimpleQueue(), [], []
    for call in calls:
        todo.put(call)

    def work():
        engine = Engine(socket_path)
        connection = engine.connection()
        while not todo.empty():
            try:
                made.append(create_and_start(engine, todo.get_nowait(), connection))
            except queue.Empty:
                return
            except EngineError as error:
                failures.append(error)
    began = time.time()
    workers = [threading.Thread(target=work) for _ in range(os.cpu_count())]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
    engine = Engine(socket_path)
    return max(started_at(engine, container) for container in made) - began


def list_call(socket_path, path, rounds=10):
    """The seconds of this listing, once a second on a kept connection as a resync asks for it: the median. (Back to back
    it takes half as long: an Engine that has just answered is warm.)"""
    engine = Engine(socket_path)
    connection = engine.connection()
    times = []
    for _ in range(rounds):
        time.sleep(1)
        began = time.monotonic()
        engine.raw("GET", path, connection=connection)
        times.append(time.monotonic() - began)
    return sorted(times)[rounds // 2]
