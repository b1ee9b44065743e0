"""What the world owes is waited for: told with what is missing, what runs is left alone, and it goes on by itself."""

import contextlib
import socket
import subprocess

from rig.processes import wait_until
from rig.site import env, workload

PORT = 8301


def web(name="web", port=None, **spec):
    ports = [{"container": 80, "host": port}] if port else []
    return workload(name, "tinyforge-test/httpd:1", **({"ports": ports} if ports else {}), **spec)


@contextlib.contextmanager
def process_on(port):
    """Another program of the host listens there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


@contextlib.contextmanager
def foreign_container_on(site, port):
    """A container of somebody else publishes it."""
    body = {"ExposedPorts": {"80/tcp": {}},
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}}}
    site.engine.run("squatter", "tinyforge-test/httpd:1", **body)
    yield
    site.engine.remove("squatter")


def answers(port):
    done = subprocess.run(["curl", "-s", "-m", "2", f"http://127.0.0.1:{port}/"], capture_output=True, text=True)
    return done.stdout == "hello\n"


def waits(site, name, *words):
    """Whether its Ready is False, it is neither failed nor stalled, and the message has these words."""
    ready = site.daemon.condition(name) or {}
    stalled = (site.daemon.condition(name, "Stalled") or {}).get("status")
    return ready.get("status") == "False" and ready.get("reason") != "RolloutFailed" and stalled != "True" and \
        all(word in ready["message"] for word in words)


def wait_waits(site, name, *words):
    site.daemon.wait_for(lambda: waits(site, name, *words), f"{name} to wait, saying {words}")


def test_a_first_start_waits_for_a_port_that_a_process_holds(site):
    with process_on(PORT):
        site.repo.commit({"web.yaml": web(port=PORT), "other.yaml": web("other")})
        site.daemon.start()
        site.daemon.wait_ready("other")
        wait_waits(site, "web", str(PORT))
        before = site.identity("other")
    site.daemon.wait_ready("web", timeout=45)
    assert answers(PORT)
    assert site.identity("other") == before
    assert len(site.containers("web")) == 1


def test_a_first_start_waits_for_a_port_that_a_foreign_container_holds(site):
    with foreign_container_on(site, PORT):
        site.repo.commit({"web.yaml": web(port=PORT)})
        site.daemon.start()
        wait_waits(site, "web", str(PORT))
        squatter = site.identity("squatter")
        site.wait_resyncs(2)
        assert site.identity("squatter") == squatter
    site.daemon.wait_ready("web", timeout=45)
    assert answers(PORT)


def test_an_update_to_a_held_port_keeps_the_old_version(site):
    """Both ways into it: from no port, where the two might have run side by side, and from one port to another."""
    site.up({"plain.yaml": web("plain"), "web.yaml": web(port=PORT)}, "plain", "web")
    with process_on(PORT + 1), foreign_container_on(site, PORT + 2):
        old = {name: site.engine.inspect(name)["Id"] for name in ("plain", "web")}
        site.repo.commit({"plain.yaml": web("plain", port=PORT + 1), "web.yaml": web(port=PORT + 2)})
        wait_waits(site, "plain", str(PORT + 1), "old version")
        wait_waits(site, "web", str(PORT + 2), "old version")
        wait_until(lambda: all(site.engine.inspect(container)["State"]["Running"] for container in old.values()), 10,
                   "the old ones to be up")
        before = site.identity("plain", "web")
        assert {name: seen[0] for name, seen in before.items()} == old
        wait_until(lambda: answers(PORT), 10, "the old version to answer")
        site.settle()
        assert site.identity("plain", "web") == before


def test_an_update_waits_while_what_it_depends_on_crashes(site):
    dies = ["sh", "-c", "trap 'exit 0' TERM; until [ -e /tmp/die ]; do sleep 0.1; done; exit 9"]
    site.up({"db.yaml": workload("db", command=dies), "app.yaml": workload("app", dependsOn=["db"])}, "db", "app")
    site.engine.exec("db", "touch", "/tmp/die")
    site.daemon.wait_for(lambda: (site.daemon.condition("db") or {}).get("reason") == "CrashLoopBackOff", "db to crash", 30)
    before = site.identity("app")
    site.repo.commit({"app.yaml": workload("app", dependsOn=["db"], env=env(A="1"))})
    wait_waits(site, "app", "waiting for db")
    site.wait_resyncs(2)
    assert site.identity("app") == before
    site.repo.commit({"db.yaml": workload("db")})
    site.daemon.wait_for(lambda: site.environment("app").get("A") == "1", "the update", 30)
    site.daemon.wait_ready("db", "app")


def test_a_missing_external_network_is_named_and_joined_when_it_comes(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    joined = {"shop.yaml": workload("shop", networks=[{"name": "proxy", "external": True}])}
    site.repo.commit(joined)
    wait_waits(site, "shop", "proxy")
    site.wait_resyncs(2)
    assert site.identity("shop") == before
    site.engine.call("POST", "/networks/create", {"Name": "proxy"})
    site.daemon.wait_for(lambda: "proxy" in site.engine.inspect("shop")["NetworkSettings"]["Networks"], "the network", 45)
    site.daemon.wait_ready("shop")


def test_a_volume_that_another_workload_writes_is_waited_for(site):
    volumes = [{"scope": "Named", "source": "shared-data", "target": "/data"}]
    site.engine.call("POST", "/volumes/create", {"Name": "shared-data"})
    others = {f"o{number}.yaml": workload(f"other{number}") for number in range(3)}
    site.up({"first.yaml": workload("first", volumes=volumes), **others}, "first")
    site.repo.commit({"second.yaml": workload("second", volumes=volumes)})
    wait_waits(site, "second", "first", "shared-data")
    before = site.identity("first")
    site.wait_resyncs(2)
    assert site.identity("first") == before
    assert not site.running("second")
    site.repo.commit(rm=["first.yaml"])
    site.daemon.wait_ready("second", timeout=30)
