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


SCENARIOS = [
    Scenario("create", "life", "none", "up"),
    Scenario("delete", "life", "up", "none"),
    Scenario("blue-green", "blue-green", "up", "up"),
    Scenario("rolling", "rolling", "up", "up"),
    Scenario("pull", "pull", "up", "up"),
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
    Scenario("start", "idle", "up", "up", in_place=True),
]


def bring(lane, scenario, state):
    """Changes what the lane's repository (or its secrets) says so that the family is in that state anew. Returns nothing;
    the lane knows afterwards what to expect."""
    lane.number += 1
    name = f"{lane.name}-w"
    number = str(lane.number)
    rollout = {"healthyAfter": "300ms"}
    side_by_side = {**rollout, "strategy": "BlueGreen"}
    family = scenario.family
    files, lane.failing = None, set()
    if family == "life":
        files = workload(name, replicas=2, env=env(N=number)) if state == "up" else None
    elif family == "blue-green":
        files = workload(name, env=env(N=number), rollout=side_by_side)
    elif family == "rolling":
        files = workload(name, env=env(N=number), replicas=2, rollout={**rollout, "strategy": "Rolling"})
    elif family == "pull":
        files = workload(name, lane.new_image(), env=env(N=number), rollout=side_by_side)
    elif family == "recreate":
        files = workload(name, "tinyforge-test/writer:1", env=env(N=number),
                         volumes=[{"scope": "Stage", "source": "data", "target": "/data"}])
    elif family == "port":
        files = workload(name, "tinyforge-test/httpd:1", env=env(N=number), ports=[{"container": 80, "host": lane.port}])
    elif family == "limits":
        files = workload(name, resources={"memory": f"{64 + lane.number % 8}Mi"})
    elif family == "scale":
        files = workload(name, replicas=3 if state == "three" else 1, rollout=side_by_side)
    elif family == "release":
        lane.failing = {name} if state == "failed" else set()
        files = workload(name, _CRASHER if lane.failing else "tinyforge-test/sleeper:1", env=env(N=number),
                         rollout=side_by_side)
    elif family == "file":
        files = workload(name, files=[{"target": "/etc/x", "content": f"{number}\n"}], rollout=side_by_side)
    elif family == "signal":
        files = workload(name, files=[{"target": "/etc/x", "content": f"{number}\n", "onChange": {"signal": "WINCH"}}])
    elif family == "secret":
        lane.daemon.write_secret("s/key", f"value {number}")
        files = workload(name, files=[{"target": "/run/key", "secret": {"name": f"{lane.name}-s", "key": "key"}}],
                         rollout=side_by_side)
    elif family == "idle":
        files = workload(name)
    extra = {"secret.yaml": manifest("Secret", f"{lane.name}-s", {"fromFiles": {"key": "s/key"}})} if family == "secret" else {}
    _commit(lane, files, extra)
    lane.state = state
    if not lane.failing:
        lane.good = lane.repo.head()


def _commit(lane, text, extra):
    present = lane.state not in (None, "none")
    if text is None:
        lane.repo.commit({"notes.txt": str(lane.number)}, rm=["w.yaml"] if present else [])
    else:
        lane.repo.commit({"w.yaml": text, "notes.txt": str(lane.number), **extra})
