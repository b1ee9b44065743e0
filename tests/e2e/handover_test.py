"""Handover: a fixed host port goes from one container to the other, which was proven before."""

import threading
import urllib.request

import pytest
from rig.processes import free_port, wait_until
from rig.site import env, workload

HEALTH = {"http": {"path": "/", "port": 80}, "interval": "1s", "timeout": "1s", "retries": 2}
STAGE = "tinyforge-handover"


@pytest.fixture
def port():
    return free_port()


def web(port, version, **spec):
    return {"web.yaml": workload("web", "tinyforge-test/httpd:1", healthcheck=HEALTH, env=env(GREETING=version),
                                 ports=[{"container": 80, "host": port}],
                                 rollout={"strategy": "Handover", "deadline": "1m"}, **spec)}


def ask(port):
    """What answers at the port of this host; None: nothing does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return answer.read().decode().strip()
    except OSError:
        return None


class Asker:
    """Asks again and again and keeps the answers in order."""

    def __init__(self, port):
        self._end, self.answers = threading.Event(), []
        self._thread = threading.Thread(target=self._run, args=(port,))

    def _run(self, port):
        while not self._end.is_set():
            self.answers.append(ask(port))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def test_the_new_one_is_proven_aside_and_takes_the_port_over(site, port):
    site.up(web(port, "one"), "web")
    first = site.identity("web")["web"][0]
    site.proxy.reset()
    with Asker(port) as asker:
        site.change(web(port, "two"), "web")
        wait_until(lambda: len(site.containers("web")) == 1, 20, "the old one to go")
    assert site.identity("web")["web"][0] != first
    answered = [answer for answer in asker.answers if answer]
    assert answered == sorted(answered), "first the old one, then the new one, never back"
    assert {"one", "two"} == set(answered)
    calls = site.proxy.mutating()
    takes = next(i for i, call in enumerate(calls) if "/networks/tinyforge/connect" in call)
    stops = next(i for i, call in enumerate(calls) if "/stop" in call)
    assert takes < stops, "nothing was stopped before the new one had the port"
    assert list(site.engine.inspect("web")["NetworkSettings"]["Networks"]) == ["tinyforge"]
    assert site.engine.call("GET", f"/networks/{STAGE}")["Internal"]
    site.settle()


def test_a_bad_release_never_touches_the_port(site, port):
    site.up(web(port, "one"), "web")
    before = site.identity("web")
    with Asker(port) as asker:
        site.repo.commit(web(port, "two", command=["sh", "-c", "sleep 1; exit 3"]))
        site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "RolloutFailed", "the verdict", 30)
    assert set(asker.answers) == {"one"}
    assert site.identity("web") == before
    site.change(web(port, "three"), "web")
    assert ask(port) == "three"


def test_the_port_survives_a_restart_of_the_engine_and_of_the_container(site, port):
    site.up(web(port, "one"), "web")
    site.change(web(port, "two"), "web")
    site.engine.raw("POST", "/containers/web/restart", t=1)
    wait_until(lambda: ask(port) == "two", 20, "the port after a restart of the container")
    site.dockerd.kill9()
    site.dockerd.start()
    wait_until(lambda: ask(port) == "two", 30, "the port after a crash of the Engine")
    site.daemon.wait_ready("web")


def test_killed_in_the_middle_it_goes_on(site, port):
    site.up(web(port, "one"), "web")
    site.repo.commit(web(port, "two"))
    wait_until(lambda: any(STAGE in container["NetworkSettings"]["Networks"] for container in site.running("web")), 20,
               "the new one to be staged")
    site.daemon.kill9()
    # As if it had died a moment later.
    site.engine.disconnect("web", "tinyforge")
    assert ask(port) is None
    site.daemon.start()
    wait_until(lambda: ask(port) is not None, 10, "one of the two to have the port")
    wait_until(lambda: ask(port) == "two", 20, "the new one to have the port")
    site.daemon.wait_ready("web")


def test_it_is_refused_where_it_cannot_be(site, port):
    site.repo.commit({**web(port, "one", volumes=[{"scope": "Stage", "source": "data", "target": "/data"}]),
                      "b.yaml": workload("no-port", rollout={"strategy": "Handover"})})
    site.daemon.start()
    out = site.daemon.tfctl("validate", site.repo.work, check=False).out
    assert "Handover needs two containers side by side, which read-write volume data excludes" in out
    assert "Handover passes host ports on, and this workload has none; expected BlueGreen" in out
