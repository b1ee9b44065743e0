"""A small client of the Docker Engine API over its unix socket."""

import http.client
import json
import socket
from urllib.parse import quote, urlencode


class EngineError(Exception):
    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("docker", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """One call, one connection, except through session()."""

    def __init__(self, socket_path, timeout=60):
        self.socket_path = socket_path
        self._timeout = timeout

    def connection(self):
        return _UnixConnection(self.socket_path, self._timeout)

    def raw(self, method, path, body=None, headers=None, connection=None, **query):
        own = connection or self.connection()
        target = path + ("?" + urlencode(query) if query else "")
        own.request(method, target, body, headers or {})
        response = own.getresponse()
        data = response.read()
        if connection is None:
            own.close()
        if response.status >= 400:
            try:
                message = json.loads(data)["message"]
            except (ValueError, KeyError, TypeError):
                message = data.decode(errors="replace")
            raise EngineError(response.status, f"{method} {target}: {message}")
        return data

    def call(self, method, path, body=None, connection=None, **query):
        """A call with a JSON body and a JSON answer (None for an empty one)."""
        text = None if body is None else json.dumps(body)
        data = self.raw(method, path, text, {"Content-Type": "application/json"}, connection, **query)
        return json.loads(data) if data.strip() else None

    def ping(self):
        return self.raw("GET", "/_ping") == b"OK"

    def containers(self, all=True, labels=()):
        """Summaries of the containers, stopped ones too, that carry all of the labels ("key" or "key=value")."""
        return self.call("GET", "/containers/json", all=int(all), filters=json.dumps({"label": list(labels)}))

    def inspect(self, container):
        return self.call("GET", f"/containers/{quote(container)}/json")

    def inspect_all(self, summaries):
        """Inspects each of a listing, without those that are gone by now."""
        found = []
        for summary in summaries:
            try:
                found.append(self.inspect(summary["Id"]))
            except EngineError as error:
                if error.status != 404:
                    raise
        return found

    def exists(self, container):
        """Whether a container has this name or id. The Engine takes a name that nobody has ("db") for the beginning of an
        id: that counts for nothing here."""
        try:
            found = self.inspect(container)
            return container in (found["Name"].removeprefix("/"), found["Id"], found["Id"][:12])
        except EngineError as error:
            if error.status == 404:
                return False
            raise

    def create(self, name, image, **body):
        return self.call("POST", "/containers/create", {"Image": image, **body}, name=name)["Id"]

    def start(self, container):
        self.call("POST", f"/containers/{container}/start")

    def run(self, name, image, **body):
        container = self.create(name, image, **body)
        self.start(container)
        return container

    def stop(self, container, timeout=10):
        self.raw("POST", f"/containers/{container}/stop", t=timeout)

    def kill(self, container, signal="KILL"):
        self.raw("POST", f"/containers/{container}/kill", signal=signal)

    def remove(self, container, force=True):
        self.raw("DELETE", f"/containers/{container}", force=int(force))

    def rename(self, container, name):
        self.raw("POST", f"/containers/{container}/rename", name=name)

    def update(self, container, **body):
        self.call("POST", f"/containers/{container}/update", body)

    def connect(self, container, network, **endpoint):
        self.call("POST", f"/networks/{network}/connect", {"Container": container, "EndpointConfig": endpoint})

    def disconnect(self, container, network, force=True):
        self.call("POST", f"/networks/{network}/disconnect", {"Container": container, "Force": force})

    def commit(self, container, repository, tag):
        return self.call("POST", "/commit", {}, container=container, repo=repository, tag=tag)["Id"]

    def tag(self, image, repository, tag):
        self.raw("POST", f"/images/{quote(image, safe='/:')}/tag", repo=repository, tag=tag)

    def image(self, reference):
        return self.call("GET", f"/images/{reference}/json")

    def import_tar(self, data, repository, tag, changes=()):
        """An image of one layer from a tar archive; `changes` are Dockerfile lines."""
        query = [("fromSrc", "-"), ("repo", repository), ("tag", tag)] + [("changes", line) for line in changes]
        answer = self.raw("POST", "/images/create?" + urlencode(query), data, {"Content-Type": "application/x-tar"})
        for line in answer.decode().splitlines():
            if "error" in json.loads(line):
                raise EngineError(500, json.loads(line)["error"])

    def exec(self, container, *command):
        """Runs a command in the container and returns (exit code, raw output stream)."""
        made = self.call("POST", f"/containers/{container}/exec",
                         {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True, "Tty": True})
        output = self.raw("POST", f"/exec/{made['Id']}/start", json.dumps({"Detach": False, "Tty": True}),
                          {"Content-Type": "application/json"})
        return self.call("GET", f"/exec/{made['Id']}/json")["ExitCode"], output.decode(errors="replace")

    def logs(self, container):
        return self.raw("GET", f"/containers/{container}/logs", stdout=1, stderr=1).decode(errors="replace")
