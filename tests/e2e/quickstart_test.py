"""The README's first command: hack/up from nothing, again, by its own advice, and down."""

import os
import re
import subprocess
import time

import pytest

from rig.daemon import BIN
from rig.engine import Engine
from rig.processes import Folder, wait_until

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_UP = os.path.join(_ROOT, "hack", "up")


class Quickstart:
    def __init__(self):
        self.folder = Folder("quickstart")
        self.home = self.folder / "home"
        self.engine = Engine(self.folder / "docker.sock")
        self.environment = {**os.environ, "TINYFORGE_HOME": self.home, "HOME": self.folder.path,
                            "DOCKER_HOST": "unix://" + self.engine.socket_path}

    def run(self, *arguments):
        done = subprocess.run([_UP, *arguments], env=self.environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, script):
        done = subprocess.run(["bash", "-ec", script], env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def containers(self):
        return {container["Names"][0]: (container["Id"], container["Status"].split()[0]) for container in self.engine.containers()}

    def greeting(self):
        return self.engine.exec("hello", "wget", "-qO-", "http://127.0.0.1/")[1]


@pytest.fixture
def quickstart():
    if BIN != os.path.join(_ROOT, "build", "release", "bin"):
        pytest.skip("hack/up runs what is in build/release")
    quickstart = Quickstart()
    try:
        yield quickstart
    finally:
        quickstart.run("--down")
        quickstart.folder.close()


def advice(output):
    """The commands of the three numbered steps, as (1st, 2nd, 3rd) scripts without those that never end."""
    steps = re.split(r"\n  [123]\. .*\n", output)[1:]
    return ["\n".join(line.strip() for line in step.splitlines() if line.startswith("       ") and not line.endswith(" -w"))
            for step in steps]


def test_up_brings_everything_up_again_changes_nothing_its_advice_works_and_down_leaves_nothing(quickstart):
    output = quickstart.run()
    assert "NAME" in output and "hello" in output
    before = quickstart.containers()
    assert before and all(state == "Up" for _, state in before.values())
    edit, remove, describe = advice(output)

    began = time.monotonic()
    quickstart.run()
    assert time.monotonic() - began < 15
    assert quickstart.containers() == before

    wait_until(lambda: quickstart.greeting(), 10, "an answer")
    first = quickstart.greeting()
    quickstart.shell(edit)
    wait_until(lambda: quickstart.greeting() not in ("", first), 60, "another greeting")
    quickstart.shell(remove)
    wait_until(lambda: quickstart.greeting() != "", 60, "hello to be back")
    assert "Ready" in quickstart.shell(describe)

    quickstart.run("--down")
    assert not os.path.exists(quickstart.home)
    assert not os.path.exists(quickstart.engine.socket_path)
    with open("/proc/self/mounts") as mounts:
        assert quickstart.home not in mounts.read()
