"""The tinyforged whose speed and size are measured."""

import os
import time

from bench.floor import started_at
from bench.starts import Starts
from rig.daemon import Daemon
from rig.gitserver import Repo
from rig.processes import Folder, wait_until

_INSTANCE = "bench"
_LONG = 600


class Run:
    """A tinyforged with a repository of its own. The poll interval is long: `tfctl sync` says when to look."""

    def __init__(self, dockerd, docker_host=None, **flags):
        self.folder = Folder("bench")
        self.dockerd, self.engine = dockerd, dockerd.engine
        self.repo = Repo(self.folder.path)
        self.repo.commit({"notes.txt": "nothing yet"})
        self.daemon = Daemon(self.repo.bare, docker_host or dockerd.docker_host, instance=_INSTANCE,
                             **{"interval": "1h", "resync_interval": "5m", **flags})

    def __enter__(self):
        self.daemon.start()
        self.daemon.wait_revision(self.repo.head())
        return self

    def __exit__(self, *_):
        self.daemon.close()
        self.dockerd.remove_containers()
        self.folder.close()

    def bring_up(self, files, count):
        """Commits and returns the seconds from `tfctl sync` to the last container's start."""
        self.repo.commit(files)
        with self.starts() as starts:
            began = time.time()
            self.daemon.sync()
            ids = starts.wait(count, _LONG)
        return max(started_at(self.engine, container) for container in ids) - began

    def starts(self):
        return Starts(self.dockerd.socket, _INSTANCE)

    def all_ready(self, count):
        def ready():
            items = self.daemon.ctl_json("get", "workloads")["items"]
            return len(items) >= count and all(
                any(condition["type"] == "Ready" and condition["status"] == "True" for condition in item["status"]["conditions"])
                for item in items)
        wait_until(ready, _LONG, f"{count} workloads to be Ready", interval=0.5)

    def memory(self):
        """(anonymous, peak) resident kilobytes."""
        with open(f"/proc/{self.daemon.pid}/smaps_rollup") as rollup:
            anonymous = sum(int(line.split()[1]) for line in rollup if line.startswith("Anonymous:"))
        with open(f"/proc/{self.daemon.pid}/status") as status:
            peak = sum(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        return anonymous, peak

    def processor_seconds(self):
        """Of the daemon and of its ended children."""
        with open(f"/proc/{self.daemon.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
