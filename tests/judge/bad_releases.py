"""Bad releases, one after the other, while clients ask the version before them. See hack/bad-releases."""

import argparse
import collections
import dataclasses
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench.load import Client  # noqa: E402
from judge import judge  # noqa: E402
from judge.watcher import Watcher  # noqa: E402
from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.processes import RigError, wait_until  # noqa: E402
from rig.site import Site, env, workload  # noqa: E402

_IMAGE = "tinyforge-test/httpd:1"
_VERDICT = 60  # seconds after which a release that was not judged is given up
_BACK = 2.0    # seconds from the verdict to the old version running, by Recreate
_PORT = 18090
_TRIED = "trial first"  # Recreate by default, for its host port
_HEALTH = {"http": {"path": "/", "port": 80}, "interval": "1s", "timeout": "1s", "retries": 2}
_SLOW_START = {**_HEALTH, "startPeriod": "30s"}


def server(says):
    return ["sh", "-c", f"mkdir -p /www; echo {says} > /www/index.html; echo last words of $RELEASE; "
                        "trap 'exit 0' TERM; httpd -f -p 80 -h /www & wait $!"]


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    spec: dict
    reason: str         # in the message of the verdict
    speaks: bool = True  # its last words are in the message


KINDS = [
    Kind("exits at once", {"command": ["sh", "-c", "echo last words of $RELEASE; exit 3"]}, "exit code 3"),
    Kind("exits after 5 s", {"command": ["sh", "-c", "echo last words of $RELEASE; sleep 5; exit 4"],
                             "healthcheck": _SLOW_START}, "exit code 4"),
    Kind("never healthy", {"command": server("bad"), "healthcheck": {**_HEALTH, "http": {"path": "/none", "port": 80}}},
         "status 404"),
    Kind("bad command", {"command": ["/no/such/program"]}, "no such file", speaks=False),
]


@dataclasses.dataclass(frozen=True)
class Target:
    """A workload that gets bad releases."""
    name: str
    strategy: str
    number: int
    replicas: int = 1

    def manifest(self, release=0, kind=None):
        ports = {"ports": [{"container": 80, "host": _PORT + self.number}]} if self.strategy in ("Recreate", _TRIED) else {}
        strategy = {} if self.strategy == _TRIED else {"strategy": self.strategy}
        spec = {"command": server("ok"), "healthcheck": _HEALTH, **(kind.spec if kind else {})}
        return {f"{self.name}.yaml": workload(self.name, _IMAGE, env=env(RELEASE=str(release)), replicas=self.replicas,
                                              rollout={**strategy, "deadline": "1m"}, **ports, **spec)}


TARGETS = [Target("blue0", "BlueGreen", 0), Target("blue1", "BlueGreen", 1), Target("roll0", "Rolling", 2, replicas=2),
           Target("roll1", "Rolling", 3, replicas=2), Target("anew0", "Recreate", 4), Target("tried0", _TRIED, 5)]


@dataclasses.dataclass
class Release:
    number: int
    target: Target
    kind: Kind
    verdict: float | None = None  # seconds from the commit to the verdict
    back: float | None = None     # seconds from the verdict to the old version running
    engine: float = 0.0           # of them in which the Engine was at calls for it
    wrong: list = dataclasses.field(default_factory=list)


class Trials:
    """All releases on one installation: a round is one commit with a bad release of every target."""

    def __init__(self, dockerd, count):
        self.count, self.releases, self.wrong = count, [], []
        self.site = Site(dockerd)
        self.watch = Watcher(dockerd.socket)
        self.good, self.before, self.clients = None, None, {}

    def run(self):
        self._begin()
        rounds = -(-self.count // len(TARGETS))
        for number in range(rounds):
            self._round(number)
            if number == rounds // 2:
                self._forget()
        self._forget()
        asked = {name: client.end() for name, client in self.clients.items()}
        self.clients = {}
        return asked

    def _begin(self):
        files = {path: text for target in TARGETS for path, text in target.manifest().items()}
        names = [target.name for target in TARGETS]
        self.good = self.site.up({**files, "client.yaml": workload("client")}, *names, "client")
        self.site.settle()
        self.before = self._look()
        for target in TARGETS:
            if target.strategy != "Recreate":
                self.clients[target.name] = Client(self.site.engine, "client", fast=1, slow=0, asks=target.name)

    def _look(self):
        return judge.look(self.site.engine, [_IMAGE, "tinyforge-test/sleeper:1"], self.site.daemon.instance)

    # --- one round ---

    def _round(self, number):
        first = len(self.releases)
        chosen = [Release(first + place + 1, target, KINDS[(number + place) % len(KINDS)])
                  for place, target in enumerate(TARGETS[:self.count - first])]
        self.releases += chosen
        self.site.proxy.reset()
        place, began = self.watch.mark(), time.monotonic()
        self.site.repo.commit({path: text for release in chosen
                               for path, text in release.target.manifest(release.number, release.kind).items()})
        self._await_verdicts(chosen, began)
        self._await_old()
        self.watch.mark()
        for release in chosen:
            self._judge(release, self.watch.since(place))
        self._show()

    def _await_verdicts(self, chosen, began):
        def all_judged():
            for release in chosen:
                if release.verdict is None and not list(self._untold(release)):
                    release.verdict = time.monotonic() - began
            return all(release.verdict for release in chosen)
        try:
            wait_until(all_judged, _VERDICT, "the verdicts", interval=0.1)
        except RigError:
            pass  # each says for itself what is missing

    def _untold(self, release):
        """What the workload's status does not say of the release."""
        items = self.site.daemon.get("/api/workloads")["items"]
        item = next(item for item in items if item["metadata"]["name"] == release.target.name)
        ready = next((c for c in item["status"].get("conditions", []) if c["type"] == "Ready"), {})
        if item["status"].get("observedGeneration") != item["metadata"]["generation"] or \
                (ready.get("status"), ready.get("reason")) != ("False", "RolloutFailed"):
            yield f"status: Ready is {ready}, and not False, RolloutFailed"
        words = [release.kind.reason] + ([f"last words of {release.number}"] if release.kind.speaks else [])
        yield from (f"status: {word!r} is not in {ready.get('message')!r}" for word in words
                    if word not in ready.get("message", ""))

    def _await_old(self):
        """Until exactly the good version runs, beside a stopped record of the failed release."""
        promised = judge.promises(self.site.repo.bare, self.good)
        failing = {release.target.name for release in self.releases}

        def wrong():
            return list(judge.exact(promised, self._look(), self.site.daemon.instance, failing))
        try:
            wait_until(lambda: not wrong(), 30, "the old version", interval=0.2)
        except RigError:
            self.wrong += wrong()

    def _judge(self, release, events):
        release.wrong += [] if release.verdict else list(self._untold(release))
        mine = [event for event in events if event.type == "container" and event.workload == release.target.name]
        candidates = {event.id: event.name for event in mine if event.action == "create"}
        starts = [request for request in self._calls("/start") if self._container(request) in
                  [*candidates.keys(), *candidates.values()]]
        if len(candidates) != 1 or len(starts) > 1:
            release.wrong.append(f"tries: {len(candidates)} containers were created and {len(starts)} starts asked for")
        if release.target.strategy != "Recreate":
            release.wrong += judge.unconcerned_untouched(self.before, self._look(), self.site.daemon.instance,
                                                         [release.target.name])
        elif candidates:
            self._judge_return(release, mine, candidates, starts)

    def _judge_return(self, release, events, candidates, starts):
        """The verdict is the earliest sign of it: the end of the candidate, the refusal of its start, or the first call of
        the controller that puts it down."""
        ours = {*candidates.keys(), *candidates.values()}
        signs = [event.time for event in events if event.id in candidates and event.action == "die"]
        signs += [request.time for what in ("/update", "/stop") for request in self._calls(what)
                  if starts and self._container(request) in ours and request.time > starts[0].ended]
        if not release.kind.speaks and starts:
            signs.append(starts[0].ended)
        backs = [event.time for event in events if event.id not in candidates and event.action == "start"]
        if signs and backs:
            release.back = max(backs) - min(signs)
            release.engine = self._engine_time({event.id for event in events} | ours, min(signs), max(backs))
        if release.back is None or release.back > _BACK:
            release.wrong.append(f"back: the old version came back after {release.back} s, of which the Engine took "
                                 f"{release.engine:.2f} s; {_BACK:g} s are promised")

    def _calls(self, what):
        return [request for request in self.site.proxy.requests()
                if request.method == "POST" and request.path.partition("?")[0].endswith(what)]

    def _engine_time(self, containers, begin, end):
        """How long, between the two, at least one call for these containers was under way."""
        spans = sorted((max(request.time, begin), min(request.ended or end, end)) for request in self.site.proxy.requests()
                       if request.path.startswith("/containers/") and self._container(request) in containers)
        total, until = 0.0, begin
        for start, stop in spans:
            total += max(0.0, stop - max(start, until))
            until = max(until, stop)
        return total

    @staticmethod
    def _container(request):
        return request.path.partition("?")[0].split("/")[2]

    # --- the cache is lost ---

    def _forget(self):
        """Nothing is tried again by a controller that knows nothing but its facts."""
        self.site.settle()
        self.site.daemon.sigterm()
        for path in self.site.cache_files():
            os.unlink(path)
        self.site.proxy.reset()
        self.site.daemon.start()
        last = {release.target: release for release in self.releases}
        try:
            wait_until(lambda: not any(list(self._untold(release)) for release in last.values()), 20,
                       "the verdicts to be known again")
        except RigError:
            self.wrong += [f"after the restart: {release.target.name}: {text}" for release in last.values()
                           for text in self._untold(release)]
        self.site.wait_resyncs(3)
        self.wrong += [f"after the restart: {text}" for text in judge.fixpoint(self.site.proxy.mutating())]

    def _show(self):
        bad = sum(bool(release.wrong) for release in self.releases) + len(self.wrong)
        end = "\r" if sys.stderr.isatty() else "\n"
        print(f"  {len(self.releases)} of {self.count} releases, {bad} violations", end=end, file=sys.stderr, flush=True)

    def close(self):
        for client in self.clients.values():
            client.end()
        self.site.close()


# --- what is printed ---

def table(releases):
    """One line a strategy and kind."""
    lines = [f"{'strategy':10} {'kind':16} {'releases':>8} {'tried once':>10} {'told right':>10} {'verdict':>8} "
             f"{'back, slowest':>13} {'the Engine':>10}"]
    groups = collections.defaultdict(list)
    for release in releases:
        groups[release.target.strategy, release.kind.name].append(release)
    for (strategy, kind), mine in sorted(groups.items()):
        once = sum(not any(text.startswith("tries") for text in release.wrong) for release in mine)
        told = sum(release.verdict is not None for release in mine)
        verdict = statistics.median([release.verdict for release in mine if release.verdict] or [float("nan")])
        slowest = max((release for release in mine if release.back is not None), key=lambda r: r.back, default=None)
        back = f"{slowest.back:.2f} s" if slowest else "-"
        engine = f"{slowest.engine:.2f} s" if slowest else "-"
        lines.append(f"{strategy:10} {kind:16} {len(mine):8} {once:10} {told:10} {verdict:6.1f} s {back:>13} {engine:>10}")
    return lines


def clients_lines(asked):
    for name, seen in asked.items():
        fast = seen["fast"]
        yield f"{name}: {fast['failed']} of {fast['requests']} requests failed, goal 0" + \
            (f"; {json.dumps(seen['failures'][:3])}" if fast["failed"] else "")


def report(trials, asked, seconds):
    """The text, and the number of violations."""
    failed = sum(seen["fast"]["failed"] for seen in asked.values())
    wrong = [f"VIOLATED release {release.number}, {release.target.name}, {release.kind.name}: {text}"
             for release in trials.releases for text in release.wrong]
    wrong += [f"VIOLATED {text}" for text in trials.wrong]
    count = len(wrong) + failed
    tail = f"{len(trials.releases)} bad releases, the cache lost twice, {count} violations, {seconds:.0f} s"
    return "\n".join(table(trials.releases) + [""] + list(clients_lines(asked)) + wrong + ["", tail]), count


def main():
    parser = argparse.ArgumentParser(prog="hack/bad-releases", description=__doc__)
    parser.add_argument("--count", type=int, default=100, metavar="N", help="releases in all")
    options = parser.parse_args()
    if options.count < 1:
        parser.error("--count must be at least 1")
    sandbox.enter()
    began = time.monotonic()
    dockerd = Dockerd()
    try:
        dockerd.start()
        images.import_all(dockerd.engine)
        trials = Trials(dockerd, options.count)
        try:
            asked = trials.run()
            text, count = report(trials, asked, time.monotonic() - began)
            print(text)
            if count:
                print(trials.site.report())
        finally:
            trials.close()
    finally:
        dockerd.close()
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
