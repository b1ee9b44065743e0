"""What every part of the rig needs: owned processes, waiting with a deadline, free ports, temporary folders.

Nothing here ends a process that it did not start, and nothing sleeps for a fixed time in place of waiting.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time


class RigError(Exception):
    """The rig itself could not do what it was asked; the message carries the end of the log."""


def wait_until(condition, timeout, what, interval=0.05):
    """Polls condition() until it is truthy and returns it. An exception of condition counts as 'not yet'. `what` is a
    text, or a function that makes it at the end (to show the end of a log)."""
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except Exception as error:  # the condition may look at things that do not exist yet
            last = error
        if time.monotonic() >= deadline:
            raise RigError(f"waited {timeout:g} s for {what() if callable(what) else what}; last seen: {last!r}")
        time.sleep(interval)


def free_port(host="127.0.0.1"):
    """A TCP port that nobody holds now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def accepts(port, host="127.0.0.1"):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def tail(path, lines=30):
    try:
        with open(path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError:
        return ""


class Process:
    """A child that dies with us, its output in a log file."""

    def __init__(self, arguments, log, env=None, cwd=None):
        self.log = log
        self._stream = open(log, "ab")
        # setpriv sets the parent-death signal without running Python code between fork and exec.
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--"] + [str(word) for word in arguments],
            stdin=subprocess.DEVNULL, stdout=self._stream, stderr=self._stream, cwd=cwd,
            env=None if env is None else {**os.environ, **env}, start_new_session=True)

    @property
    def pid(self):
        return self._child.pid

    def running(self):
        return self._child.poll() is None

    def signal(self, number):
        if self.running():
            self._child.send_signal(number)

    def wait(self, timeout):
        """The exit code; raises RigError when it still runs after `timeout` seconds."""
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise RigError(f"pid {self.pid} still runs after {timeout:g} s:\n{tail(self.log)}") from None

    def kill9(self):
        if self.running():
            self._child.kill()
        self._child.wait(10)
        self._stream.close()

    def stop(self, timeout=20):
        """SIGTERM, then SIGKILL after the timeout. Returns the exit code."""
        if self.running():
            self._child.terminate()
            try:
                self._child.wait(timeout)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait(10)
        self._stream.close()
        return self._child.returncode


class Folder:
    """A temporary folder, removed by close()."""

    def __init__(self, prefix):
        self.path = tempfile.mkdtemp(prefix=f"tf-{prefix}-")

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def make(self, name, mode=0o755):
        path = self / name
        os.makedirs(path, mode=mode, exist_ok=True)
        return path

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


def serve_until_stdin_closes(facts):
    """The command line of every module: one JSON line with what was started, then wait for the end of stdin."""
    print(json.dumps(facts), flush=True)
    sys.stdin.buffer.read()
