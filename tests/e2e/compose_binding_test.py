"""Bindings of services of a compose workload: a push replaces just the service it concerns, and a person can go back."""

import pytest
from rig.listener import SECRETS, Listener
from rig.registry import Registry
from rig.releases import binding, release, trigger
from rig.site import manifest


@pytest.fixture
def listener(site):
    return Listener(site)


@pytest.fixture
def registry(listener):
    """Tells the listener of every push."""
    registry = Registry(notify=listener.url())
    try:
        yield registry.start()
    finally:
        registry.close()


def project(registry):
    return {"shop.yaml": manifest("Workload", "shop", {"source": {"compose": {"file": "compose.yaml"}},
                                                       "rollout": {"healthyAfter": "300ms"}}),
            "compose.yaml": f"""
services:
  api:
    image: {registry.address}/api:1.0.0
    restart: always
  front:
    image: "{registry.address}/front:${{FRONT:-1.0.0}}"
    restart: always
"""}


def images(**config):
    return trigger("images", webhook="hook", registry={"pollInterval": "0s", "tagPolicy": {"semver": "1.x"}, **config})


def bound(*services):
    return "---\n".join(binding(service, "images", "shop", service=service) for service in services)


def runs(site, service, digest):
    name = f"shop-{service}-1"
    if not site.engine.exists(name):
        return False
    container = site.engine.inspect(name)
    return container["State"]["Running"] and container["Config"]["Image"].endswith(digest)


def wait_runs(site, service, digest):
    site.daemon.wait_for(lambda: runs(site, service, digest), f"{service} to run {digest}", 40)
    site.daemon.wait_ready("shop")


def test_a_push_replaces_just_the_service_that_it_concerns(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": bound("api", "front"), **project(registry)}, "shop")
    before = site.identity("shop-api-1", "shop-front-1")

    second = release(site, registry, "1.1.0", "front")
    wait_runs(site, "front", second)
    after = site.identity("shop-api-1", "shop-front-1")
    assert after["shop-api-1"] == before["shop-api-1"]
    assert after["shop-front-1"] != before["shop-front-1"]
    described = site.daemon.tfctl("describe", "workload", "shop").out
    assert "binding/front" in described and "1.1.0" in described
    assert "shop/front" in site.daemon.tfctl("describe", "binding", "front").out

    site.daemon.restart()  # what was decided outlives the controller
    site.daemon.wait_ready("shop")
    site.settle()
    assert site.identity("shop-api-1", "shop-front-1") == after


def test_a_person_takes_one_service_back(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": bound("front"), **project(registry)}, "shop")
    second = release(site, registry, "1.1.0", "front")
    wait_runs(site, "front", second)
    said = site.daemon.tfctl("rollback", "shop/front").out
    assert "shop/front goes back to 1.0.0" in said, said
    site.daemon.wait_for(lambda: not runs(site, "front", second), "the rollback", 40)
    site.daemon.wait_ready("shop")
    third = release(site, registry, "1.2.0", "front")
    site.daemon.tfctl("unpin", "shop/front")
    wait_runs(site, "front", third)


def test_a_binding_without_a_service_says_which_there_are(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": binding("b", "images", "shop"), **project(registry)}, "shop")
    site.daemon.wait_for(lambda: "its services are api, front" in site.daemon.tfctl("describe", "binding", "b").out,
                         "the condition")
