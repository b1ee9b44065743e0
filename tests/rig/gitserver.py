"""Bare repositories served by the real git http-backend (through lighttpd) and by sshd, on loopback.

  python3 tests/rig/gitserver.py [--user NAME:PASSWORD] [--tls] [--ssh] [--read-only] [--repo NAME ...]

prints {"http", "ca", "ssh", "ssh_key", "known_hosts", "folder", "bare"} on one line (http and ssh are URL
prefixes: a repository is <prefix>/<name>.git; http begins with https with --tls) and ends when its standard input closes. Pushing over the wire works too, over HTTP not with --read-only.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from rig.processes import Folder, Process, RigError, accepts, free_port, serve_until_stdin_closes, tail, wait_until  # noqa: E402

_BACKEND = "/usr/lib/git-core/git-http-backend"

_LIGHTTPD = """
server.modules = ("mod_setenv", "mod_alias", "mod_cgi", "mod_auth", "mod_authn_file", "mod_accesslog"{tls_module})
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}/empty"
server.errorlog = "{root}/lighttpd.log"
accesslog.filename = "{root}/access.log"
alias.url = ("/git" => "{backend}")
$HTTP["url"] =~ "^/git/" {{
  cgi.assign = ("" => "")
  setenv.set-environment = ("GIT_PROJECT_ROOT" => "{root}/bare", "GIT_HTTP_EXPORT_ALL" => "1",
                            "GIT_CONFIG_COUNT" => "2", "GIT_CONFIG_KEY_0" => "safe.directory", "GIT_CONFIG_VALUE_0" => "*",
                            "GIT_CONFIG_KEY_1" => "http.receivepack", "GIT_CONFIG_VALUE_1" => "{receives}",
                            "PATH" => "/usr/bin:/bin")
}}
{tls}
{auth}
"""

_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {root}/host_key
AuthorizedKeysFile {root}/authorized_keys
PidFile {root}/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


def _git(folder, *arguments, text=True, **kwargs):
    identity = {"GIT_AUTHOR_NAME": "rig", "GIT_AUTHOR_EMAIL": "rig@example.com", "GIT_COMMITTER_NAME": "rig",
                "GIT_COMMITTER_EMAIL": "rig@example.com", "GIT_CONFIG_NOSYSTEM": "1", "HOME": folder,
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=text,
                          env={**os.environ, **identity}, **kwargs)
    if done.returncode != 0:
        raise RigError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


class Repo:
    """A bare repository and a work tree that commits to it."""

    def __init__(self, folder, name="config", branch="main"):
        """`folder` holds <name>.git and the work tree <name>.work."""
        self.name = name
        self.branch = branch
        self.bare = os.path.join(folder, name + ".git")
        self.work = os.path.join(folder, name + ".work")
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", branch, self.bare], check=True)
        subprocess.run(["git", "init", "-q", "-b", branch, self.work], check=True)
        _git(self.work, "remote", "add", "origin", self.bare)

    def git(self, *arguments):
        return _git(self.work, *arguments)

    def head(self):
        return self.git("rev-parse", "HEAD")

    def write(self, files):
        for path, content in files.items():
            target = os.path.join(self.work, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as out:
                out.write(content if isinstance(content, bytes) else content.encode())

    def commit(self, files=None, message="change", rm=(), push=True):
        """Writes {path: content}, removes the paths of `rm`, commits, pushes; returns the commit id."""
        self.write(files or {})
        for path in rm:
            target = os.path.join(self.work, path)
            shutil.rmtree(target) if os.path.isdir(target) else os.unlink(target)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        if push:
            self.push()
        return self.head()

    def rm(self, *paths, message="remove"):
        return self.commit(message=message, rm=paths)

    def push(self):
        self.git("push", "-q", "origin", f"HEAD:refs/heads/{self.branch}")

    def force_push(self, files, message="rewritten"):
        """Replaces the whole history by one commit of the given files alone."""
        self.git("checkout", "-q", "--orphan", "rewritten")
        self.git("rm", "-rfq", "--ignore-unmatch", ".")
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("branch", "-M", self.branch)
        self.git("push", "-qf", "origin", f"HEAD:refs/heads/{self.branch}")
        return self.head()


class GitServer:
    def __init__(self, user=None, tls=False, ssh=False, read_only=False):
        """`user`: "name:password" for basic authentication over HTTP, or None for none."""
        self.folder = Folder("git")
        self._user, self._tls, self._ssh, self._read_only = user, tls, ssh, read_only
        self._port, self._ssh_port = free_port(), free_port()
        self._processes = {}
        self.bare = self.folder.make("bare")
        self.ca = self.folder / "ca.pem" if tls else None
        self.ssh_key = self.folder / "client_key" if ssh else None
        self.known_hosts = self.folder / "known_hosts" if ssh else None

    @property
    def http(self):
        # By name with TLS: not every library matches a certificate's addresses.
        return f"https://localhost:{self._port}/git" if self._tls else f"http://127.0.0.1:{self._port}/git"

    @property
    def ssh(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        return f"ssh://{user}@127.0.0.1:{self._ssh_port}{self.bare}" if self._ssh else None

    def repo(self, name="config", branch="main"):
        return Repo(self.bare, name, branch)

    def start(self):
        self.start_http()
        if self._ssh:
            self.start_ssh()
        return self

    def start_http(self):
        root, tls, auth = self.folder.path, "", ""
        self.folder.make("empty")
        if self._tls:
            self._make_certificate()
            tls = f'ssl.engine = "enable"\nssl.pemfile = "{root}/server.pem"'
        if self._user:
            with open(self.folder / "users", "w") as users:
                users.write(self._user + "\n")
            auth = (f'auth.backend = "plain"\nauth.backend.plain.userfile = "{root}/users"\n'
                    'auth.require = ("/git" => ("method" => "basic", "realm" => "rig", "require" => "valid-user"))')
        with open(self.folder / "lighttpd.conf", "w") as config:
            config.write(_LIGHTTPD.format(root=root, port=self._port, backend=_BACKEND, tls=tls, auth=auth,
                                          receives="false" if self._read_only else "true",
                                          tls_module=', "mod_openssl"' if self._tls else ""))
        self._start("http", ["lighttpd", "-D", "-f", self.folder / "lighttpd.conf"], self._port)

    def start_ssh(self):
        if not os.path.exists(self.ssh_key):
            for name in ("host_key", "client_key"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
            shutil.copy(self.folder / "client_key.pub", self.folder / "authorized_keys")
            with open(self.folder / "host_key.pub") as key, open(self.known_hosts, "w") as known:
                known.write(f"[127.0.0.1]:{self._ssh_port} " + " ".join(key.read().split()[:2]) + "\n")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        with open(self.folder / "sshd.conf", "w") as config:
            config.write(_SSHD.format(root=self.folder.path, port=self._ssh_port))
        self._start("ssh", ["/usr/sbin/sshd", "-D", "-e", "-f", self.folder / "sshd.conf"], self._ssh_port)

    def _start(self, name, command, port):
        log = self.folder / (name + ".out")
        self._processes[name] = Process(command, log)
        wait_until(lambda: accepts(port), 20, lambda: f"{command[0]} to listen; its log:\n{tail(log)}")

    def _make_certificate(self):
        """An authority of its own and a certificate of it for 127.0.0.1."""
        if os.path.exists(self.ca):
            return
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True)  # noqa: E731
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-subj", "/CN=rig authority", "-keyout", self.folder / "ca.key", "-out", self.ca)
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
            "-keyout", self.folder / "server.key", "-out", self.folder / "server.csr")
        with open(self.folder / "san", "w") as san:
            san.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run("x509", "-req", "-in", self.folder / "server.csr", "-CA", self.ca, "-CAkey", self.folder / "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", self.folder / "san", "-out", self.folder / "server.crt")
        with open(self.folder / "server.pem", "w") as pem:
            for part in ("server.key", "server.crt"):
                with open(self.folder / part) as source:
                    pem.write(source.read())

    def stop_http(self):
        self._processes.pop("http").stop()

    def stop_ssh(self):
        self._processes.pop("ssh").stop()

    def access_log(self):
        return tail(self.folder / "access.log", 10000)

    def close(self):
        for process in self._processes.values():
            process.stop()
        self.folder.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ssh", action="store_true")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--repo", action="append", default=[])
    options = parser.parse_args()
    server = GitServer(options.user, options.tls, options.ssh, options.read_only)
    try:
        server.start()
        for name in options.repo:
            server.repo(name)
        serve_until_stdin_closes({"http": server.http, "ca": server.ca, "ssh": server.ssh, "ssh_key": server.ssh_key,
                                  "known_hosts": server.known_hosts, "folder": server.folder.path, "bare": server.bare})
    finally:
        server.close()


if __name__ == "__main__":
    main()
