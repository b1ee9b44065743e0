"""Debian's docker-registry on a loopback port.

  python3 tests/rig/registry.py [--user NAME:PASSWORD]

prints {"address", "port", "folder"} on one line and ends when its standard input closes.
"""

import base64
import http.client
import json
import os
import subprocess
import sys

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig import token_server  # noqa: E402
from rig.processes import (Folder, Process, RigError, accepts, free_port, serve_until_stdin_closes, tail,  # noqa: E402
                           wait_until)

_CONFIG = """
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {root}/data}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def docker_config(address, login):
    """Docker's config.json with one login ("name:password"), as `docker login` writes it."""
    return json.dumps({"auths": {address: {"auth": base64.b64encode(login.encode()).decode()}}})


def _credentials(login, address):
    name, password = (login or ":").split(":", 1)
    text = json.dumps({"username": name, "password": password, "serveraddress": address})
    return base64.urlsafe_b64encode(text.encode()).decode()


class Registry:
    def __init__(self, user=None, tokens=None):
        """`user`: "name:password" for basic authentication. `tokens`: a started TokenServer for Bearer tokens. Neither:
        everybody may do everything."""
        self.folder = Folder("registry")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._user = user
        self._tokens = tokens
        self._process = None

    def start(self):
        with open(self.folder / "config.yml", "w") as config:
            config.write(_CONFIG.format(root=self.folder.path, port=self.port, auth=self._auth()))
        log = self.folder / "registry.log"
        self._process = Process(["docker-registry", "serve", self.folder / "config.yml"], log)
        wait_until(lambda: accepts(self.port), 20, lambda: f"docker-registry to listen; its log:\n{tail(log)}")
        return self

    def push(self, dockerd, local, name, login=None):
        """Pushes the local image as `name` ("shop:1"); `login` is "name:password". Returns its digest."""
        reference = f"{self.address}/{name}"
        dockerd.docker("tag", local, reference)
        header = {"X-Registry-Auth": _credentials(login, self.address)}
        repository, tag = reference.rsplit(":", 1)
        answer = dockerd.engine.raw("POST", f"/images/{repository}/push", headers=header, tag=tag).decode()
        dockerd.docker("rmi", reference)
        said = [json.loads(line) for line in answer.splitlines()]
        for line in said:
            if "error" in line:
                raise RigError(f"push {reference}: {line['error']}")
        return next(line["aux"]["Digest"] for line in said if "aux" in line)

    def manifest(self, name, tag):
        """(bytes, media type, digest) of what the registry has; of one without authentication."""
        status, headers, body = self._call("GET", f"/v2/{name}/manifests/{tag}", None, {"Accept": MANIFEST})
        if status != 200:
            raise RigError(f"{name}:{tag}: {status} {body!r}")
        return body, headers["Content-Type"], headers["Docker-Content-Digest"]

    def put_manifest(self, name, tag, body, media_type):
        status, _, answer = self._call("PUT", f"/v2/{name}/manifests/{tag}", body, {"Content-Type": media_type})
        if status != 201:
            raise RigError(f"{name}:{tag}: {status} {answer!r}")

    def retag(self, name, tag, new):
        """Lets the tag `new` mean what `tag` does, unseen by any Engine."""
        body, media_type, _ = self.manifest(name, tag)
        self.put_manifest(name, new, body, media_type)

    def _call(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def stop(self):
        self._process.stop()

    def _auth(self):
        if self._tokens:
            return (f"auth: {{token: {{realm: \"{self._tokens.realm}\", service: {token_server.SERVICE}, "
                    f"issuer: {token_server.ISSUER}, rootcertbundle: {self._tokens.certificate}}}}}")
        if not self._user:
            return ""
        name, password = self._user.split(":", 1)
        with open(self.folder / "htpasswd", "w") as users:
            subprocess.run(["htpasswd", "-niB", name], input=password, text=True, stdout=users, check=True)
        return f"auth: {{htpasswd: {{realm: rig, path: {self.folder / 'htpasswd'}}}}}"

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
