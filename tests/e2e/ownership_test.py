"""What is not ours is reported and never touched."""

import json

import pytest

from rig.processes import wait_until
from rig.site import INSTANCE, WORKLOAD, env, workload

_HOST = {"HostConfig": {"RestartPolicy": {"Name": "no"}}}


def untouched(site, name, before):
    """No call of tinyforged names the container, and it runs as before."""
    assert site.identity(name) == before
    container = before[name][0]
    assert not [call for call in site.proxy.mutating() if container[:12] in call], site.proxy.mutating()


def shown(site, *arguments):
    return site.daemon.tfctl(*arguments).out


def test_a_foreign_container_with_the_wanted_name_blocks_is_named_and_stays(site):
    site.engine.run("shop", "tinyforge-test/sleeper:2", Labels={"someone": "else"}, **_HOST)
    before = site.identity("shop")
    head = site.repo.commit({"shop.yaml": workload("shop"), "other.yaml": workload("other")})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("other")
    site.daemon.wait_for(lambda: (site.daemon.condition("shop") or {}).get("status") == "False", "shop not to be Ready")
    message = site.daemon.condition("shop")["message"]
    assert "shop" in message and (before["shop"][0][:12] in message or "not managed" in message or "foreign" in message), message
    site.wait_resyncs(3)
    untouched(site, "shop", before)
    site.engine.remove("shop")
    site.daemon.wait_ready("shop")


def forge(site, name):
    """A container made by another hand that carries all our labels but the image its label says."""
    labels = site.engine.inspect("shop")["Config"]["Labels"]
    site.engine.run(name, "tinyforge-test/sleeper:2", Labels=labels, **_HOST)


def clone(site, name):
    """`docker commit` copies the labels of the container into the image, and thus to whatever runs from it."""
    site.engine.commit("shop", "tinyforge-test/clone", "1")
    site.engine.run(name, "tinyforge-test/clone:1", **_HOST)


def instance_only(site, name):
    """Our instance's label alone, for a workload that no commit ever held."""
    site.engine.run(name, "tinyforge-test/sleeper:2", **_HOST,
                    Labels={INSTANCE: site.daemon.instance, WORKLOAD: "never-was", "tinyforge.managed": "true"})


@pytest.mark.parametrize("make", [forge, clone, instance_only], ids=lambda make: make.__name__)
def test_what_only_carries_our_labels_is_reported_and_untouched(site, make):
    site.up({"shop.yaml": workload("shop")}, "shop")
    ours = site.identity("shop")
    make(site, "lookalike")
    before = site.identity("lookalike")
    site.proxy.reset()
    site.wait_resyncs(4)
    site.daemon.wait_for(lambda: "lookalike" in shown(site, "get", "containers") + shown(site, "get", "events"), "the report")
    site.change({"shop.yaml": workload("shop", env=env(COLOUR="blue"))})
    site.daemon.wait_for(lambda: site.environment("shop").get("COLOUR") == "blue", "the update")
    site.daemon.wait_ready("shop")
    untouched(site, "lookalike", before)
    site.repo.commit({"last.yaml": workload("last")}, rm=["shop.yaml"])
    site.daemon.wait_ready("last")
    site.wait_resyncs(3)
    untouched(site, "lookalike", before)
    assert ours["shop"][0] != site.engine.inspect("lookalike")["Id"]


def test_a_foreign_network_and_volume_of_a_wanted_name_are_not_taken_over(site):
    site.dockerd.docker("network", "create", "front")
    network = site.engine.call("GET", "/networks/front")["Id"]
    head = site.repo.commit({"shop.yaml": workload("shop", networks=[{"name": "front"}]), "other.yaml": workload("other")})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("other")
    site.daemon.wait_for(lambda: "front" in (site.daemon.condition("shop") or {}).get("message", ""), "a message naming it")
    site.change({"shop.yaml": workload("shop", networks=[{"name": "front", "external": True}])}, "shop")
    site.repo.commit(rm=["shop.yaml"])
    site.daemon.wait_for(lambda: not site.engine.exists("shop"), "shop to go")
    site.settle()
    assert site.engine.call("GET", "/networks/front")["Id"] == network


def test_two_controllers_of_different_instances_share_a_host_without_touching_each_other(site):
    from rig.gitserver import Repo
    site.up({"shop.yaml": workload("shop")}, "shop")
    theirs = Repo(site.folder.path, "theirs")
    theirs.commit({"blog.yaml": workload("blog")})
    other = site.another(repo=theirs.bare).start()
    other.wait_ready("blog")
    before = site.identity("shop", "blog")
    site.settle()
    theirs.commit({"news.yaml": workload("news")})
    other.wait_ready("news")
    site.change({"cart.yaml": workload("cart")}, "cart")
    site.settle()
    assert site.identity("shop", "blog") == before
    assert "blog" not in json.dumps(site.daemon.get("/api/workloads"))
    assert "shop" not in json.dumps(other.get("/api/workloads"))


def test_a_second_controller_of_the_same_instance_waits_read_only_and_says_who_holds_the_lock(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    second = site.another(instance=site.daemon.instance)
    second.start(ready=False)
    second.wait_for(lambda: f"process {site.daemon.pid}" in second.logs(), "the second to name the holder")
    site.settle()
    assert site.identity("shop") == before
    site.daemon.kill9()
    site.repo.commit({"shop.yaml": workload("shop", env=env(COLOUR="blue"))})
    second.wait_ready("shop")
    second.wait_for(lambda: site.environment("shop").get("COLOUR") == "blue", "the second to take over")


def test_a_lock_does_not_outlive_a_kill(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    for _ in range(3):
        site.daemon.kill9()
        site.daemon.start()
        site.daemon.wait_ready("shop")
    assert site.identity("shop") == before


def test_a_second_controller_on_one_state_directory_ends_and_says_who_has_it(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    other = site.another(instance="another", state_dir=site.daemon.state_dir)
    other.start(ready=False)
    wait_until(lambda: not other.running(), 20, "the second one to end")
    said = other.logs()
    assert f"process {site.daemon.pid} " in said and "--state-dir" in said, said
    site.settle()
    assert site.identity("shop") == before
