"""What is changed by another hand is put back, once, and the cause is on record."""

import pytest

from rig.engine import EngineError
from rig.processes import wait_until
from rig.site import env, workload

_LIMITS = {"memory": "64Mi", "cpus": "500m"}


@pytest.fixture
def shop(site):
    site.up({"shop.yaml": workload("shop", resources=_LIMITS), "other.yaml": workload("other")}, "shop", "other")
    site.settle()
    return site


def repaired(site, condition, what):
    """Waits for the repair, then for the peace after it; the other workload must not have been touched."""
    wait_until(condition, 30, what)
    site.daemon.wait_ready("shop")
    site.settle()
    assert len(site.containers("shop")) == 1
    return site.daemon.tfctl("why", "shop").out + site.daemon.tfctl("describe", "workload", "shop").out


def test_a_removed_container_comes_back(shop):
    before = shop.identity("shop", "other")
    shop.engine.remove("shop")
    story = repaired(shop, lambda: shop.engine.inspect("shop")["State"]["Running"], "the container")
    after = shop.identity("shop", "other")
    assert after["shop"][0] != before["shop"][0] and after["other"] == before["other"]
    assert "missing" in story.lower() or "removed" in story.lower() or "gone" in story.lower()


def test_a_stopped_container_is_started_again(shop):
    before = shop.identity("shop")["shop"][0]
    shop.engine.stop("shop")
    repaired(shop, lambda: shop.engine.inspect("shop")["State"]["Running"], "the container to run")
    assert shop.identity("shop")["shop"][0] == before


def test_a_killed_container_runs_again(shop):
    shop.engine.kill("shop")
    repaired(shop, lambda: shop.engine.inspect("shop")["State"]["Running"], "the container to run")


def test_a_paused_container_does_not_stay_paused(shop):
    shop.dockerd.docker("pause", "shop")
    wait_until(lambda: any(not container["State"]["Paused"] for container in shop.running("shop")), 30, "one that runs")


def test_a_renamed_container_gets_its_name_back(shop):
    before = shop.identity("shop")
    shop.engine.rename("shop", "elsewhere")
    repaired(shop, lambda: shop.engine.exists("shop") and not shop.engine.exists("elsewhere"), "the old name")
    assert shop.identity("shop") == before


def test_changed_limits_are_set_back_in_place(shop):
    before = shop.identity("shop")
    shop.engine.update("shop", Memory=128 << 20, MemorySwap=256 << 20, NanoCpus=900_000_000)
    host = lambda: shop.engine.inspect("shop")["HostConfig"]  # noqa: E731
    story = repaired(shop, lambda: (host()["Memory"], host()["NanoCpus"]) == (64 << 20, 500_000_000), "the old limits")
    assert shop.identity("shop") == before
    assert "memory" in story.lower()


def test_a_changed_restart_policy_is_set_back_in_place(shop):
    before = shop.identity("shop")
    shop.engine.update("shop", RestartPolicy={"Name": "no"})
    repaired(shop, lambda: shop.engine.inspect("shop")["HostConfig"]["RestartPolicy"]["Name"] == "always", "the old policy")
    assert shop.identity("shop") == before


def test_a_disconnected_network_is_connected_again(shop):
    before = shop.identity("shop")
    shop.engine.disconnect("shop", "tinyforge")
    repaired(shop, lambda: "tinyforge" in shop.engine.inspect("shop")["NetworkSettings"]["Networks"], "the network")
    assert shop.identity("shop") == before
    assert shop.engine.exec("other", "ping", "-c", "1", "-W", "2", "shop")[0] == 0


def test_an_alias_lost_by_reconnecting_comes_back(shop):
    shop.engine.disconnect("shop", "tinyforge")
    try:
        shop.engine.connect("shop", "tinyforge")
    except EngineError as error:  # tinyforged was quicker
        assert error.status == 403
    repaired(shop, lambda: shop.engine.exec("other", "ping", "-c", "1", "-W", "2", "shop")[0] == 0, "the alias to answer")


def test_a_container_in_a_crash_loop_of_its_own_is_reported_not_recreated(site):
    head = site.repo.commit({"boom.yaml": workload("boom", "tinyforge-test/crasher:1"), "other.yaml": workload("other")})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("other")
    site.daemon.wait_for(lambda: (site.daemon.condition("boom") or {}).get("status") == "False", "boom not to be Ready")
    site.wait_resyncs(5)
    creates = [call for call in site.proxy.mutating() if call.startswith("POST /containers/create") and "boom" in call]
    assert len(creates) <= 2, creates


def test_a_moved_tag_on_the_host_changes_nothing(site):
    site.engine.tag("tinyforge-test/sleeper:1", "tinyforge-test/moving", "1")
    site.up({"shop.yaml": workload("shop", "tinyforge-test/moving:1")}, "shop")
    before = site.identity("shop")
    site.engine.tag("tinyforge-test/sleeper:2", "tinyforge-test/moving", "1")
    site.settle()
    site.wait_resyncs(3)
    site.change({"unrelated.txt": "x"})
    site.daemon.restart()
    site.settle()
    assert site.identity("shop") == before


def test_what_the_engine_and_the_image_add_is_no_drift(site):
    site.up({"shop.yaml": workload("shop", "tinyforge-test/httpd:1", env=env(B="2", A="1"), tty=True, init=True,
                                   ports=[{"container": 80}], user="0:0", workingDir="/tmp", shmSize="32Mi",
                                   capabilities={"drop": ["NET_RAW"]}, extraHosts=["db:10.9.8.7"], dns=["192.0.2.53"],
                                   ulimits=[{"name": "nofile", "soft": 1024, "hard": 2048}],
                                   volumes=[{"scope": "Ephemeral", "target": "/scratch"}],
                                   logging={"driver": "json-file", "options": {"max-size": "1m"}})}, "shop")
    before = site.identity("shop")
    site.settle()
    site.daemon.restart()
    site.settle()
    assert site.identity("shop") == before
