"""Debian's docker-registry on a loopback port.

  python3 tests/rig/registry.py [--user NAME:PASSWORD] [--tokens] [--tls] [--image NAME:TAG ...]

prints {"address", "port", "folder"} on one line, with --tls its certificate as "ca", with --image the digests by name
as "images", and ends when its standard input closes. --tokens: the user logs in at a token server.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import ssl
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
http: {{addr: "127.0.0.1:{port}"{tls}}}
{auth}
{notifications}
"""
_NOTIFICATIONS = """
notifications:
  endpoints:
    - {{name: rig, url: {url}, timeout: 2s, threshold: 3, backoff: 300ms}}
"""


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
CREATED = "2024-05-06T07:08:09.123456789Z"  # of every image of put_image


def docker_config(address, login):
    """Docker's config.json with one login ("name:password"), as `docker login` writes it."""
    return json.dumps({"auths": {address: {"auth": base64.b64encode(login.encode()).decode()}}})


def _credentials(login, address):
    name, password = (login or ":").split(":", 1)
    text = json.dumps({"username": name, "password": password, "serveraddress": address})
    return base64.urlsafe_b64encode(text.encode()).decode()


class Registry:
    def __init__(self, user=None, tokens=None, tls=False, notify=None):
        """`user`: "name:password" for basic authentication. `tokens`: a started TokenServer for Bearer tokens. Neither:
        everybody may do everything. `tls`: serves https alone, with a certificate of its own (`ca`). `notify`: a URL that is
        told of every push and pull."""
        self.folder = Folder("registry")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._user = user
        self._tokens = tokens
        self._notify = notify
        self.ca = self._certificate() if tls else None
        self._process = None

    def start(self):
        with open(self.folder / "config.yml", "w") as config:
            config.write(_CONFIG.format(root=self.folder.path, port=self.port, auth=self._auth(), tls=self._tls(),
                                        notifications=_NOTIFICATIONS.format(url=self._notify) if self._notify else ""))
        log = self.folder / "registry.log"
        self._process = Process(["docker-registry", "serve", self.folder / "config.yml"], log)
        wait_until(lambda: accepts(self.port), 20, lambda: f"docker-registry to listen; its log:\n{tail(log)}")
        return self

    def push(self, dockerd, local, name, login=None):
        """Pushes the local image as `name` ("shop:1"); `login` is "name:password". Returns its digest."""
        # Another name of the host than the manifests': the Engine never has the image under theirs because of the push, not
        # even for the moment between the registry's notification and the rmi.
        reference = f"{self.address if self.ca else f'localhost:{self.port}'}/{name}"
        dockerd.docker("tag", local, reference)
        header = {"X-Registry-Auth": _credentials(login, self.address)}
        repository, tag = reference.rsplit(":", 1)
        answer = dockerd.engine.raw("POST", f"/images/{repository}/push", headers=header, tag=tag).decode()
        dockerd.docker("rmi", reference)
        said = [json.loads(line) for line in answer.splitlines()]
        for line in said:
            if "error" in line:
                raise RigError(f"push {reference}: {line['error']}")
        digest = next(line["aux"]["Digest"] for line in said if "aux" in line)
        if self._notify and not self.ca:  # what was told of is an image of "localhost", which no manifest names
            self.retag(*name.rsplit(":", 1), tag)
        return digest

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

    def put_image(self, name, login=None):
        """An image without layers, for amd64, made at CREATED; unseen by any Engine. Returns its digest."""
        repository, tag = name.rsplit(":", 1)
        headers = self._authorization(repository, login)
        config = json.dumps({"architecture": "amd64", "os": "linux", "created": CREATED,
                             "config": {"Labels": {"name": name}},
                             "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        digest = "sha256:" + hashlib.sha256(config).hexdigest()
        status, answer, _ = self._call("POST", f"/v2/{repository}/blobs/uploads/", b"", headers)
        location = (answer["Location"] or "").split(self.address, 1)[-1]
        if status == 202:
            status, _, _ = self._call("PUT", f"{location}&digest={digest}", config, headers)
        if status != 201:
            raise RigError(f"{name}: {status} for its configuration")
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
                               "config": {"mediaType": _CONFIG_TYPE, "size": len(config), "digest": digest}}).encode()
        status, answer, body = self._call("PUT", f"/v2/{repository}/manifests/{tag}", manifest,
                                          {"Content-Type": MANIFEST, **headers})
        if status != 201:
            raise RigError(f"{name}: {status} {body!r}")
        return answer["Docker-Content-Digest"]

    def _authorization(self, repository, login):
        if not login:
            return {}
        basic = "Basic " + base64.b64encode(login.encode()).decode()
        if not self._tokens:
            return {"Authorization": basic}
        _, answer = self._tokens.answer(f"/token?scope=repository:{repository}:pull,push", basic)
        return {"Authorization": "Bearer " + answer["token"]}

    def _call(self, method, path, body, headers):
        if self.ca:
            trusted = ssl.create_default_context(cafile=self.ca)
            connection = http.client.HTTPSConnection(self.address, timeout=20, context=trusted)
        else:
            connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def stop(self):
        self._process.stop()

    def _certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / "key.pem",
                        "-out", self.folder / "ca.crt", "-days", "2", "-subj", "/CN=rig", "-addext",
                        "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        return str(self.folder / "ca.crt")

    def _tls(self):
        return f", tls: {{certificate: {self.ca}, key: {self.folder / 'key.pem'}}}" if self.ca else ""

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
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--tokens", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--image", action="append", default=[])
    options = parser.parse_args()
    tokens = token_server.TokenServer(dict([options.user.split(":", 1)])).start() if options.tokens else None
    registry = Registry(None if tokens else options.user, tokens, options.tls)
    try:
        registry.start()
        facts = {"address": registry.address, "port": registry.port, "folder": registry.folder.path}
        if options.tls:
            facts["ca"] = registry.ca
        if options.image:
            facts["images"] = {name: registry.put_image(name, options.user) for name in options.image}
        serve_until_stdin_closes(facts)
    finally:
        registry.close()
        if tokens:
            tokens.close()


if __name__ == "__main__":
    main()
