"""Debian's docker-registry on a loopback port.

  python3 tests/rig/registry.py [--user NAME:PASSWORD]

prints {"address", "port", "folder"} on one line and ends when its standard input closes.
"""

import os
import subprocess
import sys

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig.processes import Folder, Process, accepts, free_port, serve_until_stdin_closes, tail, wait_until  # noqa: E402

_CONFIG = """
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {root}/data}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""


class Registry:
    def __init__(self, user=None):
        """`user`: "name:password" for basic authentication, or None for none."""
        self.folder = Folder("registry")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._user = user
        self._process = None

    def start(self):
        auth = ""
        if self._user:
            name, password = self._user.split(":", 1)
            with open(self.folder / "htpasswd", "w") as users:
                subprocess.run(["htpasswd", "-niB", name], input=password, text=True, stdout=users, check=True)
            auth = f"auth: {{htpasswd: {{realm: rig, path: {self.folder / 'htpasswd'}}}}}"
        with open(self.folder / "config.yml", "w") as config:
            config.write(_CONFIG.format(root=self.folder.path, port=self.port, auth=auth))
        log = self.folder / "registry.log"
        self._process = Process(["docker-registry", "serve", self.folder / "config.yml"], log)
        wait_until(lambda: accepts(self.port), 20, lambda: f"docker-registry to listen; its log:\n{tail(log)}")
        return self

    def stop(self):
        self._process.stop()

    def close(self):
        if self._process is not None:
            self.stop()
        self.folder.close()


def main():
    user = sys.argv[sys.argv.index("--user") + 1] if "--user" in sys.argv else None
    registry = Registry(user)
    try:
        registry.start()
        serve_until_stdin_closes({"address": registry.address, "port": registry.port, "folder": registry.folder.path})
    finally:
        registry.close()


if __name__ == "__main__":
    main()
