"""Every invariant of the judge is silent on a good observation and names what is wrong in a bad one."""

import copy

import pytest

from judge import judge, watcher

_IMAGE = {"app:1": {"Id": "sha256:app", "Env": {"PATH=/bin"}}}
_SHOP = judge.Promise("shop", "app:1", replicas=2, env={"N": "1"}, memory=64 << 20, strategy="BlueGreen", healthy_after=0.3)


def container(name, workload="shop", instance="i", replica=1, running=True, policy="always", **config):
    return {"Id": "id-" + name, "Name": "/" + name, "Image": config.get("image", "sha256:app"), "RestartCount": 0,
            "Config": {"Env": config.get("env", ["PATH=/bin", "N=1"]),
                       "Labels": {judge.INSTANCE: instance, judge.WORKLOAD: workload, judge.REPLICA: str(replica)}},
            "HostConfig": {"Memory": config.get("memory", 64 << 20), "RestartPolicy": {"Name": policy}},
            "State": {"Running": running, "Status": "running", "StartedAt": "then", "Paused": config.get("paused", False)},
            "NetworkSettings": {"Networks": {"tinyforge": {}}}, "Mounts": config.get("mounts", [])}


def world(*containers, **parts):
    return judge.World(list(containers), images=_IMAGE, **parts)


def both():
    return [container("shop"), container("shop-2", replica=2)]


def record():
    return container("shop-x7", replica=1, running=False, policy="no")


def exact(*containers, failing=(), promise=_SHOP):
    return list(judge.exact({"shop": promise}, world(*containers), "i", failing))


def only(violations, *words):
    """One violation that says all of the words."""
    violations = list(violations)
    assert len(violations) == 1 and all(word in violations[0] for word in words), violations


def test_exactly_the_promised_containers_are_no_violation():
    assert exact(*both()) == []
    assert exact(*both(), record(), failing={"shop"}) == []
    assert exact(*both(), container("other", instance="j"), container("hand-made", instance="")) == []


@pytest.mark.parametrize("containers,word", [
    ([], "run where"),
    (both()[:1], "run where"),
    (both() + [container("shop-3", replica=3)], "run where"),
    (both() + [container("shop-again")], "run where"),
    ([container("shop"), container("shop-2-new", replica=2)], "run where"),
    ([both()[0], container("shop-2", env=["PATH=/bin", "N=0"])], "environment"),
    ([both()[0], container("shop-2", env=["PATH=/bin", "N=1", "OLD=1"])], "environment"),
    ([both()[0], container("shop-2", image="sha256:old")], "image"),
    ([both()[0], container("shop-2", memory=0)], "memory"),
    ([both()[0], container("shop-2", paused=True)], "state"),
    (both() + [record()], "left over"),
    (both() + [container("gone", workload="gone")], "no manifest names"),
])
def test_anything_but_the_promised_containers_is_named(containers, word):
    only(exact(*containers), "I5 exact", word)


def test_a_failed_release_leaves_one_record_that_no_reboot_starts():
    only(exact(*both(), failing={"shop"}), "no record")
    only(exact(*both(), record(), container("shop-x8", running=False, policy="no"), failing={"shop"}), "left over")
    only(exact(*both(), container("shop-x7", running=False), failing={"shop"}), "restart policy no")


def test_files_are_compared_by_content(tmp_path):
    (tmp_path / "motd").write_text("old")
    mounts = [{"Destination": "/etc/motd", "Source": str(tmp_path / "motd")}]
    promise = judge.Promise("shop", "app:1", env={"N": "1"}, memory=64 << 20, files={"/etc/motd": "new"})
    only(exact(container("shop", mounts=mounts), promise=promise), "file /etc/motd", "'old'")
    (tmp_path / "motd").write_text("new")
    assert exact(container("shop", mounts=mounts), promise=promise) == []
    only(exact(container("shop"), promise=promise), "file /etc/motd")


@pytest.mark.parametrize("change", [
    lambda c: c.update(Name="/renamed"), lambda c: c["State"].update(Running=False), lambda c: c["State"].update(StartedAt="now"),
    lambda c: c.update(RestartCount=1), lambda c: c["NetworkSettings"].update(Networks={}), lambda c: c.update(Id="another")])
@pytest.mark.parametrize("invariant,owner", [
    (lambda b, a: judge.foreign_untouched(b, a, "i"), ""),
    (lambda b, a: judge.unconcerned_untouched(b, a, "i", ["shop"]), "i"),
    (lambda b, a: judge.static_while_away(b, a, "i", {"shop"}), "i")])
def test_a_touched_container_is_named(invariant, owner, change):
    before = container("shop", instance=owner)
    after = copy.deepcopy(before)
    assert list(invariant(world(before), world(after))) == []
    change(after)
    only(invariant(world(before), world(after)), "shop")
    only(invariant(world(before), world()), "shop")


def test_a_removed_volume_or_network_is_named():
    before = world(volumes={"data", "more"}, networks={"tinyforge", "theirs"})
    assert list(judge.volumes_kept(before, world(volumes={"data", "more", "new"}))) == []
    only(judge.volumes_kept(before, world(volumes={"more"})), "I3", "data")
    assert list(judge.networks_kept(before, world(networks={"theirs"}), own={"tinyforge"})) == []
    only(judge.networks_kept(before, world(networks={"tinyforge"}), own={"tinyforge"}), "I3", "theirs")


def test_a_mutating_call_while_settled_is_named():
    assert list(judge.fixpoint([])) == []
    only(judge.fixpoint(["POST /containers/x/start"]), "I4", "/containers/x/start")


def test_too_late_and_never_are_named():
    assert list(judge.in_time("it", 4.9, 5)) == []
    only(judge.in_time("it", 5.1, 5), "I5", "5.1 s")
    only(judge.in_time("it", None, 5), "for ever")


def test_false_success_and_false_failure_are_named():
    promised = {"shop": _SHOP}
    assert list(judge.honest(promised, {"shop": ("True", "Ready")})) == []
    assert list(judge.honest(promised, {"shop": ("False", "RolloutFailed")}, failing={"shop"})) == []
    only(judge.honest(promised, {"shop": ("True", "Ready")}, failing={"shop"}), "cannot run")
    only(judge.honest(promised, {"shop": ("False", "RolloutFailed")}), "runs as promised")
    only(judge.honest(promised, {}), "None")


def test_a_broken_tree_that_deletes_is_named():
    assert list(judge.broken_deletes_nothing(world(*both()), world(), "i", broken=False)) == []
    assert list(judge.broken_deletes_nothing(world(*both()), world(*both()[:1]), "i", broken=True)) == []
    only(judge.broken_deletes_nothing(world(*both()), world(), "i", broken=True), "I6", "shop")


@pytest.mark.parametrize("change,word", [
    ({"memory_kib": 65 << 10}, "memory"), ({"descriptors": 1000}, "descriptors"), ({"threads": 100}, "threads"),
    ({"leftovers": [".tmp-1"] * 9}, "temporary files")])
def test_a_growing_process_is_named(change, word):
    good = judge.Process(memory_kib=20 << 10, descriptors=30, threads=12, leftovers=[])
    assert list(judge.bounded(good)) == []
    only(judge.bounded(judge.dataclasses.replace(good, **change)), "I9", word)


def test_manifests_are_read_as_promises():
    spec = {"source": {"image": {"repository": "app", "tag": "1"}}, "replicas": 2, "resources": {"memory": "64Mi"},
            "env": [{"name": "N", "value": "1"}], "rollout": {"strategy": "BlueGreen", "healthyAfter": "300ms"}}
    document = {"apiVersion": "tinyforge.dev/v1", "kind": "Workload", "metadata": {"name": "shop"}, "spec": spec}
    assert judge.promises_of(document) == [_SHOP]
    spec["volumes"] = [{"scope": "Stage", "source": "data", "target": "/data"}]
    assert judge.promises_of(document)[0].exclusive
    spec["volumes"][0]["shared"] = True
    assert not judge.promises_of(document)[0].exclusive
    assert judge.promises_of({**document, "kind": "Trigger"}) == []
    spec["files"] = [{"target": "/a", "content": "x"}, {"target": "/b", "secret": {"name": "s", "key": "k"}}]
    assert judge.promises_of(document, {("s", "k"): "value"})[0].files == {"/a": "x", "/b": "value"}
    assert judge.Promise("a", "app:1", replicas=2).names() == ["tf-a", "tf-a-2"]


def test_a_project_promises_each_service():
    text = """{services: {db: {image: "db:1", volumes: ["d:/d"]},
                          web: {image: "web:1", environment: {N: "1"}, deploy: {replicas: 2}, x-started: /log/started}}}"""
    document = {"kind": "Workload", "metadata": {"name": "shop"}, "spec": {"source": {"compose": {"inline": text}}}}
    db, web = judge.promises_of(document)
    assert (db.key, db.names(), db.exclusive) == ("shop/db", ["shop-db-1"], True)
    assert (web.key, web.names(), web.side_by_side) == ("shop/web", ["shop-web-1", "shop-web-2"], True)
    assert (web.env, web.started) == ({"N": "1"}, "/log/started")


def test_each_service_is_judged_by_itself(tmp_path):
    (tmp_path / "started").write_text("host-of-web\n")
    db = judge.dataclasses.replace(_SHOP, service="db", replicas=1)
    web = judge.dataclasses.replace(db, service="web", started="/log/started")
    runs = {"db": container("shop-db-1"),
            "web": container("shop-web-1", mounts=[{"Destination": "/log", "Source": str(tmp_path)}])}
    for role, one in runs.items():
        one["Config"].update(Hostname=f"host-of-{role}")
        one["Config"]["Labels"][judge.ROLE] = role
    promised = {db.key: db, web.key: web}
    assert list(judge.exact(promised, world(*runs.values()), "i")) == []
    only(judge.exact({db.key: db}, world(*runs.values()), "i"), "no manifest names")
    gone = {web.key: judge.dataclasses.replace(web, ended="/log/ended")}
    only(judge.drained(gone, world(*runs.values()), world(runs["db"]), "i"), "shop-web-1", "its pre_stop has not run")
    (tmp_path / "ended").write_text("host-of-web\n")
    assert list(judge.drained(gone, world(*runs.values()), world(runs["db"]), "i")) == []
    runs["web"]["Config"]["Hostname"] = "another"
    only(judge.exact(promised, world(*runs.values()), "i"), "shop/web", "its post_start has not run")


# --- every moment ---

def event(time, action, name, replica=1):
    return watcher.Event(time, "container", action, "id-" + name, "i", "shop", replica, name)


def replay(*events, initial=("old",)):
    return watcher.Replay(world(*[container(name) for name in initial]), "i", "shop", events)


def handover(*, created=1, started=2, died=3, destroyed=4):
    moments = [event(created, "create", "new"), event(started, "start", "new"), event(died, "die", "old"),
               event(destroyed, "destroy", "old")]
    return sorted(moments, key=lambda moment: moment.time)


def test_a_handover_in_order_is_no_violation():
    assert list(watcher.never_fewer(replay(*handover()), 1, 0.3)) == []
    assert list(watcher.created_first(replay(*handover()), 1)) == []
    assert list(watcher.never_together(replay(*handover(died=1.5)))) == []


def test_an_old_one_that_ends_before_the_new_one_can_serve_is_named():
    only(watcher.never_fewer(replay(*handover(died=1.5)), 1, 0.3), "I2 never_fewer", "old")
    only(watcher.never_fewer(replay(*handover(died=2.1)), 1, 0.3), "I2 never_fewer", "old")
    only(watcher.never_fewer(replay(event(1, "pause", "old")), 1, 0.3), "old")


def test_a_candidate_that_ends_young_leaves_no_fewer():
    assert list(watcher.never_fewer(replay(event(1, "start", "new"), event(1.05, "die", "new")), 1, 0.3)) == []


def test_two_at_once_on_the_same_data_are_named():
    only(watcher.never_together(replay(*handover())), "I2 never_together", "new")


def test_an_old_one_that_ends_or_goes_before_its_successor_is_named():
    only(watcher.created_first(replay(*handover(created=3.5, started=3.6)), 1), "I2 created_first", "ended")
    only(watcher.created_first(replay(*handover(started=5)), 1), "I2 created_first", "removed")
    other_replica = [event(1, "create", "new", 2), event(3, "die", "old")]
    only(watcher.created_first(replay(*other_replica), 1), "ended")
    assert list(watcher.created_first(replay(event(3, "die", "old"), event(4, "destroy", "old")), 0)) == []


def test_a_volume_or_foreign_network_that_goes_meanwhile_is_named():
    gone = [watcher.Event(1, "volume", "destroy", "data"), watcher.Event(1, "network", "destroy", "n", name="tinyforge")]
    only(watcher.foreign_resources_kept(gone, own_networks={"tinyforge"}), "I3", "data")
    only(watcher.foreign_resources_kept(gone[1:]), "tinyforge")


def test_an_image_that_is_gone_or_left_over_is_named():
    assert list(judge.images_retained({"r/shop:2"}, {"r/shop:2"})) == []
    only(judge.images_retained(set(), {"r/shop:2"}), "I10 images_retained", "r/shop:2 is gone")
    only(judge.images_retained({"r/shop:1", "r/shop:2"}, {"r/shop:2"}), "r/shop:1 is left over")
