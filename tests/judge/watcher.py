"""Follows the Engine's events during a run and judges what must be true at every moment."""

import dataclasses
import json
import threading
import uuid
from urllib.parse import quote

from judge.judge import INSTANCE, REPLICA, ROLE, WORKLOAD, label
from rig.engine import Engine
from rig.processes import wait_until

_MARK = "judge-mark-"
_SLACK = 0.9  # of healthyAfter: the Engine's clock starts before the event of a start reaches anybody


@dataclasses.dataclass
class Event:
    time: float
    type: str
    action: str
    id: str
    instance: str = ""
    workload: str = ""
    replica: int = 0
    name: str = ""
    role: str = ""


def event_of(document):
    attributes = document["Actor"].get("Attributes") or {}
    return Event(document["timeNano"] / 1e9, document["Type"], document["Action"], document["Actor"]["ID"],
                 attributes.get(INSTANCE, ""), attributes.get(WORKLOAD, ""), int(attributes.get(REPLICA) or 0),
                 attributes.get("name", ""), attributes.get(ROLE, ""))


class Watcher:
    """Every event of an Engine from now on. Goes past any proxy."""

    def __init__(self, socket_path):
        self._engine = Engine(socket_path)
        self._events = []
        connection = Engine(socket_path, timeout=None).connection()
        filters = {"type": ["container", "volume", "network"]}
        connection.request("GET", "/events?filters=" + quote(json.dumps(filters)))
        self._answer = connection.getresponse()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        for line in self._answer:
            self._events.append(event_of(json.loads(line)))

    def mark(self):
        """A place in the history: every event of what happened before the call comes before it."""
        name = _MARK + uuid.uuid4().hex
        self._engine.call("POST", "/volumes/create", {"Name": name})
        wait_until(lambda: any(event.id == name for event in self._events[-500:]), 10, "the mark", interval=0.005)
        place = len(self._events)
        self._engine.raw("DELETE", f"/volumes/{name}")
        return place

    def since(self, place):
        return [event for event in self._events[place:] if not event.id.startswith(_MARK)]


def foreign_resources_kept(events, own_networks=()):
    """I3: no volume is removed by anybody, and no network but those of `own_networks`."""
    for event in events:
        if event.action == "destroy" and (event.type == "volume" or
                                          event.type == "network" and event.name not in own_networks):
            yield f"I3 foreign_resources_kept: {event.type} {event.name or event.id} was removed"


class Replay:
    """The containers of one workload, or of one service of it, while its events go by."""

    def __init__(self, world, instance, of, events):
        workload, _, service = of.partition("/")
        mine = world.ours(instance, workload, service)
        self.initial = {c["Id"]: int(label(c, REPLICA) or 0) for c in mine if c["State"]["Running"]}
        self.running = {container: float("-inf") for container in self.initial}  # id: since when
        self.replica = {c["Id"]: int(label(c, REPLICA) or 0) for c in mine}
        self.started = set(self.initial)
        self._events = [e for e in events if e.type == "container" and (e.instance, e.workload) == (instance, workload) and
                        service in ("", e.role)]

    def steps(self):
        """Yields each event when it has been applied; `ended_after` is then how long the container of a die or pause ran."""
        for event in self._events:
            self.ended_after = 0.0
            if event.action == "create":
                self.replica[event.id] = event.replica
            elif event.action == "start":
                self.running[event.id] = event.time
                self.started.add(event.id)
            elif event.action in ("die", "pause"):
                self.ended_after = event.time - self.running.pop(event.id, event.time)
            yield event

    def serving(self, now, healthy_after):
        """How many run for so long that they may count as healthy."""
        return sum(now - since >= _SLACK * healthy_after for since in self.running.values())

    def successors(self, container):
        """Others made for the same replica."""
        return [other for other, replica in self.replica.items() if other != container and replica == self.replica[container]]


def never_fewer(replay, floor, healthy_after):
    """I2: once that many serve, at least `floor` do at every moment. For what may run side by side."""
    for event in replay.steps():
        serving = replay.serving(event.time, healthy_after)
        if replay.ended_after >= _SLACK * healthy_after and serving < floor:
            yield f"I2 never_fewer: {serving} serve after {event.name} ended, {floor} must"


def never_together(replay):
    """I2: never two at once on data of their own."""
    for event in replay.steps():
        if len(replay.running) > 1:
            yield f"I2 never_together: {event.name} started while another one ran on the same data"


def created_first(replay, replicas):
    """I2: what served is not stopped before its successor was created, and not removed before that was started."""
    for event in replay.steps():
        if event.id not in replay.initial or replay.replica[event.id] > replicas:
            continue
        others = replay.successors(event.id)
        if event.action == "die" and not others:
            yield f"I2 created_first: {event.name} ended and no successor of it had been created"
        if event.action == "destroy" and not any(other in replay.started for other in others):
            yield f"I2 created_first: {event.name} was removed and no successor of it had been started"
