"""The engine of one C++ test: a private dockerd in a sandbox, and on request a registry beside it.

  python3 tests/integration/docker/engine_process.py [--registry [NAME:PASSWORD]]

prints {"socket", "folder", "registry"} on one line and ends when its standard input closes. Commands on standard input,
one a line, each answered by one line {"ok": true} or {"error": TEXT}: kill9, start, stop, freeze, thaw, and
"push LOCAL REMOTE", "docker ARGUMENTS…".
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

from rig import images, sandbox  # noqa: E402
from rig.dockerd import Dockerd  # noqa: E402
from rig.registry import Registry  # noqa: E402


def _push(dockerd, registry, local, remote):
    name = f"{registry.address}/{remote}"
    dockerd.docker("tag", local, name)
    dockerd.docker("push", "--quiet", name)
    dockerd.docker("rmi", name)


def _obey(dockerd, registry):
    plain = {"kill9": dockerd.kill9, "start": dockerd.start, "stop": dockerd.stop, "freeze": dockerd.freeze,
             "thaw": dockerd.thaw}
    for line in sys.stdin:
        words = line.split()
        answer = {"ok": True}
        try:
            if words[0] == "push":
                _push(dockerd, registry, *words[1:])
            elif words[0] == "docker":
                answer["output"] = dockerd.docker(*words[1:])
            else:
                plain[words[0]]()
        except Exception as error:  # the test decides what it means
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


def main():
    sandbox.enter()
    user = sys.argv[2] if len(sys.argv) > 2 else None
    registry = Registry(user) if "--registry" in sys.argv else None
    dockerd = Dockerd()
    os.environ["DOCKER_CONFIG"] = dockerd.folder.path
    try:
        dockerd.start()
        images.import_all(dockerd.engine)
        if registry:
            registry.start()
            if user:
                name, password = user.split(":", 1)
                dockerd.docker("login", "--username", name, "--password", password, registry.address)
        print(json.dumps({"socket": dockerd.socket, "folder": dockerd.folder.path,
                          "registry": registry.address if registry else ""}), flush=True)
        _obey(dockerd, registry)
    finally:
        dockerd.close()
        if registry:
            registry.close()


if __name__ == "__main__":
    main()
