"""Measures what is promised about speed and size, each figure beside its floor of the same run. See hack/bench."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench.deliveries import bench_deliveries  # noqa: E402
from bench.floor import Recorder, again, list_call, make_all, started_at  # noqa: E402
from bench.projects import bench_projects  # noqa: E402
from bench.pushes import bench_push  # noqa: E402
from bench.rollouts import bench_rollouts  # noqa: E402
from bench.run import Run  # noqa: E402
from bench.table import Row, Table, mebibytes, milliseconds  # noqa: E402
from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.engine_proxy import EngineProxy  # noqa: E402
from rig.processes import wait_until  # noqa: E402
from rig.site import env, workload  # noqa: E402

_LONG = 600


def some(count, **spec):
    return {f"apps/w{number}.yaml": workload(f"w{number}", **spec) for number in range(count)}


def capture(dockerd, files, count):
    """The create calls that tinyforged makes for these files."""
    recorder = Recorder(dockerd)
    try:
        with Run(dockerd, recorder.docker_host) as run:
            run.bring_up(files, count)
            return recorder.creates()
    finally:
        recorder.stop()


def ensure_network(dockerd, calls):
    """The networks of captured bodies, kept from the capturing run, exist for the floor as well."""
    wanted = {name for _, body in calls for name in (body.get("NetworkingConfig") or {}).get("EndpointsConfig", {})}
    present = {network["Name"] for network in dockerd.engine.call("GET", "/networks")}
    assert wanted <= present, f"networks {wanted - present} are gone"


def bench_commit(dockerd, table, count, rounds):
    calls = capture(dockerd, some(count), count)
    ensure_network(dockerd, calls)
    figures, floors = [], []
    for _ in range(rounds):
        floors.append(make_all(dockerd.socket, calls))
        dockerd.remove_containers()
        with Run(dockerd) as run:
            figures.append(run.bring_up(some(count), count))
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row(f"commit -> {count} running", milliseconds(figure), milliseconds(floor),
                  f"<= 1.15 x floor ({milliseconds(1.15 * floor)})", figure <= 1.15 * floor,
                  f"{figure / floor:.2f} x floor, median of {rounds}"))


def bench_change(dockerd, table, count, rounds):
    with Run(dockerd) as run:
        run.bring_up(some(count), count)
        run.all_ready(count)
        figures, floors = [], []
        for number in range(rounds):
            figures.append(run.bring_up({"apps/w1.yaml": workload("w1", env=env(N=str(number)))}, 1))
            run.all_ready(count)
            floors.append(make_all(dockerd.socket, [again(run.engine.inspect("w1"))]))
            run.engine.remove("floor")
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row(f"one of {count} changed -> running", milliseconds(figure), milliseconds(floor),
                  f"<= floor + 50 ms ({milliseconds(floor + 0.05)})", figure <= floor + 0.05, f"median of {rounds}"))


def bench_repair(dockerd, table, rounds):
    floors, figures = [], []
    engine = dockerd.engine
    with Run(dockerd) as run:
        run.bring_up(some(1), 1)
        for _ in range(rounds):
            run.all_ready(1)
            with run.starts() as starts:
                began = time.time()
                engine.remove("w0")
                figures.append(started_at(engine, *starts.wait(1, _LONG)) - began)
            run.all_ready(1)
            floors.append(removed_and_made_again(dockerd))
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row("docker rm -f -> running again", milliseconds(figure), milliseconds(floor),
                  "< floor that waits for destroy", figure < floor, f"median of {rounds}"))


def bench_resync(dockerd, table, count):
    proxy = EngineProxy(dockerd.socket, dockerd.folder / "resync.sock").start()
    try:
        with Run(dockerd, "unix://" + proxy.socket, resync_interval="1s") as run:
            run.bring_up(some(count), count)
            run.all_ready(count)
            proxy.reset()
            wait_until(lambda: len(listings(proxy)) >= 11, 120, "ten resyncs", interval=0.5)
            figure, calls, listing = resync_seconds(proxy.requests()), proxy.mutating(), listings(proxy)[0].path
            size(run, table, count)
            run.daemon.sigterm()
            floor = list_call(proxy.socket, listing)
    finally:
        proxy.stop()
    table.add(Row(f"resync, nothing changed, {count} containers", milliseconds(figure), milliseconds(floor),
                  f"<= 2 x one list call ({milliseconds(2 * floor)}), no mutating call", figure <= 2 * floor and not calls,
                  f"from the listing to the end of the last request of the pass; {len(calls)} mutating calls"))


def removed_and_made_again(dockerd):
    """The seconds from a removal by hand until a container like w0 runs that is created when the removal is through."""
    call = again(dockerd.engine.inspect("w0"))
    make_all(dockerd.socket, [call])
    began = time.time()
    dockerd.engine.remove("floor")
    seconds = time.time() - began + make_all(dockerd.socket, [call])
    dockerd.engine.remove("floor")
    return seconds


def listings(proxy):
    return [request for request in proxy.requests() if request.path.startswith("/containers/json")]


def resync_seconds(requests):
    """The median time from a listing to the last request that follows it before the next one."""
    passes = []
    for request in requests:
        if request.path.startswith("/containers/json"):
            passes.append([request.time, request.time])
        if passes:
            passes[-1][1] = max(passes[-1][1], request.ended or request.time)
    return statistics.median(end - begin for begin, end in passes[:-1])


def size(run, table, count):
    anonymous, peak = run.memory()
    table.add(Row(f"anonymous memory, {count} workloads", mebibytes(anonymous), "-", "<= 12 MiB", anonymous <= 12 * 1024))
    table.add(Row(f"peak memory, {count} workloads", mebibytes(peak), "-", "<= 30 MiB", peak <= 30 * 1024))


def bench_idle(dockerd, table, count, seconds):
    with Run(dockerd, interval="60s", resync_interval="30s") as run:
        run.bring_up(some(count), count)
        run.all_ready(count)
        before = run.processor_seconds()
        time.sleep(seconds)  # the figure is what happens while nothing happens
        share = (run.processor_seconds() - before) / seconds
    table.add(Row(f"idle processor time, {count} workloads", f"{100 * share:.2f} % of a core", "-", "<= 0.2 %", share <= 0.002,
                  f"over {seconds} s with the default intervals"))


def bench_repository(dockerd, table, count):
    files = {f"apps/{number // 100}/m{number}.yaml": workload(f"m{number}", hosts=["elsewhere"]) for number in range(count)}
    proxy = EngineProxy(dockerd.socket, dockerd.folder / "repository.sock").start()
    with Run(dockerd, "unix://" + proxy.socket) as run:
        run.bring_up({"apps/here.yaml": workload("here")}, 1)
        run.daemon.sigterm()
        shutil.rmtree(run.daemon.state_dir)
        os.mkdir(run.daemon.state_dir, 0o700)
        head = run.repo.commit(files)
        clone = timed(["git", "clone", "-q", "--bare", run.repo.bare, run.folder / "clone.git"])
        began = time.time()
        run.daemon.start()
        run.daemon.wait_revision(head, timeout=_LONG)
        cold = time.time() - began
        table.add(Row(f"cold start with {count} manifests", milliseconds(cold), milliseconds(clone), "<= floor + 3 s",
                      cold <= clone + 3, f"floor: git clone; peak memory {mebibytes(run.memory()[1])}"))
        run.daemon.wait_ready("here")
        figures, floors = [], []
        for number in range(5):
            run.repo.commit({"apps/here.yaml": workload("here", env=env(N=str(number)))})
            floors.append(timed(["git", "-C", run.folder / "clone.git", "fetch", "-q", "origin", "main:main"]))
            proxy.reset()
            began = time.time()
            run.daemon.sync()
            create = wait_until(lambda: first_create(proxy), _LONG, "the create call", interval=0.002)
            figures.append(create - began)
            run.daemon.wait_ready("here")
    proxy.stop()
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row(f"one file of {count} committed -> create call", milliseconds(figure), milliseconds(floor),
                  f"<= floor + 20 ms ({milliseconds(floor + 0.02)})", figure <= floor + 0.02, "floor: git fetch of that commit"))


def first_create(proxy):
    return next((request.time for request in proxy.requests() if request.path.startswith("/containers/create")), None)


def timed(command):
    began = time.time()
    subprocess.run(command, check=True)
    return time.time() - began


def main():
    parser = argparse.ArgumentParser(description="figures beside their floors")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, for a look while working")
    parser.add_argument("--only", help="one of commit, change, repair, rollout, resync, idle, repository, webhook, push, compose")
    options = parser.parse_args()
    large, many, manifests = (10, 20, 1000) if options.quick else (100, 200, 10000)
    dockerd, table = Dockerd(), Table()
    parts = {
        "commit": lambda: [bench_commit(dockerd, table, count, rounds) for count, rounds in ((1, 11), (20, 5), (large, 2))],
        "change": lambda: bench_change(dockerd, table, large, 5),
        "repair": lambda: bench_repair(dockerd, table, 15),
        "rollout": lambda: bench_rollouts(lambda: Run(dockerd), table, 4 if options.quick else 20, 1 if options.quick else 5),
        "resync": lambda: bench_resync(dockerd, table, many),
        "idle": lambda: bench_idle(dockerd, table, many, 10 if options.quick else 60),
        "repository": lambda: bench_repository(dockerd, table, manifests),
        "webhook": lambda: bench_deliveries(dockerd, table, 3 if options.quick else 10, 1000 if options.quick else 10000),
        "push": lambda: bench_push(dockerd, table, 5 if options.quick else 11),
        "compose": lambda: bench_projects(dockerd, table, 20, 2 if options.quick else 5),
    }
    try:
        dockerd.start()
        images.import_all(dockerd.engine)
        for name, part in parts.items():
            if options.only in (None, name):
                part()
    finally:
        dockerd.close()
    print("\n" + table.text())
    print(f"\n{table.missed()} of the figures above miss their goal" if table.missed() else "\nevery figure meets its goal")


if __name__ == "__main__":
    sandbox.enter()
    main()
