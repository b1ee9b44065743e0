"""Deletions: small ones go at once, large ones wait for a person, whatever made them large."""

import json
import os

from rig.processes import wait_until
from rig.site import workload

SLOW = ["sh", "-c", "trap 'sleep 3; exit 0' TERM; while :; do sleep 1; done"]
DAY = 24 * 3600 * 1000


def some(*numbers, **spec):
    return {f"apps/w{number}.yaml": workload(f"w{number}", **spec) for number in numbers}


def files(*numbers):
    return [f"apps/w{number}.yaml" for number in numbers]


def names(*numbers):
    return [f"w{number}" for number in numbers]


def there(site):
    """The workloads that have containers."""
    return {container["Config"]["Labels"]["tinyforge.workload.id"] for container in site.containers()}


def pending(site):
    """What the repository says waits for approval; empty: nothing does."""
    for condition in site.daemon.repository().get("conditions", []):
        if condition["type"] == "DeletionsPending" and condition["status"] == "True":
            return condition["message"]
    return ""


def wait_pending(site, *which):
    site.daemon.wait_for(lambda: all(name in pending(site) for name in which), f"{which} to wait for approval")


def wait_gone(site, *which):
    wait_until(lambda: not there(site) & set(which), 30, lambda: f"{which} to go; there are {there(site)}")


def lose_the_cache(site):
    for path in site.cache_files():
        os.unlink(path)


def ledger_path(site):
    return os.path.join(site.daemon.state_dir, "facts", "_deletions.json")


def test_six_of_ten_wait_and_an_approval_releases_those_that_were_shown_and_no_later_ones(site):
    slow = some(4, command=SLOW, stopGracePeriod="20s")
    site.up({**some(*range(10)), **slow}, *names(*range(10)))
    before = site.identity(*names(*range(10)))
    first = site.change({}, rm=files(4, 5, 6, 7, 8, 9))
    wait_pending(site, *names(4, 5, 6, 7, 8, 9))
    shown = site.daemon.tfctl("get", "repository").out
    assert all(name in shown for name in names(4, 5, 6, 7, 8, 9)), shown
    assert f"tfctl approve deletions {first}" in shown
    site.settle()
    assert site.identity(*names(*range(10))) == before

    second = site.change({}, rm=files(3))
    refused = site.daemon.tfctl("approve", "deletions", first, check=False)
    assert refused.code == 1 and second[:7] in refused.err, "what is shown now is not what was looked at"
    wait_pending(site, "w3", f"tfctl approve deletions {second}")
    site.settle()
    assert site.identity(*names(*range(10))) == before

    site.daemon.tfctl("approve", "deletions", second)
    third = site.change({}, rm=files(0, 1, 2))  # w4 is still on its way down
    wait_gone(site, *names(3, 4, 5, 6, 7, 8, 9))
    wait_pending(site, *names(0, 1, 2), f"tfctl approve deletions {third}")
    site.settle()
    assert site.identity(*names(0, 1, 2)) == {name: before[name] for name in names(0, 1, 2)}
    assert "w3" not in pending(site)
    site.change(some(0, 1, 2))
    site.daemon.wait_for(lambda: not pending(site), "nothing to wait any more")
    assert site.identity(*names(0, 1, 2)) == {name: before[name] for name in names(0, 1, 2)}


def test_an_approval_outlives_a_crash_and_a_lost_cache(site):
    numbers = range(1, 8)
    site.up({**some(0), **some(*numbers, command=SLOW, stopGracePeriod="20s")}, *names(*range(8)))
    before = site.identity("w0")
    head = site.change({}, rm=files(*numbers))
    wait_pending(site, *names(*numbers))
    site.daemon.tfctl("approve", "deletions", head)
    site.daemon.kill9()
    assert there(site) == set(names(*range(8))), "the crash comes before the end"
    lose_the_cache(site)
    site.daemon.start()
    wait_gone(site, *names(*numbers))
    assert site.identity("w0") == before
    assert site.daemon.logs().count("large deletion held back") == 1, "nobody is asked again"


def test_an_emptied_repository_and_a_mass_move_delete_nothing(site):
    site.up({**some(*range(4)), "README": "not empty"}, *names(*range(4)))
    before = site.identity(*names(*range(4)))
    moved = {path.replace("apps/", "hosts/web/"): content for path, content in some(*range(4)).items()}
    site.change(moved, *names(*range(4)), rm=["apps"])
    assert not pending(site)
    site.change({}, rm=["hosts"])
    wait_pending(site, *names(*range(4)))
    site.settle()
    assert site.identity(*names(*range(4))) == before
    site.daemon.sigterm()
    lose_the_cache(site)
    site.daemon.start()
    wait_pending(site, *names(*range(4)))
    site.settle()
    assert site.identity(*names(*range(4))) == before


def test_a_sub_path_that_is_not_there_deletes_nothing_and_is_named(site):
    site.daemon.flags["path"] = "hosts/web"
    site.up({"hosts/web/w1.yaml": workload("w1"), "hosts/web/w2.yaml": workload("w2"), "hosts/db/db.yaml": workload("db")},
            "w1", "w2")
    before = site.identity("w1", "w2")

    def told(path):
        ready = next(c for c in site.daemon.repository()["conditions"] if c["type"] == "Ready")
        return ready["status"] == "False" and path in ready["message"]

    site.daemon.sigterm()
    site.daemon.flags["path"] = "hosts/wbe"
    site.daemon.start()
    site.daemon.wait_for(lambda: told("hosts/wbe"), "the folder to be named")
    site.settle()
    assert site.identity("w1", "w2") == before
    site.daemon.sigterm()
    site.daemon.flags["path"] = "hosts/web"
    site.daemon.start()
    site.daemon.wait_ready("w1", "w2")
    site.repo.commit(rm=["hosts/web"])
    site.daemon.wait_for(lambda: told("hosts/web"), "the folder that went to be named")
    site.settle()
    assert site.identity("w1", "w2") == before


def test_another_hosts_sub_path_by_mistake_deletes_nothing(site):
    site.daemon.flags["path"] = "hosts/web"
    site.up({"hosts/web/w1.yaml": workload("w1"), "hosts/web/w2.yaml": workload("w2"), "hosts/db/db.yaml": workload("db")},
            "w1", "w2")
    before = site.identity("w1", "w2")
    site.daemon.sigterm()
    site.daemon.flags["path"] = "hosts/db"
    site.daemon.start()
    site.daemon.wait_ready("db")
    site.settle()
    assert site.identity("w1", "w2") == before


def test_up_to_three_containers_or_thirty_percent_go_at_once(site):
    site.up({**some(0, replicas=10), **some(1, 2, 3, 4)}, *names(*range(5)))
    before = site.identity("w0", "w0-10")
    site.change({}, rm=files(1, 2, 3, 4))  # 4 of 14 containers
    wait_gone(site, *names(1, 2, 3, 4))
    assert not pending(site)
    assert site.identity("w0", "w0-10") == before


def test_little_by_little_counts_as_one_over_a_day_and_over_restarts(site):
    site.up(some(*range(8)), *names(*range(8)))
    site.change({}, rm=files(7))
    wait_gone(site, "w7")
    site.change({}, rm=files(5, 6))
    wait_gone(site, "w5", "w6")
    site.daemon.sigterm()
    lose_the_cache(site)
    site.repo.commit(rm=files(4))  # the fourth of eight within a day
    site.daemon.start()
    wait_pending(site, "w4")
    site.settle()
    assert there(site) == set(names(*range(5)))
    # A day later the budget is whole again.
    site.daemon.sigterm()
    with open(ledger_path(site)) as kept:
        ledger = json.load(kept)
    assert sum(entry["containers"] for entry in ledger["released"]) == 3
    for entry in ledger["released"]:
        entry["atMilliseconds"] -= DAY
    with open(ledger_path(site), "w") as kept:
        json.dump(ledger, kept)
    site.daemon.start()
    wait_gone(site, "w4")
    assert not pending(site)


def test_what_shall_be_orphaned_goes_on_running_and_is_reported(site):
    site.up({**some(*range(4)), **some(4, deletionPolicy="Orphan")}, *names(*range(5)))
    before = site.identity("w4")
    site.change({}, rm=files(4))
    site.daemon.wait_for(lambda: site.daemon.workload("w4") is None, "the workload to be gone")
    site.settle()
    listed = next(line for line in site.daemon.tfctl("get", "containers", "-o", "wide").out.splitlines() if "w4" in line)
    assert "orphan" in listed, listed
    site.daemon.sigterm()
    lose_the_cache(site)
    site.daemon.start()
    site.daemon.wait_ready(*names(*range(4)))
    site.settle()
    assert site.identity("w4") == before
    site.change(some(4, deletionPolicy="Orphan"), "w4")
    assert site.identity("w4") == before, "said again, it is the same"
