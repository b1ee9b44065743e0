"""The changes that are swept. A family is a workload in some states; a scenario leads from one state to another, so that
one trial's end is the next one's start."""

import dataclasses

from rig.site import env, manifest, workload

_CRASHER = "tinyforge-test/crasher:1"


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    family: str
    start: str
    end: str
    in_place: bool = False  # the containers that serve stay the same processes
    prunes: bool = False    # of the images of its workload the host keeps the promised one alone


SCENARIOS = [
    Scenario("create", "life", "none", "up"),
    Scenario("delete", "life", "up", "none"),
    Scenario("blue-green", "blue-green", "up", "up"),
    Scenario("rolling", "rolling", "up", "up"),
    Scenario("pull", "pull", "up", "up"),
    Scenario("prune", "prune", "up", "up", prunes=True),
    Scenario("recreate", "recreate", "up", "up"),
    Scenario("recreate-port", "port", "up", "up"),
    Scenario("in-place", "limits", "up", "up", in_place=True),
    Scenario("scale-up", "scale", "one", "three", in_place=True),
    Scenario("scale-down", "scale", "three", "one"),
    Scenario("failed-release", "release", "good", "failed", in_place=True),
    Scenario("recover", "release", "failed", "good"),
    Scenario("file-replace", "file", "up", "up"),
    Scenario("file-signal", "signal", "up", "up", in_place=True),
    Scenario("secret-change", "secret", "up", "up"),
    Scenario("project-up", "project", "none", "up"),
    Scenario("project", "project", "up", "up"),
    Scenario("project-down", "project", "up", "none"),
    Scenario("start", "idle", "up", "up", in_place=True),
]


_ROLLOUT = {"healthyAfter": "300ms"}
_BLUE_GREEN = {**_ROLLOUT, "strategy": "BlueGreen"}


def _files(*files):
    return {"files": list(files)}


# What each family says of its workload in a state: {family: (lane, state) -> arguments of rig.site.workload beside the
# name, or None for no workload}. The lane's number makes each change one.
_SAYS = {
    "life": lambda lane, state: {"replicas": 2, "env": _env(lane)} if state == "up" else None,
    "blue-green": lambda lane, state: {"env": _env(lane), "rollout": _BLUE_GREEN},
    "rolling": lambda lane, state: {"env": _env(lane), "replicas": 2, "rollout": {**_ROLLOUT, "strategy": "Rolling"}},
    "pull": lambda lane, state: {"image": lane.new_image(), "env": _env(lane), "rollout": _BLUE_GREEN},
    "prune": lambda lane, state: {"image": lane.another_image(), "rollout": {**_ROLLOUT, "strategy": "Recreate", "retain": 1}},
    "recreate": lambda lane, state: {"image": "tinyforge-test/writer:1", "env": _env(lane),
                                     "volumes": [{"scope": "Stage", "source": "data", "target": "/data"}]},
    "port": lambda lane, state: {"image": "tinyforge-test/httpd:1", "env": _env(lane),
                                 "ports": [{"container": 80, "host": lane.port}]},
    "limits": lambda lane, state: {"resources": {"memory": f"{64 + lane.number % 8}Mi"}},
    "scale": lambda lane, state: {"replicas": 3 if state == "three" else 1, "rollout": _BLUE_GREEN},
    "release": lambda lane, state: {"image": _CRASHER if state == "failed" else "tinyforge-test/sleeper:1",
                                    "env": _env(lane), "rollout": _BLUE_GREEN},
    "file": lambda lane, state: {**_files({"target": "/etc/x", "content": f"{lane.number}\n"}), "rollout": _BLUE_GREEN},
    "signal": lambda lane, state: _files({"target": "/etc/x", "content": f"{lane.number}\n", "onChange": {"signal": "WINCH"}}),
    "secret": lambda lane, state: {**_files({"target": "/run/key", "secret": {"name": f"{lane.name}-s", "key": "key"}}),
                                   "rollout": _BLUE_GREEN},
    "idle": lambda lane, state: {},
    "project": lambda lane, state: _project(lane) if state == "up" else None,
}

# db is alone on its volume, web is replaced side by side after it and serves once its post_start has run.
_PROJECT = """
services:
  db:
    image: tinyforge-test/sleeper:1
    restart: always
    environment: {{N: "{number}"}}
    volumes: [{name}-data:/data]
  web:
    image: tinyforge-test/sleeper:1
    restart: always
    depends_on: [db]
    environment: {{N: "{number}"}}
    volumes: [{name}-log:/log]
    deploy: {{update_config: {{order: start-first}}}}
    post_start: [{{command: [sh, -c, "hostname >> /log/started"]}}]
    pre_stop: [{{command: [sh, -c, "hostname >> /log/ended"]}}]
    x-started: /log/started
    x-ended: /log/ended
volumes: {{{name}-data: {{}}, {name}-log: {{}}}}
"""


def _project(lane):
    text = _PROJECT.format(number=lane.number, name=lane.name)
    return {"source": {"compose": {"inline": text}}}


def _env(lane):
    return env(N=str(lane.number))


def bring(lane, scenario, state):
    """Changes what the lane's repository (or its secrets) says so that the family is in that state anew. The lane knows
    afterwards what to expect."""
    lane.number += 1
    name, extra = f"{lane.name}-w", {}
    says = _SAYS[scenario.family](lane, state)
    if scenario.family == "secret":
        lane.daemon.write_secret("s/key", f"value {lane.number}")
        extra["secret.yaml"] = manifest("Secret", f"{lane.name}-s", {"fromFiles": {"key": "s/key"}})
    _commit(lane, None if says is None else workload(name, **says), extra)
    lane.state, lane.failing = state, {name} if state == "failed" else set()
    if not lane.failing:
        lane.good = lane.repo.head()


def _commit(lane, text, extra):
    present = lane.state not in (None, "none")
    if text is None:
        lane.repo.commit({"notes.txt": str(lane.number)}, rm=["w.yaml"] if present else [])
    else:
        lane.repo.commit({"w.yaml": text, "notes.txt": str(lane.number), **extra})
