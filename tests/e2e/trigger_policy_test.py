"""Policies without a webhook: polls, what decides the version, promotion from stage to stage, schedules."""

import json

import pytest
from rig.processes import wait_until
from rig.registry import Registry
from rig.releases import binding, digests, release, shop, wait_runs
from rig.site import manifest


@pytest.fixture(scope="module")
def registry():
    registry = Registry()
    try:
        yield registry.start()
    finally:
        registry.close()


def policy(name="shop-image", poll="500ms", **config):
    return manifest("Trigger", name, {"registry": {"pollInterval": poll, **config}})


def runs(site, name, digest):
    return digests(site, name) == [digest]


def resolved(site, name):
    return site.daemon.workload(name)["status"]["resolved"]


def test_a_poll_finds_what_was_pushed(site, registry):
    first = release(site, registry, "1.0.0", "polled")
    site.up({"w.yaml": shop("polled", registry, repository="polled"),
             "t.yaml": policy(tagPolicy={"semver": ">=1.0.0 <2.0.0"}),
             "b.yaml": binding("auto", "shop-image", "polled")}, "polled")
    site.daemon.wait_for(lambda: resolved(site, "polled")["setBy"] == "binding/auto", "the binding to decide")
    before = site.identity("polled")
    assert runs(site, "polled", first)
    site.settle()
    assert site.identity("polled") == before, "what runs already was replaced"

    second = release(site, registry, "1.1.0", "polled")
    release(site, registry, "2.0.0", "polled")
    wait_runs(site, "polled", second)
    assert resolved(site, "polled") == {"tag": "1.1.0", "digest": second, "setBy": "binding/auto"}
    site.settle()

    # Neither without the cache nor without the trigger does anything happen to what runs.
    before = site.identity("polled")
    site.daemon.sigterm()
    for path in site.cache_files():
        open(path, "w").close()
    site.daemon.start()
    site.daemon.wait_ready("polled")
    site.settle()
    assert site.identity("polled") == before


def test_the_manifest_taking_over_the_version_replaces_nothing(site, registry):
    release(site, registry, "1.0.0", "taken")
    site.up({"w.yaml": shop("taken", registry, repository="taken"), "t.yaml": policy(tagPolicy={"glob": "*"}),
             "b.yaml": binding("auto", "shop-image", "taken")}, "taken")
    second = release(site, registry, "1.1.0", "taken")
    wait_runs(site, "taken", second)
    before = site.identity("taken")
    site.change({"w.yaml": shop("taken", registry, "1.1.0", repository="taken")}, "taken")
    site.change({}, "taken", rm=["b.yaml", "t.yaml"])
    site.daemon.wait_for(lambda: resolved(site, "taken")["setBy"] == "manifest", "the manifest to decide")
    site.settle()
    assert site.identity("taken") == before


def test_what_was_rolled_back_stays_back_until_a_newer_one_comes(site, registry):
    first = release(site, registry, "1.0.0", "back")
    site.up({"w.yaml": shop("back", registry, repository="back"), "t.yaml": policy(tagPolicy={"semver": "1.x"}),
             "b.yaml": binding("auto", "shop-image", "back")}, "back")
    second = release(site, registry, "1.1.0", "back")
    wait_runs(site, "back", second)
    site.daemon.tfctl("rollback", "back")
    wait_runs(site, "back", first)
    site.daemon.tfctl("unpin", "back")
    site.settle()
    assert runs(site, "back", first), "the policy brought back what was rolled back"
    third = release(site, registry, "1.2.0", "back")
    wait_runs(site, "back", third)


def test_a_moving_tag_is_followed_by_its_digest(site, registry):
    first = release(site, registry, "stable", "moving")
    site.up({"w.yaml": shop("moving", registry, "stable", repository="moving"), "t.yaml": policy(),
             "b.yaml": binding("auto", "shop-image", "moving")}, "moving")
    assert runs(site, "moving", first)
    second = release(site, registry, "stable", "moving")
    assert second != first
    wait_runs(site, "moving", second)


def test_one_trigger_and_one_selector_keep_every_labelled_workload_current(site, registry):
    names = ["red", "green", "blue"]
    for name in names:
        release(site, registry, "1.0.0", name)
    files = {f"{name}.yaml": shop(name, registry, repository=name).replace('{"name"', '{"labels": {"keep": "current"}, "name"')
             for name in names}
    site.up({**files, "t.yaml": policy("all", tagPolicy={"semver": "1.x"}),
             "b.yaml": manifest("Binding", "all", {"trigger": "all", "workloadSelector": {"matchLabels": {"keep": "current"}}})},
            *names)
    for name in names:
        digest = release(site, registry, "1.3.0", name)
        wait_runs(site, name, digest)


def test_promotion_from_stage_to_stage_with_soak_and_approval(site, registry):
    release(site, registry, "1.0.0", "chain")
    files = {"dev.yaml": shop("dev", registry, repository="chain"),
             "staging.yaml": shop("staging", registry, repository="chain", parent="dev"),
             "prod.yaml": shop("prod", registry, repository="chain", parent="staging"),
             "t.yaml": policy("newest", tagPolicy={"semver": "1.x"}) +
             "---\n" + manifest("Trigger", "soak", {"promotion": {"soak": "2s"}}) +
             "---\n" + manifest("Trigger", "ask", {"promotion": {"soak": "1s", "approval": "Required"}}),
             "b.yaml": binding("dev", "newest", "dev") + "---\n" + binding("staging", "soak", "staging") +
             "---\n" + binding("prod", "ask", "prod")}
    site.up(files, "dev", "staging", "prod")
    second = release(site, registry, "1.1.0", "chain")
    wait_runs(site, "dev", second)
    wait_runs(site, "staging", second)

    def asks():
        return "waits for approval" in site.daemon.tfctl("describe", "binding", "prod").out
    site.daemon.wait_for(asks, "prod to wait for approval")
    assert not runs(site, "prod", second)
    site.daemon.tfctl("approve", "promotion", "prod")
    wait_runs(site, "prod", second)

    third = release(site, registry, "1.2.0", "chain")
    wait_runs(site, "dev", third)
    wait_runs(site, "staging", third)
    site.daemon.tfctl("promote", "prod")
    wait_runs(site, "prod", third)


def test_a_schedule_restarts_and_refreshes(site, registry):
    first = release(site, registry, "stable", "timed")
    site.up({"w.yaml": shop("timed", registry, "stable", repository="timed"),
             "t.yaml": manifest("Trigger", "leap", {"schedule": {"cron": "0 0 29 2 *", "action": "Restart"}}),
             "b.yaml": binding("timed", "leap", "timed")}, "timed")
    before = site.identity("timed")
    site.daemon.tfctl("fire", "leap", "--wait=60s")
    fired = site.identity("timed")
    assert fired != before and runs(site, "timed", first)
    site.settle()

    site.change({"t.yaml": manifest("Trigger", "leap", {"schedule": {"cron": "* * * * *", "action": "Restart"}})})
    site.daemon.wait_for(lambda: site.identity("timed") != fired, "the minute to restart timed", 90)
    wait_runs(site, "timed", first)


def test_deploy_by_hand_holds_until_the_manifest_is_edited(site, registry):
    first = release(site, registry, "1.0.0", "hand")
    second = release(site, registry, "1.1.0", "hand")
    third = release(site, registry, "1.2.0", "hand")
    site.up({"w.yaml": shop("hand", registry, repository="hand")}, "hand")
    assert runs(site, "hand", first)
    site.daemon.tfctl("deploy", "hand", "1.1.0")
    wait_runs(site, "hand", second)
    assert resolved(site, "hand")["setBy"] == "deploy"
    refused = site.daemon.tfctl("deploy", "hand", "9.9.9", check=False)
    assert refused.code == 1 and "9.9.9" in refused.err
    site.change({"w.yaml": shop("hand", registry, "1.2.0", repository="hand")}, "hand")
    wait_runs(site, "hand", third)
    before = site.identity("hand")
    site.daemon.tfctl("deploy", "hand")
    site.daemon.wait_for(lambda: site.identity("hand") != before, "hand to be made anew")


def test_a_registry_that_is_down_takes_nothing_back(site):
    own = Registry().start()
    try:
        release(site, own, "1.0.0")
        second = release(site, own, "1.1.0")
        site.up({"w.yaml": shop("shop", own), "t.yaml": policy(tagPolicy={"semver": "1.x"}),
                 "b.yaml": binding("auto", "shop-image", "shop")}, "shop")
        wait_runs(site, "shop", second)
        before = site.identity("shop")
        own.stop()

        def said():
            conditions = json.loads(site.daemon.tfctl("get", "binding", "auto", "-o", "json").out)["status"]["conditions"]
            return any(c["type"] == "Ready" and c["status"] == "False" and own.address in c["message"] for c in conditions)
        wait_until(said, 30, "the binding to say what is wrong")
        site.daemon.restart()
        site.daemon.wait_ready("shop")
        site.settle()
        assert site.identity("shop") == before
    finally:
        own.close()
