"""What stands before a web service: Debian's nginx and haproxy, with kept connections to the service behind them.

Each writes down what it forwarded, which is its own view of where requests end.
"""

import os
import shutil

from rig.processes import Folder, Process, RigError, accepts, free_port, tail, wait_until

_NGINX = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  log_format forwarded '$upstream_status $request_uri';
  access_log {folder}/forwarded.log forwarded;
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/proxied;
  fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_next_upstream off;
      proxy_request_buffering {buffering};
    }}
  }}
}}
"""

_HAPROXY = """global
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "forwarded %s %ST %HU"
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  retries 0
  http-reuse always
frontend public
  bind 127.0.0.1:{port}
{lenient}
  default_backend service
backend service
  server tinyforged 127.0.0.1:{upstream} pool-max-conn 1
"""


class WebProxy:
    """`kind`: "nginx" (reads a request's body whole before it forwards it), "nginx-streaming" (as it comes), "haproxy", or
    "haproxy-lenient" (lets through what is not quite HTTP). `upstream`: a port on loopback."""

    def __init__(self, kind, upstream):
        self.kind, self.port = kind, free_port()
        self.folder = Folder("web-proxy")
        self._log = self.folder / "output.log"
        self._config = self.folder / "config"
        text = _NGINX if kind.startswith("nginx") else _HAPROXY
        with open(self._config, "w") as out:
            out.write(text.format(folder=self.folder.path, port=self.port, upstream=upstream,
                                  buffering="off" if kind == "nginx-streaming" else "on",
                                  lenient="  option accept-invalid-http-request" if kind == "haproxy-lenient" else ""))
        self._process = None

    def start(self):
        name = "nginx" if self.kind.startswith("nginx") else "haproxy"
        program = shutil.which(name, path="/usr/sbin:" + os.environ.get("PATH", ""))
        if program is None:
            raise RigError(f"there is no {name}: run hack/deps test")
        arguments = ["-c", self._config] if name == "nginx" else ["-db", "-f", self._config]
        os.chmod(self.folder.path, 0o755)  # nginx's workers are another user
        self._process = Process([program, *arguments], self._log)
        wait_until(lambda: accepts(self.port), 20, lambda: f"{self.kind} to listen:\n{tail(self._log)}")
        return self

    def forwarded(self):
        """(status, path) of each request that was forwarded, in their order; 0 where the caller got no answer of it."""
        if self.kind.startswith("nginx"):
            words = [line.split(" ", 1) for line in self._lines(self.folder / "forwarded.log")]
            lines = [line for line in words if line[0] != "-"]
        else:
            words = [line.split(" ", 3) for line in self._lines(self._log) if line.startswith("forwarded ")]
            lines = [line[2:] for line in words if line[1] != "<NOSRV>"]
        return [(int(status) if status.isdigit() else 0, path) for status, path in lines]

    @staticmethod
    def _lines(path):
        try:
            with open(path, errors="replace") as log:
                return [line for line in log.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def close(self):
        if self._process is not None:
            self._process.stop()
        self.folder.close()
