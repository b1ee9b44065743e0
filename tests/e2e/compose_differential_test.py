"""Compose files mean to Tinyforge what they mean to Debian's docker-compose 1.29.2: each folder of compose_files is
brought up by the one and by the other, and what the Engine says of containers, networks and volumes is the same, but for
DIFFERENCES.
"""

import concurrent.futures
import fnmatch
import json
import os
import shutil
import subprocess
import typing

import pytest
import yaml

from rig import images
from rig.compose_snapshot import NORMALISED, POOL, Snapshot, differences
from rig.dockerd import Dockerd
from rig.site import Site, manifest

_FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compose_files")
PROJECTS = sorted(os.listdir(_FILES))
_IMAGE = "tinyforge-test/sleeper:1"
_COMPOSE = "/usr/bin/docker-compose"
# What stands on a command line and in a manifest.
_SOURCES = {"29-merge": {"files": ["compose.yaml", "override.yaml"]}, "30-profiles": {"profiles": ["debug"]}}

_POLICY = """
hostPolicy:
  defaultHostIP: 0.0.0.0
  rules:
    - workloads: ["*"]
      absoluteRoots: [{{path: /usr/share/zoneinfo, readOnly: true}}, {{path: {data}}}]
      hostNetwork: true
      hostPID: true
      hostNamespaces: [ipc, user]
      devices: [/dev/null, /dev/zero, "c 1:3 mr"]
      capabilities: [NET_ADMIN, SYS_TIME]
      runtimes: [runc]
      cgroupParents: [compose-differential]
"""


class Difference(typing.NamedTuple):
    path: str  # a pattern; begins with PROJECT and "container SERVICE NUMBER", "network NAME" or "volume NAME"
    reason: str
    holds: typing.Callable = lambda theirs, ours: True  # what else has to be so of both values

    def covers(self, path, theirs, ours):
        return fnmatch.fnmatchcase(path, self.path) and self.holds(theirs, ours)


_COMPOSE_LABELS = "*/container */Config/Labels/com.docker.compose."

# All that may differ. 1 is docker-compose 1.29.2, 2 the docker compose of today.
DIFFERENCES = [
    Difference("*/Labels/tinyforge.*", "Tinyforge's own", lambda theirs, ours: theirs is None),
    Difference("*/Labels/com.docker.compose.version", "that of what made it"),
    Difference(_COMPOSE_LABELS + "config-hash", "each hashes in its own way"),
    Difference(_COMPOSE_LABELS + "project.config_files", "Tinyforge: paths of the config repository"),
    Difference(_COMPOSE_LABELS + "project.working_dir", "Tinyforge: a path of the config repository"),
    Difference(_COMPOSE_LABELS + "depends_on", "2 has it, 1 has not", lambda theirs, ours: theirs is None),
    Difference("*/* compose-differential-*/Labels/com.docker.compose.*",
               "of what has a name of its own, 1 says that name; 2 and Tinyforge say the key in the file",
               lambda theirs, ours: theirs.startswith("compose-differential-")),
    Difference("*/network */Attachable",
               "1 says it of every network, whatever the file says; it has a meaning in a Swarm only",
               lambda theirs, ours: theirs and not ours),
    Difference("*/container */Ports/*",
               "Tinyforge publishes on hostPolicy.defaultHostIP, which is one address; 1 on those of IPv6 too",
               lambda theirs, ours: [one for one in theirs if one[0] != "::"] == ours),
    Difference("05-ports-short/container web 1/HostConfig/PortBindings/95/tcp",
               "of a range 1 lets the Engine pick; with Tinyforge the n-th replica has the n-th",
               lambda theirs, ours: [one[1] for one in theirs] == ["12040-12042"] and [one[1] for one in ours] == ["12040"]),
    Difference("05-ports-short/container web 1/Ports/95/tcp", "as above",
               lambda theirs, ours: [one[1] for one in ours] == ["12040"]),
    Difference("09-volume-kinds/volume 09-volume-kinds_unused",
               "2 and Tinyforge make no volume that no service has",
               lambda theirs, ours: ours is None),
    Difference("22-secrets-configs/container configured 1/Mounts",
               "1 leaves configs to Swarm",
               lambda theirs, ours: theirs is None and sorted(ours) == ["/etc/settings.conf", "/settings"]),
    Difference("26-links/container db 1/Networks/*/Aliases",
               "a link's other name is one of the service on its networks: the Engine's links name containers, and those "
               "are replaced",
               lambda theirs, ours: sorted({*theirs, "database"}) == ours),
    Difference("26-links/container web 1/Networks/*/Links", "as above", lambda theirs, ours: ours is None),
    Difference("32-build/container own 1/Config/Image",
               "what is built is PROJECT_SERVICE for 1, PROJECT-SERVICE for 2 and Tinyforge",
               lambda theirs, ours: theirs.replace("_", "-") + ":latest" == ours),
    Difference("33-external/container web 1/HostConfig/NetworkMode",
               "without priorities the first network is that of the first name for 1, of the first key for 2 and Tinyforge"),
]

_SCHEMA = "/usr/lib/python3/dist-packages/compose/config/compose_spec.json"
_SCHEMA_KINDS = ("service", "healthcheck", "network", "volume")
_REFUSED = "Tinyforge refuses it; KEYS.md says why"

# Keys that docker-compose knows and no file has: (where, key) and why.
LEFT_OUT = {
    **{("service", key): _REFUSED for key in (
        "cpu_count", "cpu_percent", "credential_spec", "external_links", "isolation", "volumes_from")},
    **{("service", key): "few kernels can do it" for key in ("cpu_rt_period", "cpu_rt_runtime")},
    ("service", "privileged"): "not every machine that runs tests has all capabilities to give",
    ("service", "storage_opt"): "no storage driver that every machine has takes any",
}


class Worlds:
    """Both starts of every project."""

    def __init__(self, dockerd):
        self._dockerd = dockerd
        self.site = Site(dockerd)
        self._folder = os.path.join(self.site.data, "projects")
        shutil.copytree(_FILES, self._folder)
        try:
            self.ours = self._start(self._tinyforge)
            self.site.daemon.sigterm()
            dockerd.clear()
            self.theirs = self._start(self._docker_compose)
        finally:
            self.site.close()

    def _start(self, start):
        for name in ("compose-differential-external", "compose-differential-external-2"):
            self._dockerd.engine.call("POST", "/networks/create", {"Name": name})
        self._dockerd.engine.call("POST", "/volumes/create", {"Name": "compose-differential-external"})
        start()
        own = (self._folder, os.path.join(self.site.daemon.state_dir, "files"))
        snapshot = Snapshot(self._dockerd.engine, own)
        return {name: snapshot.project(name) for name in PROJECTS}

    def _tinyforge(self):
        self.site.daemon.write_config(_POLICY.format(data=self._folder))
        files = {}
        for name in PROJECTS:
            for path in _below(os.path.join(_FILES, name)):
                with open(os.path.join(_FILES, name, path)) as text:
                    files[f"{name}/{path}"] = text.read()
            source = {**_SOURCES.get(name, {}), "projectDirectory": os.path.join(self._folder, name)}
            source.setdefault("files", ["compose.yaml"])
            files[f"{name}/workload.yaml"] = manifest("Workload", name, {"source": {"compose": source},
                                                                         "rollout": {"healthyAfter": "100ms"}})
        self.site.up(files, *PROJECTS)

    def _docker_compose(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
            for _ in pool.map(self._up, PROJECTS):
                pass

    def _up(self, name):
        source = _SOURCES.get(name, {})
        files = [word for path in source.get("files", ["compose.yaml"]) for word in ("-f", path)]
        profiles = [word for profile in source.get("profiles", []) for word in ("--profile", profile)]
        done = subprocess.run([_COMPOSE, *files, *profiles, "up", "-d", "--no-build"], capture_output=True, text=True,
                              cwd=os.path.join(self._folder, name), timeout=120,
                              env={"PATH": os.environ["PATH"], "HOME": self.site.data,
                                   "DOCKER_HOST": self._dockerd.docker_host})
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

    def differences(self, name):
        return differences(name, self.theirs[name], self.ours[name])


def _below(folder):
    return [os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names]


def _listed(found):
    return any(entry.covers(*found) for entry in DIFFERENCES)


@pytest.fixture(scope="module")
def dockerd():
    dockerd = Dockerd(config={"default-address-pools": [{"base": str(POOL), "size": 24}]}).start()
    try:
        images.import_busybox_image(dockerd.engine, _IMAGE, images.SLEEPER)
        for own in ("32-build_own", "32-build-own"):
            dockerd.engine.tag(_IMAGE, own, "latest")
        yield dockerd
    finally:
        dockerd.close()


@pytest.fixture(scope="module")
def worlds(dockerd):
    return Worlds(dockerd)


def _keys_of_files():
    """{"service" | "healthcheck" | "network" | "volume": the keys that some file has there}"""
    uses = {kind: set() for kind in _SCHEMA_KINDS}
    for name in PROJECTS:
        for path in _SOURCES.get(name, {}).get("files", ["compose.yaml"]):
            with open(os.path.join(_FILES, name, path)) as text:
                model = yaml.safe_load(text)
            for service in model["services"].values():
                uses["service"] |= set(service)
                uses["healthcheck"] |= set(service.get("healthcheck", {}))
            for kind in ("network", "volume"):
                for section in (model.get(kind + "s") or {}).values():
                    uses[kind] |= set(section or {})
    return uses


@pytest.mark.parametrize("kind", _SCHEMA_KINDS)
def test_the_files_have_every_key_that_docker_compose_knows(kind):
    with open(_SCHEMA) as text:
        known = set(json.load(text)["definitions"][kind]["properties"])
    left_out = {key for what, key in LEFT_OUT if what == kind}
    assert known - _keys_of_files()[kind] == left_out


@pytest.mark.parametrize("name", PROJECTS)
def test_both_bring_up_the_same(worlds, name):
    assert worlds.theirs[name], "docker-compose started nothing"
    found = ["{}\n    docker-compose: {}\n    tinyforge:      {}".format(*one)
             for one in worlds.differences(name) if not _listed(one)]
    assert not found, "\n".join(found)


def test_every_listed_difference_is_one(worlds):
    found = [one for name in PROJECTS for one in worlds.differences(name)]
    for what, reason in NORMALISED.items():
        print(f"normalised  {what}: {reason}")
    uses = {entry: sum(entry.covers(*one) for one in found) for entry in DIFFERENCES}
    for entry, count in uses.items():
        print(f"{count:10}  {entry.path}: {entry.reason}")
    assert not [entry.path for entry, count in uses.items() if count == 0]
