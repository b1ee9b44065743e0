"""The judge: what must be true of what runs, stated without a line of the reconcilers.

It reads the manifests of the config repository, the secrets that they name, `docker inspect` and what the API shows, and
nothing else. Each
invariant is a function of observations that returns its violations as texts which begin with its name; what must be true
at every moment is judged from the Engine's events (watcher.py). I1 to I10 are:

  I1 foreign containers are not touched            I6 what could not be read deletes nothing
  I2 the old serves until the new one can          I7 what runs goes on running while the controller is away
  I3 volumes and foreign networks are kept         I8 who is not concerned is not touched
  I4 fixpoint: settled means no mutating call      I9 memory, descriptors, threads and files are bounded
  I5 exactly what is promised runs, in time        I10 the host holds the images that are retained, and no others
"""

import dataclasses
import io
import os
import re
import subprocess
import tarfile

import yaml

from rig.engine import EngineError

INSTANCE, WORKLOAD, REPLICA = "tinyforge.instance", "tinyforge.workload.id", "tinyforge.replica"
ROLE = "tinyforge.role"  # of a service: its name
_GROUP = "tinyforge.dev/v1"
_UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_DURATIONS = {"ms": 0.001, "s": 1, "m": 60}


@dataclasses.dataclass
class Promise:
    """What a Workload's manifest says, as far as the judge looks; of a compose project one a service."""
    name: str
    image: str
    service: str = ""
    replicas: int = 1
    env: dict = dataclasses.field(default_factory=dict)
    memory: int = 0
    files: dict = dataclasses.field(default_factory=dict)  # {target: content}
    strategy: str = "Recreate"
    exclusive: bool = False
    healthy_after: float = 10.0
    started: str = ""  # the file in which its post_start leaves the container's host name
    ended: str = ""    # and its pre_stop

    @property
    def key(self):
        return f"{self.name}/{self.service}" if self.service else self.name

    def names(self):
        """The names of its serving containers."""
        if self.service:
            return [f"{self.name}-{self.service}-{number}" for number in range(1, self.replicas + 1)]
        base = self.name if len(self.name) > 1 else "tf-" + self.name
        return [base if number == 1 else f"{base}-{number}" for number in range(1, self.replicas + 1)]

    @property
    def side_by_side(self):
        return self.strategy in ("BlueGreen", "Rolling")


# --- what git says ---

class BrokenTree(Exception):
    """A manifest of the tree cannot be read."""


def documents(bare, revision="main"):
    """The manifests of a commit as decoded YAML."""
    archive = subprocess.run(["git", "-c", "safe.directory=*", "-C", bare, "archive", revision], check=True,
                             capture_output=True).stdout
    found = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        for entry in tree:
            if entry.isfile() and entry.name.endswith((".yaml", ".yml")):
                found += _decode(entry.name, tree.extractfile(entry).read())
    return found


def _decode(path, data):
    try:
        return [document for document in yaml.safe_load_all(data)
                if isinstance(document, dict) and document.get("apiVersion") == _GROUP]
    except yaml.YAMLError as error:
        raise BrokenTree(f"{path}: {error}") from error


def promises(bare, revision="main", secrets_dir=None):
    """{workload or workload/service: Promise} of a commit; values of secrets are those that lie below `secrets_dir` now."""
    found = documents(bare, revision)
    secrets = {}
    for document in found:
        if document.get("kind") == "Secret":
            for key, path in document["spec"]["fromFiles"].items():
                secrets[document["metadata"]["name"], key] = _content(os.path.join(secrets_dir, path))
    return {promise.key: promise for document in found for promise in promises_of(document, secrets)}


def promises_of(document, secrets=None):
    if document.get("kind") != "Workload":
        return []
    if "compose" in document["spec"]["source"]:
        return _promises_of_project(document)
    return [_promise_of_image(document, secrets)]


def _promises_of_project(document):
    """Of `inline` text that says what the judge looks at in its long form."""
    project = yaml.safe_load(document["spec"]["source"]["compose"]["inline"])
    healthy_after = seconds(document["spec"].get("rollout", {}).get("healthyAfter", "10s"))
    found = []
    for name, service in project["services"].items():
        deploy = service.get("deploy", {})
        alone = bool(service.get("volumes")) and deploy.get("update_config", {}).get("order") != "start-first"
        found.append(Promise(name=document["metadata"]["name"], service=name, image=service["image"],
                             replicas=deploy.get("replicas", 1), env=service.get("environment", {}),
                             strategy="Recreate" if alone else "BlueGreen", exclusive=alone, healthy_after=healthy_after,
                             started=service.get("x-started", ""), ended=service.get("x-ended", "")))
    return found


def _promise_of_image(document, secrets):
    spec = document["spec"]
    image = spec["source"]["image"]
    rollout = spec.get("rollout", {})
    return Promise(name=document["metadata"]["name"], image=f"{image['repository']}:{image['tag']}",
                   replicas=spec.get("replicas", 1),
                   env={entry["name"]: entry["value"] for entry in spec.get("env", []) if "value" in entry},
                   memory=quantity(spec.get("resources", {}).get("memory", "0")),
                   files={entry["target"]: _wanted(entry, secrets or {}) for entry in spec.get("files", [])
                          if "content" in entry or "secret" in entry},
                   strategy=rollout.get("strategy", "Recreate"),
                   exclusive=any(_is_exclusive(volume) for volume in spec.get("volumes", [])),
                   healthy_after=seconds(rollout.get("healthyAfter", "10s")))


def _wanted(entry, secrets):
    return entry["content"] if "content" in entry else secrets[entry["secret"]["name"], entry["secret"]["key"]]


def _is_exclusive(volume):
    return volume["scope"] not in ("Ephemeral", "Instance") and not volume.get("shared") and not volume.get("readOnly")


def quantity(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", str(text)).groups()
    return int(number) * _UNITS[unit]


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", text).groups()
    return float(number) * _DURATIONS[unit]


# --- what the Engine says ---

@dataclasses.dataclass
class World:
    """One look at the Engine: every container inspected, names of volumes and networks, images of the containers."""
    containers: list
    volumes: set = dataclasses.field(default_factory=set)
    networks: set = dataclasses.field(default_factory=set)
    images: dict = dataclasses.field(default_factory=dict)  # {reference: {"Id", "Env"}}

    def ours(self, instance, workload=None, service=""):
        return [container for container in self.containers if label(container, INSTANCE) == instance and
                workload in (None, label(container, WORKLOAD)) and service in ("", label(container, ROLE))]

    def foreign(self, instance):
        return [container for container in self.containers if label(container, INSTANCE) != instance]


def look(engine, references=(), instance=None):
    """The World; of one instance's containers alone when it is named."""
    labels = [f"{INSTANCE}={instance}"] if instance else []
    images = {}
    for reference in references:
        try:
            image = engine.image(reference)
        except EngineError as error:  # not there yet
            if error.status != 404:
                raise
        else:
            images[reference] = {"Id": image["Id"], "Env": set(image["Config"]["Env"] or [])}
    return World(engine.inspect_all(engine.containers(labels=labels)),
                 {volume["Name"] for volume in engine.call("GET", "/volumes")["Volumes"] or []},
                 {network["Name"] for network in engine.call("GET", "/networks")}, images)


def label(container, key):
    return (container["Config"].get("Labels") or {}).get(key, "")


def name_of(container):
    return container["Name"].lstrip("/")


def identity(container):
    """What a restart, a replacement, a rename or another network would change."""
    state = container["State"]
    return {"id": container["Id"], "name": name_of(container), "running": state["Running"], "started": state["StartedAt"],
            "restarts": container.get("RestartCount", 0), "networks": sorted(container["NetworkSettings"]["Networks"])}


def is_failed_record(container):
    """Kept to tell why a release failed: stopped for good."""
    return not container["State"]["Running"] and container["HostConfig"]["RestartPolicy"]["Name"] in ("no", "")


# --- the invariants ---

def foreign_untouched(before, after, instance):
    """I1"""
    now = {container["Id"]: identity(container) for container in after.foreign(instance)}
    for container in before.foreign(instance):
        found = now.get(container["Id"])
        if found != identity(container):
            yield f"I1 foreign_untouched: {name_of(container)} was {identity(container)} and is {found}"


def volumes_kept(before, after):
    """I3"""
    for volume in sorted(before.volumes - after.volumes):
        yield f"I3 volumes_kept: volume {volume} is gone"


def networks_kept(before, after, own):
    """I3: of networks, only those of `own` may go."""
    for network in sorted(before.networks - after.networks - set(own)):
        yield f"I3 networks_kept: network {network} is gone"


def fixpoint(calls):
    """I4: `calls` are the mutating calls seen at the socket while everything was settled."""
    if calls:
        yield f"I4 fixpoint: {len(calls)} mutating calls while nothing changed: {', '.join(calls[:5])}"


def exact(promised, world, instance, failing=()):
    """I5: each workload runs exactly as promised, beside at most one failed record; nothing of another one is left.
    `failing` are those of which the newest release cannot run: they have a record."""
    for promise in promised.values():
        for text in _exact_workload(promise, world, instance, promise.name in failing):
            yield f"I5 exact: {promise.key}: {text}"
    for container in world.ours(instance):
        workload = label(container, WORKLOAD)
        if not {workload, f"{workload}/{label(container, ROLE)}"} & promised.keys():
            yield f"I5 exact: {name_of(container)} is of {workload}, which no manifest names"


def _exact_workload(promise, world, instance, failing):
    mine = world.ours(instance, promise.name, promise.service)
    serving = [container for container in mine if container["State"]["Running"]]
    idle = [container for container in mine if not container["State"]["Running"]]
    names = sorted(name_of(container) for container in serving)
    if names != sorted(promise.names()):
        yield f"{names} run where {sorted(promise.names())} are promised"
    for container in serving:
        for text in _as_promised(promise, container, world):
            yield f"{name_of(container)}: {text}"
    if len(idle) > 1 or (idle and not failing):
        yield f"left over: {sorted(name_of(container) for container in idle)}"
    yield from (f"{name_of(container)} is no stopped record with restart policy no" for container in idle
                if not is_failed_record(container))
    if failing and not idle:
        yield "no record of the failed release is kept"


def _as_promised(promise, container, world):
    image = world.images.get(promise.image, {"Id": None, "Env": set()})
    if container["Image"] != image["Id"]:
        yield f"image {container['Image']} is not {promise.image}"
    wanted = image["Env"] | {f"{name}={value}" for name, value in promise.env.items()}
    if set(container["Config"]["Env"] or []) != wanted:
        yield f"environment {sorted(container['Config']['Env'] or [])} is not {sorted(wanted)}"
    if container["HostConfig"].get("Memory", 0) != promise.memory:
        yield f"memory limit {container['HostConfig'].get('Memory')} is not {promise.memory}"
    if container["State"].get("Restarting") or container["State"].get("Paused"):
        yield f"state {container['State']['Status']}"
    sources = {mount["Destination"]: mount["Source"] for mount in container.get("Mounts", [])}
    for target, content in promise.files.items():
        if _content(sources.get(target)) != content:
            yield f"file {target} holds {_content(sources.get(target))!r} and not {content!r}"
    if promise.started and not _is_listed(container, promise.started):
        yield "its post_start has not run"


def _is_listed(container, path):
    """Whether a file of one of its mounts has its host name."""
    folder, _, file = path.rpartition("/")
    sources = {mount["Destination"]: mount["Source"] for mount in container.get("Mounts", [])}
    return container["Config"]["Hostname"] in str(_content(os.path.join(sources.get(folder, ""), file))).split()


def _content(path):
    try:
        with open(path or "", encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        return error


def drained(promised, before, after, instance):
    """I2: of what serves no more, pre_stop has run."""
    there = {container["Id"] for container in after.ours(instance)}
    for promise in promised.values():
        for container in before.ours(instance, promise.name, promise.service) if promise.ended else []:
            if container["State"]["Running"] and container["Id"] not in there and not _is_listed(container, promise.ended):
                yield f"I2 drained: {name_of(container)} is gone, and its pre_stop has not run"


def in_time(what, took, limit):
    """I5: `took` is None for never."""
    if took is None or took > limit:
        yield f"I5 in_time: {what} took {'for ever' if took is None else f'{took:.1f} s'}; {limit:g} s are promised"


def honest(promised, ready, failing=()):
    """I5, no false success: `ready` is {workload: (status, reason)} as the API shows it when everything is settled."""
    for name in {promise.name for promise in promised.values()}:
        status, reason = ready.get(name, (None, None))
        if name in failing and (status, reason) != ("False", "RolloutFailed"):
            yield f"I5 honest: {name} cannot run and Ready is {status}, {reason}"
        if name not in failing and status != "True":
            yield f"I5 honest: {name} runs as promised and Ready is {status}, {reason}"


def broken_deletes_nothing(before, after, instance, broken):
    """I6: from a tree of which a part could not be read, nobody disappears."""
    if broken:
        gone = {label(c, WORKLOAD) for c in before.ours(instance)} - {label(c, WORKLOAD) for c in after.ours(instance)}
        for workload in sorted(gone):
            yield f"I6 broken_deletes_nothing: {workload} is gone, and the tree could not be read whole"


def static_while_away(before, after, instance, names):
    """I7: between the end of a controller and its next start, the containers that serve under `names` stay as they are."""
    now = {container["Id"]: identity(container) for container in after.ours(instance)}
    for container in before.ours(instance):
        serves = container["State"]["Running"] and name_of(container) in names
        if serves and now.get(container["Id"]) != identity(container):
            yield f"I7 static_while_away: {name_of(container)} changed while no controller ran"


def unconcerned_untouched(before, after, instance, workloads):
    """I8: what a change does not concern, or changes in place, is the same process as before."""
    for workload in workloads:
        now = {container["Id"]: identity(container) for container in after.ours(instance, workload)}
        for container in before.ours(instance, workload):
            if container["State"]["Running"] and now.get(container["Id"]) != identity(container):
                yield f"I8 unconcerned_untouched: {workload} was {identity(container)} and is {now.get(container['Id'])}"


@dataclasses.dataclass
class Process:
    """What a controller takes."""
    memory_kib: int
    descriptors: int
    threads: int
    leftovers: list  # temporary files in its state folder


BOUNDS = Process(memory_kib=64 << 10, descriptors=256, threads=64, leftovers=["…"] * 2)


def process_of(pid, state_dir):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    leftovers = [os.path.relpath(os.path.join(folder, name), state_dir) for folder, folders, names in os.walk(state_dir)
                 for name in folders + names if name.startswith(".tmp-")]
    return Process(int(fields["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd")), int(fields["Threads"]), leftovers)


def bounded(process, bounds=BOUNDS):
    """I9"""
    for what in ("memory_kib", "descriptors", "threads"):
        if getattr(process, what) > getattr(bounds, what):
            yield f"I9 bounded: {what} is {getattr(process, what)}, more than {getattr(bounds, what)}"
    if len(process.leftovers) > len(bounds.leftovers):
        yield f"I9 bounded: {len(process.leftovers)} temporary files are left: {', '.join(process.leftovers[:3])}"


def images_retained(held, retained):
    """I10: references of images that only a workload brought to the host, and those that its releases still need."""
    for reference in sorted(retained - held):
        yield f"I10 images_retained: {reference} is gone"
    for reference in sorted(held - retained):
        yield f"I10 images_retained: {reference} is left over"
