"""Git triggers without a webhook: pushes that only a look at the repository finds, also those while nobody looked."""

import http.client
import json
import os
import random
import time

import pytest
from rig.gitserver import GitServer
from rig.processes import free_port
from rig.registry import Registry
from rig.releases import binding, digests, release, shop, trigger, wait_runs
from rig.site import manifest

HOOK = "h0ok-" + "a" * 32


@pytest.fixture(scope="module")
def registry():
    registry = Registry()
    try:
        yield registry.start()
    finally:
        registry.close()


@pytest.fixture
def server():
    server = GitServer()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def code(server):
    code = server.repo("code")
    code.commit({"main.c": "1"})
    return code


def watch(server, poll="300ms", webhook=None, **git):
    return trigger("code", webhook=webhook, git={"repository": f"{server.http}/code.git", "pollInterval": poll, **git})


def up(site, registry, server, **git):
    """A bound workload, once its trigger has looked at the repository. The digest that it runs."""
    digest = release(site, registry, "1.0.0")
    site.up({"w.yaml": shop("shop", registry), "t.yaml": watch(server, **git), "b.yaml": binding("code", "code", "shop")}, "shop")
    wait_seen(site)
    return digest


def seen(site):
    """What the polls saw last, as it is kept; None before the first."""
    try:
        with open(os.path.join(site.daemon.state_dir, "facts", "_refs.json")) as kept:
            found = json.load(kept)["seen"]
    except FileNotFoundError:
        return None
    return found[0]["refs"] if found else None


def wait_seen(site, commit=None):
    """Until there was a look, or one that saw this commit on main."""
    def looked():
        refs = seen(site)
        return refs is not None and (commit is None or refs["refs/heads/main"] == commit)
    site.daemon.wait_for(looked, f"a look at the repository, and {commit} there")


def push(site, registry, code, text):
    """A commit whose image is there already; its digest."""
    commit = code.commit({"main.c": text}, push=False)
    digest = release(site, registry, commit)
    code.push()
    return digest


def deliveries(site):
    return site.daemon.ctl_json("get", "deliveries")["items"]


def test_a_push_without_any_hook_reaches_the_bound_workload(site, registry, server, code):
    first = up(site, registry, server, branches=["main"], imageTag="GitSha")
    site.settle()
    assert digests(site, "shop") == [first], "the first look set off something"
    assert deliveries(site) == []

    second = push(site, registry, code, "2")
    wait_runs(site, "shop", second)
    assert site.daemon.workload("shop")["status"]["resolved"] == {"tag": code.head(), "digest": second, "setBy": "binding/code"}
    assert [d["status"]["cause"] for d in deliveries(site)] == ["poll"]

    # What is not watched moves without consequences.
    code.git("push", "-q", "origin", "HEAD:refs/heads/other", "HEAD:refs/tags/v1")
    ran = site.identity("shop")
    site.settle()
    assert site.identity("shop") == ran and len(deliveries(site)) == 1


def test_the_highest_new_tag_counts(site, registry, server, code):
    up(site, registry, server, tags="v*", imageTag="GitTag", poll="1s")
    tenth = release(site, registry, "v1.10.0")
    release(site, registry, "v1.9.0")
    for tag in ("v1.10.0", "v1.9.0"):
        code.git("tag", "-a", "-m", tag, tag)
    code.git("push", "-q", "origin", "v1.10.0", "v1.9.0")
    wait_runs(site, "shop", tenth)


def test_a_push_while_the_controller_was_down_is_found(site, registry, server, code):
    up(site, registry, server, branches=["main"], imageTag="GitSha")
    for stop in (site.daemon.sigterm, site.daemon.kill9):
        stop()
        digest = push(site, registry, code, f"while down {stop.__name__}")
        for path in site.cache_files():
            open(path, "w").close()
        site.daemon.start()
        wait_runs(site, "shop", digest)


def test_a_crash_in_the_middle_repeats_nothing(site, registry, server, code):
    up(site, registry, server, branches=["main"], imageTag="GitSha", poll="100ms")
    for number in range(5):
        digest = push(site, registry, code, f"crash {number}")
        time.sleep(random.uniform(0, 0.5))
        site.daemon.kill9()
        site.daemon.start()
        wait_runs(site, "shop", digest)
        wait_seen(site, commit=code.head())
        ran = site.identity("shop")
        site.settle()
        assert site.identity("shop") == ran
        assert len(deliveries(site)) == number + 1, deliveries(site)


def test_a_webhook_and_a_poll_of_one_push_are_one_delivery(site, registry, server, code):
    port = free_port()
    site.daemon.flags["listen"] = f"127.0.0.1:{port}"
    site.daemon.write_secret("hooks/hook", HOOK)
    release(site, registry, "1.0.0")
    site.up({"s.yaml": manifest("Secret", "hooks", {"fromFiles": {"hook": "hooks/hook"}}), "w.yaml": shop("shop", registry),
             "t.yaml": watch(server, webhook="hook", branches=["main"], imageTag="GitSha"),
             "b.yaml": binding("code", "code", "shop")}, "shop")
    wait_seen(site)

    def tell(commit):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", f"/api/webhook/triggers/{HOOK}?wait=30s",
                           json.dumps({"ref": "refs/heads/main", "after": commit, "repository": "git/code"}),
                           {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    found = push(site, registry, code, "found first")
    wait_runs(site, "shop", found)
    ran = site.identity("shop")
    tell(code.head())
    site.settle()
    assert site.identity("shop") == ran
    assert [d["status"]["counts"]["deployed"] for d in deliveries(site)] == [0, 1], "the webhook came late"

    # With looks far apart the webhook is first, and the look that comes with the next start finds nothing new.
    site.change({"t.yaml": watch(server, poll="1h", webhook="hook", branches=["main"], imageTag="GitSha")})
    time.sleep(1)
    told = push(site, registry, code, "told first")
    tell(code.head())
    wait_runs(site, "shop", told)
    wait_seen(site, commit=code.head())
    before = len(deliveries(site))
    site.daemon.restart()
    site.daemon.wait_ready("shop")
    site.settle()
    assert digests(site, "shop") == [told] and len(deliveries(site)) == before == 3


def test_fire_takes_what_the_repository_has_now(site, registry, server, code):
    head = release(site, registry, code.head())
    release(site, registry, "1.0.0")
    site.up({"w.yaml": shop("shop", registry), "t.yaml": watch(server, poll="0s", branches=["main"], imageTag="GitSha"),
             "b.yaml": binding("code", "code", "shop")}, "shop")
    site.daemon.tfctl("fire", "code", "--wait=30s")
    wait_runs(site, "shop", head)
    assert seen(site) is None, "webhooks only, and yet it was polled"


def test_what_cannot_be_polled_is_said(site, registry, server, code):
    release(site, registry, "1.0.0")
    site.up({"w.yaml": shop("shop", registry), "b.yaml": binding("code", "code", "shop"),
             "t.yaml": trigger("code", git={"repository": "acme/code", "branches": ["main"], "imageTag": "GitSha"})}, "shop")

    def ready():
        conditions = site.daemon.ctl_json("get", "trigger", "code")["status"]["conditions"]
        return next(c for c in conditions if c["type"] == "Ready")
    site.daemon.wait_for(lambda: "it is no URL" in ready()["message"], "the trigger to say so")
    assert ready()["status"] == "True"
    fired = site.daemon.tfctl("fire", "code", "--wait=30s", check=False)
    assert "write its URL into git.repository" in fired.out + fired.err

    # A server that is down is a condition, and mended by itself.
    server.stop_http()
    site.change({"t.yaml": watch(server, branches=["main"], imageTag="GitSha")})
    site.daemon.wait_for(lambda: ready()["reason"] == "SourceUnavailable", "the trigger to say what is wrong")
    server.start_http()
    site.daemon.wait_for(lambda: ready()["status"] == "True", "the trigger to be well again")
