"""How long after an image was pushed a container of it runs, beside the same steps by hand."""

import statistics
import time

from bench.floor import again, create_and_start, started_at
from bench.run import Run
from bench.table import Row, milliseconds
from rig.processes import free_port, wait_until
from rig.registry import Registry
from rig.releases import binding, release, shop, trigger
from rig.site import manifest

_LONG = 60
_ALLOWED = 0.1  # seconds
_SECRET = "bench-" + "s" * 32


class Pushes:
    """A workload that follows a registry which tells its tinyforged of every push. Only the last request of a push, which
    gives the image its tag, is measured: the image lies in the registry, and is pulled from there."""

    def __init__(self, dockerd):
        port = free_port()
        self._registry = Registry(notify=f"http://127.0.0.1:{port}/api/webhook/triggers/{_SECRET}")
        self._run = Run(dockerd, listen=f"127.0.0.1:{port}")
        self._run.daemon.write_secret("hooks/hook", _SECRET)
        self.engine, self.dockerd = self._run.engine, dockerd  # as rig.releases wants a site
        self._number = 0

    def __enter__(self):
        self._registry.start()
        self._run.__enter__()
        self._release()
        self._registry.retag("shop", "next", "1.0.0")
        self._run.bring_up(self._manifests(), 1)
        self._run.all_ready(1)
        return self

    def __exit__(self, *exception):
        self._run.__exit__(*exception)
        self._registry.close()

    def _manifests(self):
        policy = {"pollInterval": "0s", "tagPolicy": {"semver": "1.x"}}
        secrets = {"fromFiles": {"hook": "hooks/hook"}}
        documents = [manifest("Secret", "hooks", secrets), trigger("images", webhook="hook", registry=policy),
                     binding("shop", "images", "shop"), shop("shop", self._registry)]
        return {"shop.yaml": "---\n".join(documents)}

    def _release(self):
        """The digest of a new image under the tag "next", which nobody follows. The Engine has nothing of it."""
        digest = release(self, self._registry, "next")
        self.dockerd.docker("rmi", "tinyforge-test/release:next")
        return digest

    def by_tinyforged(self):
        self._release()
        self._number += 1
        with self._run.starts() as starts:
            began = time.time()
            self._registry.retag("shop", "next", f"1.{self._number}.0")
            seconds = started_at(self.engine, *starts.wait(1, _LONG)) - began
        wait_until(lambda: len(self.engine.containers()) == 1, _LONG, "the old container to go", interval=0.5)
        self._run.all_ready(1)
        return seconds

    def by_hand(self):
        """Pull by digest, create, start; on one connection to the Engine."""
        digest = self._release()
        image = f"{self._registry.address}/shop@{digest}"
        path, body = again(self.engine.inspect("shop"))
        connection = self.engine.connection()
        began = time.time()
        self._registry.retag("shop", "next", f"hand-{digest[7:19]}")
        self.engine.raw("POST", "/images/create", connection=connection, fromImage=image)
        made = create_and_start(self.engine, (path, {**body, "Image": image}), connection)
        seconds = started_at(self.engine, made) - began
        connection.close()
        self.engine.remove(made)
        return seconds


def bench_push(dockerd, table, rounds):
    figures, floors = [], []
    with Pushes(dockerd) as pushes:
        for _ in range(rounds):
            floors.append(pushes.by_hand())
            figures.append(pushes.by_tinyforged())
    figure, floor = statistics.median(figures), statistics.median(floors)
    table.add(Row("image push -> new container running", milliseconds(figure), milliseconds(floor),
                  f"<= floor + {milliseconds(_ALLOWED)} ({milliseconds(floor + _ALLOWED)})", figure <= floor + _ALLOWED,
                  f"from the push's last request on; floor: pull by digest, create, start; median of {rounds}"))
