"""Old images go from the host, and none that anybody would miss."""

import json
import os

import pytest
from rig.images import SLEEPER, import_busybox_image
from rig.processes import wait_until
from rig.registry import Registry
from rig.site import env, workload

ROLLOUT = {"healthyAfter": "300ms", "strategy": "Recreate"}  # no time for a drain


@pytest.fixture
def registry():
    registry = Registry()
    try:
        yield registry.start()
    finally:
        registry.close()


class Shop:
    """Releases of an image that only the registry holds, and what the host has of them."""

    def __init__(self, site, registry, name="shop"):
        self.site, self.registry, self.repository = site, registry, f"{registry.address}/{name}"
        self.ids = {}

    def push(self, *tags, content=""):
        """Another image for each tag, and for other content."""
        for tag in tags:
            reference = f"{self.repository}:{tag}"
            self.ids[tag] = import_busybox_image(self.site.engine, reference, SLEEPER, marker=reference + content)
            self.site.dockerd.docker("push", "-q", reference)
            self.site.dockerd.docker("rmi", reference)

    def workload(self, name, tag, **spec):
        rollout = {**ROLLOUT, **spec.pop("rollout", {})}
        return {name + ".yaml": workload(name, f"{self.repository}:{tag}", rollout=rollout, **spec)}

    def present(self):
        """The tags whose image the host has, by whatever name."""
        held = {image["Id"] for image in self.site.engine.call("GET", "/images/json", all=1)}
        return sorted(tag for tag, image in self.ids.items() if image in held)

    def wait_present(self, *tags, timeout=30):
        wait_until(lambda: self.present() == sorted(tags), timeout,
                   lambda: f"the images {tags}; there are {self.present()}\n{self.site.report()}")


def events(site, reason, name="shop"):
    items = json.loads(site.daemon.tfctl("events", "-o", "json").out)["items"]
    return [item["message"] for item in items if item["reason"] == reason and item["object"] == "workload/" + name]


def superseded(site, name="shop"):
    for item in json.loads(site.daemon.tfctl("get", "facts", "-o", "json").out)["items"]:
        if item["metadata"]["name"] == name:
            return item["status"].get("superseded", [])
    return []


def releases(site, shop, *tags, **spec):
    """One release after the other."""
    shop.push(*tags)
    for number, tag in enumerate(tags):
        files = shop.workload("shop", tag, **spec)
        site.up(files, "shop") if number == 0 else site.change(files, "shop")


def releases_after(site, shop, *tags, **spec):
    shop.push(*tags)
    for tag in tags:
        site.change(shop.workload("shop", tag, **{"rollout": {"retain": 1}, **spec}), "shop")


def test_five_releases_leave_those_to_retain_and_a_rollback_needs_no_registry(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1", "2", "3", "4", "5", rollout={"retain": 2, "strategy": "BlueGreen"})
    shop.wait_present("4", "5")
    wait_until(lambda: len(events(site, "ImagePruned")) == 3, 10, "three events")
    pruned = events(site, "ImagePruned")
    assert all("not among the last 2 good releases" in message for message in pruned)
    assert any(f"{shop.repository}:1 (" in message for message in pruned)
    assert superseded(site) == []
    site.settle()
    assert shop.present() == ["4", "5"]
    registry.stop()
    site.daemon.tfctl("rollback", "shop")
    wait_until(lambda: site.engine.inspect("shop")["Image"] == shop.ids["4"], 30, "version 4 to run")
    site.daemon.wait_ready("shop")
    site.daemon.tfctl("unpin", "shop")
    wait_until(lambda: site.engine.inspect("shop")["Image"] == shop.ids["5"], 30, "version 5 to run")
    site.daemon.wait_ready("shop")
    assert shop.present() == ["4", "5"]
    assert len(json.loads(site.daemon.tfctl("get", "rollouts", "shop", "-o", "json").out)["items"]) == 7


def test_what_a_foreign_container_uses_stays_until_it_is_gone(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1", rollout={"retain": 1})
    site.engine.create("foreign", shop.ids["1"])  # not even running
    releases_after(site, shop, "2")
    site.daemon.wait_for(lambda: any("container foreign" in m for m in events(site, "ImageKept")), "it to be told")
    assert "container foreign is made from it" in superseded(site)[0]["kept"]
    assert "container foreign is made from it" in site.daemon.tfctl("describe", "workload", "shop").out
    site.settle()
    assert shop.present() == ["1", "2"] and site.daemon.ready("shop")
    site.daemon.restart()
    site.settle()
    assert shop.present() == ["1", "2"]
    site.engine.remove("foreign")
    shop.wait_present("2")
    site.daemon.wait_for(lambda: superseded(site) == [], "nothing to be left")


def test_what_another_workload_may_go_back_to_stays_until_it_may_no_more(site, registry):
    shop = Shop(site, registry)
    shop.push("1")
    site.up({**shop.workload("shop", "1", rollout={"retain": 1}), **shop.workload("other", "1")}, "shop", "other")
    releases_after(site, shop, "2")
    site.change(shop.workload("other", "2"), "other")
    site.daemon.wait_for(lambda: superseded(site), "it to be remembered")
    site.settle()
    assert shop.present() == ["1", "2"]
    assert "workload/other may go back to it" in superseded(site)[0]["kept"] or "container" in superseded(site)[0]["kept"]
    site.change(shop.workload("other", "2", rollout={"retain": 1}), "other")
    shop.wait_present("2")


def test_what_was_made_or_named_by_hand_stays(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1", rollout={"retain": 1})
    site.engine.tag(shop.ids["1"], "backup/shop", "keep")
    releases_after(site, shop, "2")
    site.daemon.wait_for(lambda: any("backup/shop:keep" in m for m in events(site, "ImageKept")), "it to be told")
    site.engine.tag(shop.ids["2"], shop.repository, "also")  # a name of the same repository counts as well
    by_hand = {"shop.yaml": workload("shop", "tinyforge-test/sleeper:1", rollout={**ROLLOUT, "retain": 1})}
    site.change(by_hand, "shop")
    site.change({"shop.yaml": by_hand["shop.yaml"].replace("sleeper", "httpd")}, "shop")
    site.daemon.wait_for(lambda: any("came from no registry" in m for m in events(site, "ImageKept")), "it to be told")
    site.settle()
    assert shop.present() == ["1", "2"]
    assert site.engine.image("tinyforge-test/sleeper:1")["Id"]
    assert f"{shop.repository}:1" in site.engine.image(shop.ids["1"])["RepoTags"], "what stays keeps all its names"


def test_a_removed_workloads_images_go_and_what_others_need_stays(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1", "2", "3")
    site.change({"other.yaml": workload("other")}, "other")
    site.change({**shop.workload("third", "2"), "fourth.yaml": workload("fourth")}, "third", "fourth")
    assert shop.present() == ["1", "2", "3"]
    site.repo.commit({}, rm=["shop.yaml"])
    shop.wait_present("2")
    wait_until(lambda: len(events(site, "ImagePruned")) == 2, 10, "two events")
    assert all("its workload was removed" in message for message in events(site, "ImagePruned"))
    site.daemon.restart()
    site.settle()
    assert shop.present() == ["2"]


def test_a_failed_releases_image_goes_after_the_next_success(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1")
    shop.push("2", "3")
    site.repo.commit(shop.workload("shop", "2", command=["sh", "-c", "exit 3"]))
    site.daemon.wait_for(lambda: site.daemon.condition("shop")["reason"] == "RolloutFailed", "the verdict")
    site.settle()
    assert shop.present() == ["1", "2"]
    site.change(shop.workload("shop", "3"), "shop")
    shop.wait_present("1", "3")
    assert any("its release never ran well" in message for message in events(site, "ImagePruned"))


def test_a_moved_tag_leaves_the_image_before_it_to_be_pruned(site, registry):
    shop = Shop(site, registry)
    image = {"source": {"image": {"repository": shop.repository, "tag": "latest", "pullPolicy": "Always"}}}
    for number in ("a", "b", "c"):
        shop.push("latest", content=number)
        shop.ids[number] = shop.ids.pop("latest")
        files = {"shop.yaml": workload("shop", rollout={**ROLLOUT, "retain": 2}, env=env(N=number), **image)}
        site.up(files, "shop") if number == "a" else site.change(files, "shop")
    shop.wait_present("b", "c")
    assert f"{shop.repository}:latest" in site.engine.image(shop.ids["c"])["RepoTags"]


def test_suspended_or_without_facts_or_read_only_nothing_is_pruned(site, registry):
    shop = Shop(site, registry)
    releases(site, shop, "1", "2")
    second = site.another(instance=site.daemon.instance)
    second.start()
    site.daemon.tfctl("suspend", "shop")
    head = site.repo.commit(shop.workload("shop", "2", rollout={"retain": 1}))
    for daemon in (site.daemon, second):
        daemon.wait_revision(head)
    site.settle()
    assert shop.present() == ["1", "2"]
    second.sigterm()
    site.daemon.sigterm()
    os.unlink(os.path.join(site.daemon.state_dir, "facts", "shop.json"))
    site.daemon.start()
    site.daemon.wait_ready("shop")
    shop.push("3")
    site.change(shop.workload("shop", "3", rollout={"retain": 1}), "shop")
    shop.wait_present("1", "3")  # of version 1 nothing was known any more


def test_killed_anywhere_around_the_removal_nothing_else_goes(site, registry):
    shop = Shop(site, registry)
    rollout = {"retain": 1, "strategy": "BlueGreen"}
    releases(site, shop, "1", rollout=rollout)
    for number in range(2, 5):
        shop.push(str(number))
        head = site.repo.commit(shop.workload("shop", str(number), rollout=rollout))
        site.daemon.wait_for(lambda: site.engine.inspect("shop")["Image"] == shop.ids[str(number)], f"version {number}")
        site.daemon.kill9()
        for path in site.cache_files():
            os.unlink(path)
        site.daemon.start()
        site.daemon.wait_revision(head)
        site.daemon.wait_ready("shop")
        shop.wait_present(str(number))
