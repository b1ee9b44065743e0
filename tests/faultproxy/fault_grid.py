"""Every kind of Engine call of a deploy, gone wrong in every way, for every strategy. See hack/fault-grid."""

import argparse
import dataclasses
import fnmatch
import os
import random
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from faultproxy.fault_proxy import FAULTS, FaultProxy, kind_of  # noqa: E402
from judge import judge  # noqa: E402
from judge.kill_sweep import settle, to_state, verdict  # noqa: E402
from judge.lane import Lane  # noqa: E402
from judge.scenarios import SCENARIOS, bring  # noqa: E402
from judge.watcher import Watcher  # noqa: E402
from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.processes import free_port  # noqa: E402

_STRATEGIES = ("blue-green", "rolling", "recreate")
_SHORT = 150  # seconds
_EVENTS = "GET /events"
_HIT = 4      # seconds that a change has to make its call


@dataclasses.dataclass
class Cell:
    strategy: str
    kind: str
    fault: str
    hit: bool = False
    took: float | None = None  # from the end of the fault to all as promised
    wrong: list = dataclasses.field(default_factory=list)


def learn(lane, scenario):
    """{kind of Engine call that the controller makes for this change: whether it does only when it starts with it}"""
    kinds = {}
    for restarted in (True, False):
        lane.proxy.reset()
        change(lane, scenario, restarted)
        lane.wait_exact()
        lane.wait_honest()
        kinds.update((kind_of(request), restarted) for request in lane.proxy.requests())
    return {**kinds, _EVENTS: False}


def change(lane, scenario, restarted):
    if restarted:
        lane.stop()
    bring(lane, scenario, scenario.end)
    if restarted:
        lane.start()
    else:
        lane.sync()


def run_cell(lane, scenario, kind, restarted, fault_name, limit):
    cell = Cell(scenario.name, kind, fault_name)
    before, place, promised_before = lane.look(), lane.watch.mark(), lane.promised()
    lane.proxy.reset()
    fault = lane.proxy.arm(fault_name, kind)
    if kind == _EVENTS:
        lane.proxy.cut()
    try:
        change(lane, scenario, restarted)
        cell.hit = fault.hit.wait(_HIT)
        if cell.hit:
            time.sleep(max(0.0, fault.ends - time.monotonic()))
        began = max(time.monotonic(), fault.ends)
        came, wrong = lane.wait_exact()
        cell.took = None if came is None else time.monotonic() - began
        cell.wrong += judge.in_time("the promised containers", cell.took, limit)
        cell.wrong += wrong
        cell.wrong += lane.wait_honest()
        cell.wrong += judge.fixpoint(lane.mutating_when_settled())
        cell.wrong += verdict(lane, scenario, before, place, promised_before)
    finally:
        lane.proxy.disarm()
        if kind == _EVENTS:
            lane.proxy.cut()
    return cell


class Grid:
    def __init__(self, options, dockerd, watch):
        self.options, self.dockerd, self.watch = options, dockerd, watch
        self.cells, self.broken = [], []
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def run(self):
        scenarios = [s for s in SCENARIOS if s.name in _STRATEGIES and fnmatch.fnmatch(s.name, self.options.only)]
        workers = [threading.Thread(target=self._lane, args=(scenario, number)) for scenario in scenarios
                   for number in range(self.options.lanes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _lane(self, scenario, number):
        lane = Lane(self.dockerd, self.watch, f"g{number}-{scenario.name}", proxy=FaultProxy)
        lane.port = free_port()
        try:
            to_state(lane, scenario, scenario.start)
            lane.start()
            settle(lane)
            self._cells(lane, scenario, number)
            if not sys.stderr.isatty():
                print(f"{lane.name}: done after {time.monotonic() - self._began:.0f} s", flush=True)
        except Exception:  # the other strategies go on
            with self._lock:
                self.broken.append(f"{scenario.name}: {traceback.format_exc()}\n{lane.report()}")
        finally:
            lane.stop()
            lane.close()

    def _cells(self, lane, scenario, number):
        kinds = learn(lane, scenario)
        chosen = [(kind, fault) for kind in sorted(kinds) for fault in FAULTS
                  if (fault != "duplicate" or kind == _EVENTS) and fnmatch.fnmatch(kind, self.options.calls) and
                  fnmatch.fnmatch(fault, self.options.faults)]
        random.Random(self.options.seed).shuffle(chosen)
        for kind, fault in chosen[number::self.options.lanes]:
            if self.options.short and time.monotonic() - self._began > _SHORT:
                return
            self._done(lane, run_cell(lane, scenario, kind, kinds[kind], fault, self.options.limit))

    def _done(self, lane, cell):
        with self._lock:
            self.cells.append(cell)
            if cell.wrong:
                self._write(cell, lane)
            if sys.stderr.isatty():
                print(f"\r\033[K{len(self.cells)} cells, {sum(bool(c.wrong) for c in self.cells)} violated, "
                      f"{time.monotonic() - self._began:.0f} s: {cell.strategy}, {cell.kind}, {cell.fault}", end="",
                      file=sys.stderr, flush=True)

    def _write(self, cell, lane):
        os.makedirs(self.options.out, exist_ok=True)
        name = f"{cell.strategy}.{cell.kind}.{cell.fault}.txt".replace("/", "_").replace(" ", "")
        with open(os.path.join(self.options.out, name), "w", encoding="utf-8") as out:
            out.write("\n".join([f"{cell.strategy} {cell.kind} {cell.fault}"] + cell.wrong + [lane.report()]) + "\n")

    def table(self):
        """Text of a line a kind of call and a column a fault: the slowest seconds of all strategies, "-" where the call
        was not made, "!" for a violation; and whether all is well."""
        lines = [f"{'call':28} " + " ".join(f"{fault:>10}" for fault in FAULTS)]
        for kind in sorted({cell.kind for cell in self.cells}):
            lines.append(f"{kind:28} " + " ".join(f"{self._square(kind, fault):>10}" for fault in FAULTS))
        for cell in self.cells:
            if cell.wrong:
                lines.append(f"VIOLATED {cell.strategy}, {cell.kind}, {cell.fault}: {cell.wrong[0]}")
        lines += [f"BROKEN {text}" for text in self.broken]
        hit = [cell for cell in self.cells if cell.hit]
        slowest = max((cell for cell in hit if cell.took is not None), key=lambda cell: cell.took, default=None)
        lines.append(f"{len(self.cells)} cells, {len(hit)} hit, {sum(bool(c.wrong) for c in self.cells)} violated, "
                     f"{time.monotonic() - self._began:.0f} s" +
                     (f"; slowest {slowest.took:.1f} s ({slowest.strategy}, {slowest.kind}, {slowest.fault})" if slowest else ""))
        return "\n".join(lines), bool(self.cells) and not self.broken and not any(cell.wrong for cell in self.cells)

    def _square(self, kind, fault):
        cells = [cell for cell in self.cells if (cell.kind, cell.fault) == (kind, fault)]
        if not any(cell.hit for cell in cells):
            return "-" if cells else ""
        slowest = max(cell.took or 0 for cell in cells if cell.hit)
        return f"{slowest:.1f}{'!' if any(cell.wrong for cell in cells) else ''}"


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="hack/fault-grid", description="every Engine call gone wrong in every way, judged")
    parser.add_argument("--short", action="store_true", help="a sample of at most 3 minutes")
    parser.add_argument("--only", default="*", metavar="STRATEGY", help=f"one of {', '.join(_STRATEGIES)}, or a glob")
    parser.add_argument("--calls", default="*", metavar="GLOB", help='of kinds of calls: "POST /containers/*/start"')
    parser.add_argument("--faults", default="*", metavar="GLOB", help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--limit", type=float, default=10.0, metavar="SECONDS", help="from the fault's end to all as promised")
    parser.add_argument("--lanes", type=int, default=2, metavar="N", help="installations a strategy")
    parser.add_argument("--seed", type=int, default=1, help="of the order, and so of the sample")
    parser.add_argument("--out", default="build/fault-grid", metavar="DIR", help="where failures are written")
    return parser.parse_args(arguments)


def main():
    options = options_of(sys.argv[1:])
    dockerd = Dockerd()
    try:
        dockerd.start()
        images.import_all(dockerd.engine)
        dockerd.engine.run("foreign", "tinyforge-test/sleeper:1")
        grid = Grid(options, dockerd, Watcher(dockerd.socket))
        grid.run()
    finally:
        dockerd.close()
    text, well = grid.table()
    print(("\n" if sys.stderr.isatty() else "") + text)
    return 0 if well else 1


if __name__ == "__main__":
    options_of(sys.argv[1:])
    sandbox.enter()
    sys.exit(main())
