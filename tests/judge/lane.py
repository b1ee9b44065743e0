"""One installation that trials are run on, one after the other: repository, counting proxy, tinyforged, in a sweep of
kills tinyforged-failpoints. Several lanes share one dockerd, each with an instance and workload names of its own."""

import json
import os
import signal
import time

from judge import judge, watcher
from rig.daemon import Daemon
from rig.engine import EngineError
from rig.engine_proxy import EngineProxy
from rig.gitserver import Repo
from rig.processes import Folder, RigError, tail, wait_until
from rig.site import env, workload

PATIENCE = 20  # seconds after which a trial is given up, whatever its limit


class Lane:
    """`still` is a workload that no trial concerns. `registry` is where new images come from."""

    registry = None

    def __init__(self, dockerd, watch, name, proxy=EngineProxy):
        self.name, self.still = name, f"{name}-still"
        self.folder = Folder("lane")
        self.dockerd, self.engine, self.watch = dockerd, dockerd.engine, watch
        self.repo = Repo(self.folder.path)
        self.proxy = proxy(dockerd.socket, self.folder / "engine.sock").start()
        self.daemon = Daemon(self.repo.bare, "unix://" + self.proxy.socket, instance=name, interval="1h",
                             resync_interval="300ms")
        self.list = self.folder / "passings"
        self.state = None     # of the family, see scenarios.py
        self.number = 0       # of the change
        self.good = "main"    # the revision whose promise of the failing workload holds
        self.failing = set()  # workloads whose newest release cannot run
        self.repo.commit({"still.yaml": workload(self.still, env=env(STILL="1"))})

    def new_image(self):
        """A reference that only the registry holds."""
        reference = f"{self.registry.address}/{self.name}:{self.number}"
        for command in (("tag", "tinyforge-test/sleeper:1", reference), ("push", "-q", reference), ("rmi", reference)):
            self.dockerd.docker(*command)
        return reference

    def another_image(self):
        """A reference that only the registry holds, to an image that no other reference ever named; its layers are here."""
        repository, tag = f"{self.registry.address}/{self.name}", str(self.number)
        template = self.engine.create(f"{self.name}-template", "tinyforge-test/sleeper:1")
        self.engine.call("POST", "/commit", {"Labels": {"made.for": f"{repository}:{tag}"}}, container=template,
                         repo=repository, tag=tag)
        self.engine.remove(template)
        for command in ("push", "-q"), ("rmi",):
            self.dockerd.docker(*command, f"{repository}:{tag}")
        return f"{repository}:{tag}"

    def own_images(self):
        """References of this lane's repository that the host has."""
        return {tag for image in self.engine.call("GET", "/images/json") for tag in image["RepoTags"] or []
                if tag.startswith(f"{self.registry.address}/{self.name}:")}

    # --- the controller ---

    def start(self, orders="", listing=False):
        """Starts tinyforged; False when it died before it answered."""
        self.daemon.environment = {"TF_FAILPOINT": orders, **({"TF_FAILPOINT_LIST": self.list} if listing else {})}
        self.daemon.start(ready=False)
        return wait_until(lambda: self._answers() or not self.daemon.running(), 30, "tinyforged to answer", interval=0.01) and \
            self.daemon.running()

    def _answers(self):
        try:
            return self.daemon.get("/api/repository") is not None
        except (OSError, RigError):
            return False

    def sync(self):
        """Tells it to look at the repository; False when it died meanwhile."""
        try:
            api = self.daemon.post("/api/sync")
        except (OSError, RigError):
            return self.daemon.running()
        return api is not None

    def wait_death(self, timeout):
        """Whether it died within that time."""
        try:
            wait_until(lambda: not self.daemon.running(), timeout, "the failpoint to kill tinyforged", interval=0.01)
        except RigError:
            return False
        return True

    def stop(self):
        if self.daemon.running():
            self.daemon.sigterm()

    def was_killed(self):
        return self.daemon.exit_code() == -signal.SIGKILL

    def forget_deletions(self):
        """The budget of deletions is of 24 hours; trials are not days apart."""
        ledger = os.path.join(self.daemon.state_dir, "facts", "_deletions.json")
        if os.path.exists(ledger):
            os.unlink(ledger)

    def recover(self):
        """After a violation: as well as an undisturbed controller gets it, so that the next trial begins anew."""
        self.forget_deletions()
        self.start()
        self.wait_exact()
        self.stop()

    # --- what is judged ---

    def promised(self):
        promised = judge.promises(self.repo.bare, secrets_dir=self.daemon.secrets_dir)
        for name in self.failing:
            promised[name] = judge.promises(self.repo.bare, self.good, self.daemon.secrets_dir)[name]
        return promised

    def look(self, instance_only=False):
        references = {promise.image for promise in self.promised().values()}
        return judge.look(self.engine, references, self.daemon.instance if instance_only else None)

    def wait_exact(self, limit=PATIENCE):
        """(seconds until everything ran exactly as promised or None, what was wrong last)"""
        began, promised, wrong = time.monotonic(), self.promised(), []
        while time.monotonic() - began < limit:
            try:
                wrong = list(judge.exact(promised, self.look(instance_only=True), self.daemon.instance, self.failing))
            except EngineError as error:  # what was listed is gone
                wrong = [str(error)]
            if not wrong:
                return time.monotonic() - began, []
            time.sleep(0.03)
        return None, wrong

    def wait_honest(self, limit=10):
        """What is wrong with the API's conditions when they had their time."""
        try:
            wait_until(lambda: not list(self.dishonest()), limit, "the conditions", interval=0.03)
        except RigError:
            pass
        return list(self.dishonest())

    def dishonest(self):
        ready = {}
        for item in self.daemon.get("/api/workloads")["items"]:
            for condition in item["status"]["conditions"]:
                if condition["type"] == "Ready":
                    ready[item["metadata"]["name"]] = (condition["status"], condition["reason"])
        return judge.honest(self.promised(), ready, self.failing)

    def mutating_when_settled(self, resyncs=2):
        """The mutating calls during some resyncs after everything is as it should be. What was under way may end first."""
        for _ in range(3):
            self.proxy.reset()
            wait_until(lambda: sum(r.path.startswith("/containers/json") for r in self.proxy.requests()) >= resyncs, 20,
                       "resyncs", interval=0.02)
            calls = self.proxy.mutating()
            if not calls:
                break
        return calls

    def own_networks(self):
        return {network["Name"] for network in self.engine.call("GET", "/networks")
                if network["Labels"].get(judge.INSTANCE)}

    def judge_moments(self, before, place, promised_before, promised_after):
        """The invariants of every moment since `place`, per workload by its strategy."""
        self.watch.mark()
        events = self.watch.since(place)
        instance = self.daemon.instance
        wrong = list(watcher.foreign_resources_kept([event for event in events if event.type == "volume"]))
        for name in promised_before.keys() & promised_after.keys():
            promise, was = promised_after[name], promised_before[name]
            replay = lambda: watcher.Replay(before, instance, name, events)  # noqa: E731
            replicas = min(promise.replicas, was.replicas)
            wrong += watcher.created_first(replay(), replicas)
            if promise.exclusive:
                wrong += watcher.never_together(replay())
            elif promise.side_by_side:
                wrong += watcher.never_fewer(replay(), replicas, promise.healthy_after)
        return wrong

    def report(self):
        """What a reader of a failure wants to see."""
        lines = [f"{c['Names']} {c['Image']} {c['Status']} {json.dumps(c['Labels'])}"
                 for c in self.engine.containers(labels=[f"{judge.INSTANCE}={self.daemon.instance}"])]
        calls = [f"{request.time:.3f} {request.method} {request.path}" for request in self.proxy.requests()[-60:]]
        return "\n".join(["-- containers"] + lines + ["-- last Engine calls"] + calls +
                         ["-- log of tinyforged", tail(self.daemon.log, 120)])

    def close(self):
        self.daemon.close()
        self.proxy.stop()
        self.folder.close()
