"""A private Docker Engine: own data root, exec root, pid file, socket and, in a sandbox, own network.

  python3 tests/rig/dockerd.py [--live-restore] [--images]

prints {"socket", "docker_host", "folder", "pid", "log", "images"} on one line, in a sandbox of its own, and ends with
everything in it when its standard input closes. Commands on standard input, one a line, each answered by one line
{"ok": true, "pid": N}: kill9, start, stop, restart.
"""

import json
import os
import signal
import subprocess
import sys

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig import images, sandbox  # noqa: E402
from rig.engine import Engine, EngineError  # noqa: E402
from rig.processes import Folder, Process, RigError, tail, wait_until  # noqa: E402

_DOCKERD = "/usr/sbin/dockerd"
_CLIENT = "/usr/bin/docker"  # Debian's, of the engine's own version
_OWN_NETWORKS = ("bridge", "host", "none")


class Dockerd:
    """Must run in a sandbox, since it owns iptables and the default bridge there. `config`: of its daemon.json."""

    def __init__(self, live_restore=False, config=None):
        if not sandbox.inside():
            raise RigError("a private dockerd needs a sandbox: run through tests/rig/sandbox.py")
        self.folder = Folder("dockerd")
        self.socket = self.folder / "docker.sock"
        self.log = self.folder / "dockerd.log"
        self.engine = Engine(self.socket)
        self._cgroup = "tinyforge-rig-" + os.path.basename(self.folder.path)
        self._live_restore = live_restore
        self._config = config or {}
        self._process = None

    @property
    def docker_host(self):
        return "unix://" + self.socket

    @property
    def pid(self):
        return self._process.pid

    def start(self, live_restore=None, timeout=60):
        if live_restore is not None:
            self._live_restore = live_restore
        pid_file = self.folder / "dockerd.pid"
        if os.path.exists(pid_file):  # of a killed one; its number may belong to somebody else by now
            os.unlink(pid_file)
        arguments = [_DOCKERD, "--data-root", self.folder / "data", "--exec-root", self.folder / "exec",
                     "--pidfile", pid_file, "--config-file", self.folder / "daemon.json", "--host", self.docker_host,
                     "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", "/" + self._cgroup,
                     "--log-level", "warn"]
        with open(self.folder / "daemon.json", "w") as config:
            json.dump(self._config, config)
        self._process = Process(arguments + (["--live-restore"] if self._live_restore else []), self.log)
        wait_until(self._ready, timeout, lambda: f"dockerd to answer; its log:\n{tail(self.log)}")
        return self

    def _ready(self):
        if not self._process.running():
            raise RigError("dockerd ended")
        return self.engine.ping()

    def kill9(self):
        """As a crash: containers keep running."""
        self._process.kill9()

    def stop(self, timeout=60):
        self._process.stop(timeout)

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        """Connections are accepted and never answered, until thaw()."""
        self._process.signal(signal.SIGSTOP)

    def thaw(self):
        self._process.signal(signal.SIGCONT)

    def docker(self, *arguments, check=True):
        """Runs the docker command line; returns its output without the last newline."""
        done = subprocess.run([_CLIENT, "--host", self.docker_host, *arguments], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RigError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def remove_containers(self):
        for container in self.engine.containers():
            self.engine.remove(container["Id"])

    def clear(self):
        """Removes the containers, and the networks and volumes that are not the Engine's own."""
        self.remove_containers()
        for network in self.engine.call("GET", "/networks"):
            if network["Name"] not in _OWN_NETWORKS:
                self._remove_network(network["Id"])
        for volume in self.engine.call("GET", "/volumes")["Volumes"] or []:
            self.engine.raw("DELETE", f"/volumes/{volume['Name']}", force=1)

    def _remove_network(self, network):
        """Engine 20.10 may keep an endpoint of a container that was removed in the middle of a connect; only its restart
        forgets that, so such a network stays for the tests to come, which take it as it is."""
        try:
            self.engine.raw("DELETE", f"/networks/{network}")
        except EngineError as error:
            if error.status != 403:
                raise

    def close(self):
        """Removes the containers, ends dockerd and takes mounts, control groups and folder away."""
        if self._process is not None and self._process.running():
            self.thaw()
            try:
                self.remove_containers()
            finally:
                self.stop()
        sandbox.unmount_below(self.folder.path)
        sandbox.remove_cgroups(self._cgroup)
        self.folder.close()


def _obey(dockerd):
    commands = {"kill9": dockerd.kill9, "start": dockerd.start, "stop": dockerd.stop, "restart": dockerd.restart}
    for line in sys.stdin:
        command = commands.get(line.strip())
        if command:
            command()
        print(json.dumps({"ok": command is not None, "pid": dockerd.pid}), flush=True)


def main():
    sandbox.enter()
    dockerd = Dockerd(live_restore="--live-restore" in sys.argv)
    try:
        dockerd.start()
        made = images.import_all(dockerd.engine) if "--images" in sys.argv else {}
        print(json.dumps({"socket": dockerd.socket, "docker_host": dockerd.docker_host, "folder": dockerd.folder.path,
                          "pid": dockerd.pid, "log": dockerd.log, "images": made}), flush=True)
        _obey(dockerd)
    finally:
        dockerd.close()


if __name__ == "__main__":
    main()
