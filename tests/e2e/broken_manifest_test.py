"""A mistake in one file harms that file's objects only."""

import pytest

from rig.site import env, workload

_BROKEN = """apiVersion: tinyforge.dev/v1
kind: Workload
metadata: {name: three}
spec:
  source:
    image: {repository: tinyforge-test/sleeper, tag: "1"}
  replicass: 2
"""


def ten(**spec):
    return {f"apps/w{number}.yaml": workload(f"w{number}", **spec) for number in range(10)}


def test_one_broken_file_among_ten_nine_are_applied_none_deleted_and_the_error_has_its_line(site):
    names = [f"w{number}" for number in range(10)]
    site.up(ten(), *names)
    before = site.identity("w3")
    files = {**ten(env=env(COLOUR="blue")), "apps/w3.yaml": _BROKEN.replace("three", "w3")}
    site.change(files)
    others = [name for name in names if name != "w3"]
    site.daemon.wait_for(lambda: all("COLOUR" in site.environment(name) for name in others), "nine to be applied", 120)
    site.daemon.wait_ready(*others)
    site.settle()
    assert site.identity("w3") == before
    assert len([container for container in site.containers() if container["State"]["Running"]]) == 10
    shown = site.daemon.tfctl("get", "repository").out + site.daemon.tfctl("get", "repository", "-o", "json").out
    assert "apps/w3.yaml:7" in shown
    assert "replicass" in shown


@pytest.mark.parametrize("content", ["kind: [", "\xff\xfe".encode("latin-1"), "a: &x [*x, *x]\n", "[" * 100_000, ""],
                         ids=["unclosed", "not-utf8", "alias", "deep", "emptied"])
def test_a_file_that_held_a_manifest_and_cannot_be_read_any_more_deletes_nothing(site, content):
    site.up({"shop.yaml": workload("shop"), "other.yaml": workload("other")}, "shop", "other")
    before = site.identity("shop", "other")
    site.change({"shop.yaml": content, "third.yaml": workload("third")}, "third")
    site.settle()
    assert site.identity("shop", "other") == before
    assert "shop.yaml" in site.daemon.tfctl("get", "repository", "-o", "json").out
    site.daemon.restart()
    site.daemon.wait_ready("third")
    site.settle()
    assert site.identity("shop", "other") == before


def test_what_cannot_be_read_any_more_is_repaired_as_before_also_after_a_restart(site):
    site.up({"shop.yaml": workload("shop"), "other.yaml": workload("other")}, "shop", "other")
    site.change({"shop.yaml": "kind: [", "third.yaml": workload("third")}, "third")
    site.daemon.restart()
    site.daemon.wait_ready("shop", "other", "third")
    before = site.identity("other", "third")
    site.engine.remove("shop")
    site.daemon.wait_for(lambda: site.running("shop"), "shop to be made again", 30)
    assert site.identity("other", "third") == before


def test_a_branch_that_cannot_be_used_at_all_leaves_all_as_it_was_also_after_a_restart(site):
    site.daemon.flags["path"] = "hosts"
    site.up({"hosts/shop.yaml": workload("shop")}, "shop")
    site.repo.commit({"notes.txt": "moved\n"}, rm=["hosts/shop.yaml"])
    site.daemon.wait_for(lambda: "TreeUnusable" in site.daemon.tfctl("get", "repository", "-o", "json").out, "the sync to fail", 30)
    site.daemon.restart()
    site.engine.remove("shop")
    site.daemon.wait_for(lambda: site.running("shop"), "shop to be made again", 30)


def test_a_repaired_file_applies_and_its_error_goes(site):
    head = site.repo.commit({"shop.yaml": _BROKEN.replace("three", "shop"), "other.yaml": workload("other")})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("other")
    assert not site.engine.exists("shop")
    site.change({"shop.yaml": workload("shop")}, "shop")
    assert "replicass" not in site.daemon.tfctl("get", "repository", "-o", "json").out


def test_a_commit_that_removes_nearly_all_waits_for_approval(site):
    names = [f"w{number}" for number in range(10)]
    site.up(ten(), *names)
    before = site.identity(*names)
    head = site.change({}, rm=[f"apps/w{number}.yaml" for number in range(1, 10)])
    site.settle()
    assert site.identity(*names) == before
    shown = site.daemon.tfctl("get", "repository", "-o", "json").out
    assert all(name in shown for name in names[1:])
    site.daemon.tfctl("approve", "deletions", head)
    site.daemon.wait_for(lambda: len(site.containers()) == 1, "nine to go", 120)
    assert site.identity("w0")["w0"] == before["w0"]
