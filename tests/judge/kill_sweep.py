"""Kills tinyforged at every failpoint of every scenario, starts it again and lets the judge look. See hack/kill-sweep."""

import argparse
import dataclasses
import fnmatch
import math
import os
import queue
import random
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from judge import judge  # noqa: E402
from judge.lane import Lane  # noqa: E402
from judge.scenarios import SCENARIOS, bring  # noqa: E402
from judge.watcher import Watcher  # noqa: E402
from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.processes import free_port  # noqa: E402
from rig.registry import Registry  # noqa: E402

_SHORT = 250  # seconds
_DEATH = 10   # seconds that a change has to reach its failpoint
_STILL = 3    # seconds that the Engine has to end what was under way
_BETWEEN_LOOKS = 0.2
_REPEATS = 3  # of a trial that was only late


@dataclasses.dataclass
class Trial:
    scenario: object
    point: str
    killed: bool = False
    took: float | None = None  # from the second start to all as promised
    wrong: list = dataclasses.field(default_factory=list)
    report: str = ""


def learn(lane, scenario):
    """The failpoints that a scenario passes, in order, each with the number of its first passing after the change; of the
    scenario "start", those of the start alone."""
    to_state(lane, scenario, scenario.start)
    if os.path.exists(lane.list):
        os.unlink(lane.list)
    lane.start(listing=True)
    lane.wait_exact()
    before = set(passings(lane))
    if scenario.name == "start":
        lane.stop()
        return firsts(passings(lane))
    bring(lane, scenario, scenario.end)
    lane.sync()
    settle(lane)
    after = [passing for passing in passings(lane) if passing not in before]
    lane.stop()
    return firsts(after)


def passings(lane):
    with open(lane.list, encoding="ascii") as listed:
        return listed.read().split()


def firsts(listed):
    """{name: the numbers of its passings}"""
    found = {}
    for passing in listed:
        name, _, number = passing.rpartition("@")
        found.setdefault(name, []).append(int(number))
    return found


def settle(lane):
    lane.wait_exact()
    lane.wait_honest()
    lane.mutating_when_settled()


def to_state(lane, scenario, state):
    """Brings the scenario's starting state up with an undisturbed controller."""
    if lane.state == state:
        return
    if state == "failed":
        to_state(lane, scenario, "good")
    bring(lane, scenario, state)
    lane.start()
    took, wrong = lane.wait_exact(60)
    if took is None:
        raise RuntimeError(f"the start of {scenario.name} does not come up: {wrong}\n{lane.report()}")
    settle(lane)
    lane.stop()


def look_when_still(lane):
    """The first of two looks in a row that are the same: a call that was under way when the controller died is the
    Engine's to finish."""
    look = lane.look(instance_only=True)
    until = time.monotonic() + _STILL
    while time.monotonic() < until:
        time.sleep(_BETWEEN_LOOKS)
        again = lane.look(instance_only=True)
        if identities(again, lane) == identities(look, lane):
            break
        look = again
    return look


def identities(look, lane):
    return {container["Id"]: judge.identity(container) for container in look.ours(lane.daemon.instance)}


def run_trial(lane, scenario, point, limit):
    """One kill: the change runs into it, the controller is started again, the judge looks."""
    trial = Trial(scenario, point)
    to_state(lane, scenario, scenario.start)
    lane.forget_deletions()
    before, place, promised_before = lane.look(), lane.watch.mark(), lane.promised()
    lane.proxy.reset()
    alive = lane.start(f"{point.rpartition('@')[0]}:kill@{point.rpartition('@')[2]}")
    bring(lane, scenario, scenario.end)
    if alive:
        lane.sync()
    trial.killed = lane.wait_death(_DEATH if scenario.name != "start" else 3) and lane.was_killed()
    lane.stop()
    dead, serving = look_when_still(lane), {name for promise in promised_before.values() for name in promise.names()}
    trial.wrong += judge.static_while_away(dead, lane.look(instance_only=True), lane.daemon.instance, serving)
    began = time.monotonic()
    lane.start()
    came, wrong = lane.wait_exact()
    trial.took = None if came is None else time.monotonic() - began
    trial.wrong += judge.in_time("the promised containers", trial.took, limit)
    trial.wrong += wrong
    trial.wrong += lane.wait_honest()
    trial.wrong += judge.fixpoint(lane.mutating_when_settled())
    trial.wrong += verdict(lane, scenario, before, place, promised_before)
    trial.wrong += judge.drained(promised_before, before, lane.look(instance_only=True), lane.daemon.instance)
    if scenario.prunes:
        trial.wrong += judge.images_retained(lane.own_images(), {lane.promised()[f"{lane.name}-w"].image})
    if trial.wrong:
        trial.report = lane.report()
    lane.stop()
    if trial.wrong:
        lane.recover()
    return trial


def verdict(lane, scenario, before, place, promised_before):
    """What the judge says of the whole way from `before` to now."""
    after, instance = lane.look(), lane.daemon.instance
    untouched = [lane.still] + ([f"{lane.name}-w"] if scenario.in_place else [])
    return [*judge.exact(lane.promised(), after, instance, lane.failing),
            *judge.foreign_untouched(named("foreign", before), named("foreign", after), instance),
            *judge.volumes_kept(owned_volumes(before, lane), owned_volumes(after, lane)),
            *judge.unconcerned_untouched(before, after, instance, untouched),
            *judge.bounded(judge.process_of(lane.daemon.pid, lane.daemon.state_dir)),
            *lane.judge_moments(before, place, promised_before, lane.promised())]


def named(name, world):
    """A World of the container of that name alone: those of other lanes come and go."""
    return judge.World([container for container in world.containers if judge.name_of(container) == name])


def owned_volumes(world, lane):
    return judge.World([], {volume for volume in world.volumes if lane.name in volume})


def only_late(trial):
    return trial.took is not None and len(trial.wrong) == 1 and trial.wrong[0].startswith("I5 in_time")


class Sweep:
    """The work of all lanes: one queue of families, the results, and what is shown meanwhile. Lanes load the machine for
    one another, so a trial in which nothing was wrong but the time is repeated without others beside it, up to three times,
    and the quickest counts: a busy machine can only add."""

    def __init__(self, options, dockerd, watch, registry):
        self.options, self.dockerd, self.watch, self.registry = options, dockerd, watch, registry
        self.todo = queue.SimpleQueue()
        self.trials, self.broken, self.late = [], [], []
        self._lanes = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        families = {}
        for scenario in SCENARIOS:
            if fnmatch.fnmatch(scenario.name, options.only):
                families.setdefault(scenario.family, []).append(scenario)
        self._share = _SHORT / math.ceil(max(1, len(families)) / options.jobs)
        for family in families.values():
            self.todo.put(family)

    def run(self):
        workers = [threading.Thread(target=self._work, args=(number,)) for number in range(self.options.jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for trial in self.late:
            self._on_lane(trial.scenario.family, lambda lane, late=trial: self._repeat(lane, late))

    def _work(self, number):
        while True:
            try:
                family = self.todo.get_nowait()
            except queue.Empty:
                return
            self._on_lane(family[0].family, lambda lane: self._family(lane, family))

    def _on_lane(self, family, work):
        """A lane of its own for `work`. What breaks it does not touch the others."""
        with self._lock:
            self._lanes += 1
            name = f"l{self._lanes}-{family}"
        lane = Lane(self.dockerd, self.watch, name)
        lane.port, lane.registry = free_port(), self.registry
        try:
            work(lane)
        except Exception:
            with self._lock:
                self.broken.append(f"{family}: {traceback.format_exc()}")
        finally:
            lane.stop()
            lane.close()

    def _repeat(self, lane, late):
        best = late
        for _ in range(_REPEATS):
            again = run_trial(lane, late.scenario, late.point, self.options.limit)
            print(f"{late.scenario.name} {late.point}: {late.took:.1f} s beside other trials, "
                  f"{'for ever' if again.took is None else f'{again.took:.1f} s'} alone", flush=True)
            if again.killed and (not only_late(again) or again.took < best.took):
                best = again
            if again.killed and not only_late(again):
                break
        self._done(best)

    def _family(self, lane, family):
        until = time.monotonic() + self._share if self.options.short else float("inf")
        plans = {scenario.name: self._plan(learn(lane, scenario), scenario) for scenario in family}
        begun = time.monotonic()
        while any(plans.values()) and time.monotonic() < until:
            scenario = next((s for s in family if plans[s.name] and s.start == lane.state),
                            next(s for s in family if plans[s.name]))
            trial = run_trial(lane, scenario, plans[scenario.name].pop(0), self.options.limit)
            (self.late.append if only_late(trial) and self.options.jobs > 1 else self._done)(trial)
        if not sys.stderr.isatty():
            mine = [trial for trial in self.trials if trial.scenario in family]
            print(f"{', '.join(scenario.name for scenario in family)}: {len(mine)} trials, "
                  f"{sum(bool(trial.wrong) for trial in mine)} violated, {time.monotonic() - begun:.0f} s", flush=True)

    def _plan(self, points, scenario):
        """The passings to kill at: the first of each point, then others as the seed says."""
        chance = random.Random(f"{self.options.seed}/{scenario.name}")
        chosen = {name: numbers for name, numbers in points.items() if fnmatch.fnmatch(name, self.options.points)}
        plan = [f"{name}@{numbers[0]}" for name, numbers in chosen.items()]
        if self.options.short:
            chance.shuffle(plan)
        for _ in range(1, self.options.seeds):
            plan += [f"{name}@{chance.choice(numbers)}" for name, numbers in chosen.items()]
        return plan

    def _done(self, trial):
        with self._lock:
            self.trials.append(trial)
            if trial.wrong:
                self._write(trial)
            if sys.stderr.isatty():
                seconds = time.monotonic() - self._began
                failed = sum(bool(t.wrong) for t in self.trials)
                print(f"\r\033[K{len(self.trials)} trials, {failed} violated, {seconds:.0f} s: {trial.scenario.name} "
                      f"{trial.point}", end="", file=sys.stderr, flush=True)

    def _write(self, trial):
        os.makedirs(self.options.out, exist_ok=True)
        path = os.path.join(self.options.out, f"{trial.scenario.name}.{trial.point}.txt")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join([f"{trial.scenario.name} {trial.point}"] + trial.wrong + [trial.report]) + "\n")

    def table(self):
        """Text of one line a scenario, and whether all is well."""
        lines = [f"{'scenario':16} {'points':>6} {'trials':>6} {'killed':>6} {'violated':>8} {'slowest':>8}"]
        for scenario in SCENARIOS:
            mine = [trial for trial in self.trials if trial.scenario is scenario]
            if mine:
                slowest = max((trial.took or 0 for trial in mine))
                points = len({trial.point.rpartition("@")[0] for trial in mine})
                lines.append(f"{scenario.name:16} {points:6} {len(mine):6} {sum(t.killed for t in mine):6} "
                             f"{sum(bool(t.wrong) for t in mine):8} {slowest:6.1f} s")
        for trial in self.trials:
            if trial.wrong:
                lines.append(f"VIOLATED {trial.scenario.name} {trial.point}: {trial.wrong[0]}")
        names = {trial.point.rpartition("@")[0] for trial in self.trials if trial.killed}
        slowest = max((trial for trial in self.trials if trial.took), key=lambda trial: trial.took, default=None)
        lines += [f"BROKEN {text}" for text in self.broken]
        lines.append(f"{len(self.trials)} trials, {sum(t.killed for t in self.trials)} kills at {len(names)} failpoints, "
                     f"{sum(bool(t.wrong) for t in self.trials)} violated, {time.monotonic() - self._began:.0f} s" +
                     (f"; slowest {slowest.took:.1f} s ({slowest.scenario.name} {slowest.point})" if slowest else ""))
        return "\n".join(lines), bool(self.trials) and not self.broken and not any(trial.wrong for trial in self.trials)


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="hack/kill-sweep", description="kill -9 at every failpoint, judged")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="kills a point; beyond the first at other passings")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of passings and of the sample")
    parser.add_argument("--only", default="*", metavar="SCENARIO", help="a name or glob")
    parser.add_argument("--points", default="*", metavar="GLOB")
    parser.add_argument("--short", action="store_true", help="a sample of at most 5 minutes")
    parser.add_argument("--limit", type=float, default=5.0, metavar="SECONDS", help="from the restart to all as promised")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="installations at a time")
    parser.add_argument("--out", default="build/kill-sweep", metavar="DIR", help="where failures are written")
    return parser.parse_args(arguments)


def main():
    options = options_of(sys.argv[1:])
    dockerd, registry = Dockerd(), Registry()
    try:
        registry.start()
        dockerd.start()
        images.import_all(dockerd.engine)
        dockerd.engine.run("foreign", "tinyforge-test/sleeper:1")
        sweep = Sweep(options, dockerd, Watcher(dockerd.socket), registry)
        sweep.run()
    finally:
        dockerd.close()
        registry.close()
    text, well = sweep.table()
    print(("\n" if sys.stderr.isatty() else "") + text)
    return 0 if well else 1


if __name__ == "__main__":
    options_of(sys.argv[1:])
    sandbox.enter()
    sys.exit(main())
