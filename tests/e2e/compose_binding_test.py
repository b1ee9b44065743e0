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


def serving_image(site, service):
    """The id of the image that runs; None: nothing does."""
    name = f"shop-{service}-1"
    container = site.engine.inspect(name) if site.engine.exists(name) else None
    return container["Image"] if container and container["State"]["Running"] else None


def wait_serves(site, service, digest):
    site.daemon.wait_for(lambda: runs(site, service, digest), f"{service} to run {digest}", 40)


def wait_runs(site, service, digest):
    wait_serves(site, service, digest)
    site.daemon.wait_ready("shop")


def service_of(site, name):
    """What the status of the workload says of one of its services."""
    return {service["name"]: service for service in site.daemon.workload("shop")["status"]["services"]}[name]


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


def test_a_version_that_fails_is_left_and_the_other_services_go_on(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": bound("api", "front"), **project(registry)}, "shop")
    good = site.engine.inspect("shop-front-1")["Image"]
    release(site, registry, "1.1.0", "front", base="tinyforge-test/crasher:1")
    second = release(site, registry, "1.1.0", "api")
    wait_serves(site, "api", second)
    site.daemon.wait_for(lambda: service_of(site, "front")["reason"] == "RolloutFailed", "front to fail", 40)
    site.daemon.wait_for(lambda: serving_image(site, "front") == good, "front to go back", 40)
    third = release(site, registry, "1.2.0", "front")
    wait_runs(site, "front", third)


def test_a_person_deploys_one_service(site, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    second = release(site, registry, "1.1.0", "api")
    site.up(project(registry), "shop")
    before = site.identity("shop-front-1")
    assert "shop/api goes to 1.1.0" in site.daemon.tfctl("deploy", "shop/api", "1.1.0").out
    wait_runs(site, "api", second)
    assert service_of(site, "api")["resolved"]["setBy"] == "deploy"
    assert site.identity("shop-front-1") == before
    refused = site.daemon.tfctl("deploy", "shop/web", "1.1.0", check=False)
    assert refused.code == 1 and "there are: api, front" in refused.err
