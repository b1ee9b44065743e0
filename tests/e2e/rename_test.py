"""A workload that is renamed: with the annotation everything is kept, without it is another one."""

from rig.processes import wait_until
from rig.site import env, workload

RENAMED = {"tinyforge.dev/renamed-from": "shop"}
VOLUMES = [{"scope": "Stage", "source": "data", "target": "/data"},
           {"scope": "ProjectNamed", "source": "state", "target": "/state"}]


def renamed(name="store", **spec):
    return workload(name, volumes=VOLUMES, **spec).replace('"name": "%s"' % name,
                                                           '"name": "%s", "annotations": {"tinyforge.dev/renamed-from": "shop"}' % name)


def test_a_workload_that_says_what_it_was_called_keeps_containers_volumes_and_paths(site):
    site.up({"shop.yaml": workload("shop", volumes=VOLUMES)}, "shop")
    before = site.identity("shop")["shop"]
    site.engine.exec("shop", "sh", "-c", "echo precious > /data/file")
    site.change({"store.yaml": renamed()}, "store", rm=["shop.yaml"])
    assert site.identity("store")["store"] == before, "neither made anew nor restarted"
    assert not site.engine.exists("shop")
    wait_until(lambda: "store" in site.engine.inspect("store")["NetworkSettings"]["Networks"]["tinyforge"]["Aliases"], 20,
               "the alias")
    # An update of it finds the same data.
    site.change({"store.yaml": renamed(env=env(A="1"))}, "store")
    assert "precious" in site.engine.exec("store", "cat", "/data/file")[1]
    assert "store" in site.daemon.tfctl("get", "containers").out
    site.daemon.restart()
    site.daemon.wait_ready("store")
    site.engine.remove("store")
    site.daemon.wait_ready("store")
    wait_until(lambda: site.engine.exists("store"), 10, "the repair")
    # Removed, it goes.
    site.repo.commit({"other.yaml": workload("other")}, rm=["store.yaml"])
    site.daemon.wait_ready("other")
    wait_until(lambda: not site.containers("shop"), 30, "its containers to go")


def test_without_the_annotation_it_is_another_workload(site):
    others = {f"o{i}.yaml": workload(f"other{i}") for i in range(3)}
    site.up({"shop.yaml": workload("shop"), **others}, "shop", "other0", "other1", "other2")
    before = site.identity("shop")["shop"]
    site.change({"store.yaml": workload("store")}, "store", rm=["shop.yaml"])
    wait_until(lambda: not site.engine.exists("shop"), 30, "the old one to go")
    assert site.identity("store")["store"] != before


def test_two_that_claim_one_past_are_told_so(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.repo.commit({"store.yaml": renamed()})
    site.daemon.wait_for(lambda: "renamed-from" in (site.daemon.condition("store") or {}).get("message", ""), "the conflict")
    assert site.identity("shop") == before
