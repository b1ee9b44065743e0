"""The Engine dies, comes late or hangs; tinyforged dies with it or was never there."""

import pytest

from rig.processes import wait_until
from rig.site import env, manifest, workload


def all_back(site, *names):
    """Every container runs, and there is one of each."""
    site.daemon.wait_ready(*names)
    site.settle()
    for name in names:
        assert len(site.containers(name)) == 1, name
        assert site.engine.inspect(name)["State"]["Running"]


def three(**spec):
    return {f"{name}.yaml": workload(name, **spec) for name in ("one", "two", "three")}


@pytest.mark.parametrize("restart", ["Always", "OnFailure"])
def test_an_engine_killed_and_started_again_has_everything_back_once(site, restart):
    # An engine that comes back ends what it finds running; with OnFailure, who then exits with 0 counts as done.
    ended_by_signal = ["sh", "-c", "trap 'exit 143' TERM; while :; do sleep 3600 & wait $!; done"]
    site.up({**three(restart=restart, command=ended_by_signal), "web.yaml": workload("web", "tinyforge-test/httpd:1", ports=[{"container": 80, "host": 8401}])},
            "one", "two", "three", "web")
    ids = {name: identity[0] for name, identity in site.identity("one", "two", "three", "web").items()}
    site.dockerd.kill9()
    site.daemon.wait_for(lambda: site.daemon.http("/healthz")[0] == 200, "tinyforged to live on")
    site.dockerd.start()
    wait_until(lambda: all(site.engine.inspect(name)["State"]["Running"] for name in ids), 60, "all to run")
    all_back(site, *ids)
    assert {name: identity[0] for name, identity in site.identity(*ids).items()} == ids


def test_an_engine_killed_during_an_update_ends_with_the_new_version_once(site):
    site.up(three(env=env(N="0")), "one", "two", "three")
    for number in (1, 2):
        site.proxy.reset()
        site.repo.commit(three(env=env(N=str(number))))
        wait_until(lambda: len(site.proxy.mutating()) >= 2 * number, 30, "the update to be under way")
        site.dockerd.kill9()
        site.dockerd.start()
        site.daemon.wait_for(lambda: all(site.engine.exists(name) and site.environment(name)["N"] == str(number)
                                         for name in ("one", "two", "three")), "the new version", 120)
        all_back(site, "one", "two", "three")


def test_a_live_restored_engine_changes_nothing(site):
    site.dockerd.stop()
    site.dockerd.start(live_restore=True)
    try:
        site.up(three(), "one", "two", "three")
        before = site.identity("one", "two", "three")
        site.dockerd.kill9()
        site.dockerd.start()
        all_back(site, "one", "two", "three")
        assert site.identity("one", "two", "three") == before
    finally:
        site.dockerd.remove_containers()
        site.dockerd.stop()
        site.dockerd.start(live_restore=False)


def test_a_socket_missing_at_boot_is_waited_for(site):
    site.proxy.stop()
    site.repo.commit(three())
    site.daemon.start()
    assert site.daemon.http("/healthz")[0] == 200
    site.daemon.wait_for(lambda: "cannot be read" in site.daemon.http("/readyz")[1], "readyz to say why it is not ready")
    site.daemon.wait_for(lambda: "cannot be read" in (site.daemon.condition("one") or {}).get("message", ""), "the reason")
    site.proxy.start()
    site.daemon.wait_ready("one", "two", "three")
    assert site.daemon.http("/readyz")[0] == 200


def test_a_cut_event_stream_loses_nothing(site):
    site.daemon.flags["resync_interval"] = "5m"
    site.up(three(), "one", "two", "three")
    for _ in range(3):
        site.proxy.cut()
        site.engine.remove("one")
        wait_until(lambda: site.engine.exists("one") and site.engine.inspect("one")["State"]["Running"], 30, "the repair")


def test_a_hung_engine_blocks_neither_the_api_nor_the_end(site):
    site.up(three(), "one", "two", "three")
    before = site.identity("one", "two", "three")
    site.dockerd.freeze()
    try:
        site.repo.commit({"one.yaml": workload("one", env=env(N="1"))})
        assert "one" in site.daemon.tfctl("get", "workloads").out
        assert site.daemon.http("/healthz")[0] == 200
        assert site.daemon.sigterm(timeout=12) == 0
    finally:
        site.dockerd.thaw()
    site.daemon.start()
    site.daemon.wait_for(lambda: site.environment("one").get("N") == "1", "the edit")
    site.daemon.wait_ready("one", "two", "three")
    after = site.identity("two", "three")
    assert after == {name: before[name] for name in ("two", "three")}


def test_a_reboot_with_the_controller_down_brings_workloads_with_secret_files_up_by_themselves(site):
    site.daemon.write_secret("shop/password", "value")
    site.up({"secret.yaml": manifest("Secret", "shop", {"fromFiles": {"password": "shop/password"}}),
             "shop.yaml": workload("shop", files=[{"target": "/run/password", "secret": {"name": "shop", "key": "password"}},
                                                  {"target": "/etc/shop", "from": "conf/"}]),
             "conf/a.txt": "a\n"}, "shop")
    identity = site.identity("shop")["shop"][0]
    site.daemon.sigterm()
    site.dockerd.restart()
    wait_until(lambda: site.engine.inspect("shop")["State"]["Running"], 30, "shop to run without the controller")
    assert site.engine.exec("shop", "cat", "/run/password")[1] == "value"
    assert site.engine.exec("shop", "cat", "/etc/shop/a.txt")[1].strip() == "a"
    site.proxy.reset()
    site.daemon.start()
    site.daemon.wait_ready("shop")
    site.wait_resyncs(2)
    assert site.proxy.mutating() == []
    assert site.engine.inspect("shop")["Id"] == identity
