"""Bindings of services of a compose workload: a push replaces just the service it concerns, and a person can go back."""

import os

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


def runs(site, service, digest, workload="shop"):
    name = f"{workload}-{service}-1"
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


def wait_runs(site, service, digest, workload="shop"):
    site.daemon.wait_for(lambda: runs(site, service, digest, workload), f"{service} to run {digest}", 40)
    site.daemon.wait_ready(workload)


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


def written_back(site, path, *texts):
    """Waits until the repository says this; what the file says then."""
    def there():
        site.repo.git("pull", "-q", "origin", "main")
        text = open(os.path.join(site.repo.work, path), newline="").read()
        return text if all(part in text for part in texts) else None
    return site.daemon.wait_for(there, f"the write-back to {path}", 40)


def commits_back(*services):
    return "---\n".join(binding(service, "images", "shop", service=service, writeBack={"mode": "Commit"})
                        for service in services)


def test_what_runs_is_written_where_its_version_stands(site, listener, registry):
    """In the line of a compose file, in a variable of .env, and in the default of a variable; by one commit each."""
    for service in ("api", "front", "jobs"):
        release(site, registry, "1.0.0", service)
    compose = f"""# The shop.\r
services:\r
  api:\r
    image: "{registry.address}/api:1.0.0"   # by Tinyforge\r
  front: {{image: '{registry.address}/front:${{FRONT}}'}}\r
  jobs: {{image: '{registry.address}/jobs:${{JOBS:-1.0.0}}'}}\r
"""
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": commits_back("api", "front", "jobs"),
             **project(registry), "compose.yaml": compose, ".env": "# Versions\nFRONT='1.0.0' # of the shop\n"}, "shop")
    head = site.repo.head()
    digests = {service: release(site, registry, "1.1.0", service) for service in ("api", "front", "jobs")}
    for service, digest in digests.items():
        wait_runs(site, service, digest)
    ran = site.identity("shop-api-1", "shop-front-1", "shop-jobs-1")
    text = written_back(site, "compose.yaml", "api:1.1.0", "${JOBS:-1.1.0}")
    assert text == compose.replace("api:1.0.0", "api:1.1.0").replace(":-1.0.0", ":-1.1.0")
    assert written_back(site, ".env", "1.1.0") == "# Versions\nFRONT='1.1.0' # of the shop\n"
    log = site.repo.git("log", "--format=%B", f"{head}..HEAD")
    for service in digests:
        assert f"shop/{service}: 1.0.0 -> 1.1.0" in log and f"binding {service}" in log, log
    site.daemon.wait_revision(site.repo.head())
    site.settle()
    assert site.identity("shop-api-1", "shop-front-1", "shop-jobs-1") == ran, "the commit of what runs replaced it"
    assert service_of(site, "front")["image"].endswith(digests["front"])

    site.repo.git("revert", "--no-edit", f"{head}..HEAD")  # a person takes all of it back, for good
    site.repo.push()
    site.daemon.wait_for(lambda: not any(runs(site, service, digest) for service, digest in digests.items()),
                         "all services to go back", 60)
    site.daemon.tfctl("fire", "images", "--wait=30s")
    site.settle()
    assert not any(runs(site, service, digest) for service, digest in digests.items())


def test_an_inline_project_is_written_in_its_manifest(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    text = f"""# The shop
apiVersion: tinyforge.dev/v1
kind: Workload
metadata: {{name: shop}}
spec:
  rollout: {{healthyAfter: 300ms}}
  source:
    compose:
      inline: |
        # services
        services:
          api: {{image: "{registry.address}/api:1.0.0"}}

          front:
            image: {registry.address}/front:1.0.0 # by Tinyforge
"""
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": commits_back("front"), "shop.yaml": text}, "shop")
    second = release(site, registry, "1.1.0", "front")
    wait_runs(site, "front", second)
    ran = site.identity("shop-front-1", "shop-api-1")
    assert written_back(site, "shop.yaml", "front:1.1.0") == text.replace("front:1.0.0", "front:1.1.0")
    site.daemon.wait_revision(site.repo.head())
    site.settle()
    assert site.identity("shop-front-1", "shop-api-1") == ran


def test_what_other_services_say_too_is_not_written(site, listener, registry):
    release(site, registry, "1.0.0", "app")
    compose = f"""
x-app: &app
  image: {registry.address}/app:1.0.0
services:
  front: *app
  worker: *app
"""
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": commits_back("front"), **project(registry),
             "compose.yaml": compose}, "shop")
    head = site.repo.head()
    second = release(site, registry, "1.1.0", "app")
    wait_runs(site, "front", second)
    site.daemon.wait_for(lambda: "compose.yaml:3:10: the image of front is said there for worker too"
                         in site.daemon.tfctl("describe", "binding", "front").out, "the condition")
    assert "WriteBack" in site.daemon.tfctl("describe", "binding", "front").out
    site.settle()
    assert not runs(site, "worker", second) and runs(site, "front", second)
    site.repo.git("pull", "-q", "origin", "main")
    assert site.repo.head() == head
    # Bound as well, both move, and the one value says it for both.
    site.change({"b.yaml": commits_back("front", "worker")})
    wait_runs(site, "worker", second)
    assert written_back(site, "compose.yaml", "1.1.0") == compose.replace("1.0.0", "1.1.0")


def test_what_a_person_moved_meanwhile_is_written_where_it_stands_by_now(site, listener, registry):
    """Services of one image are alike, line by line: the version goes to the one that it is meant for."""
    def compose(*services):
        return "services:\n" + "".join(f"  {service}:\n    image: {registry.address}/app:1.0.0\n    restart: always\n"
                                       for service in services)
    release(site, registry, "1.0.0", "app")
    site.daemon.flags["interval"] = "1h"  # nobody tells of the person's commit
    site.up({"s.yaml": SECRETS, "t.yaml": images(), "b.yaml": commits_back("front"), **project(registry),
             "compose.yaml": compose("beat", "front", "worker")}, "shop")
    site.repo.commit({"compose.yaml": compose("front", "worker")})
    second = release(site, registry, "1.1.0", "app")
    text = written_back(site, "compose.yaml", "app:1.1.0")
    assert text == compose("front", "worker").replace("1.0.0", "1.1.0", 1)
    wait_runs(site, "front", second)
    site.settle()
    assert not runs(site, "worker", second)


def test_a_service_is_promoted_from_the_stage_before(site, listener, registry):
    for service in ("api", "front"):
        release(site, registry, "1.0.0", service)
    files = project(registry)
    source = {"source": {"compose": {"file": "compose.yaml"}}, "rollout": {"healthyAfter": "300ms"}}
    files["shop.yaml"] = manifest("Workload", "shop", {**source, "parent": "stage"})
    files["stage.yaml"] = manifest("Workload", "stage", source)
    site.up({"s.yaml": SECRETS,
             "t.yaml": images() + "---\n" + trigger("ask", promotion={"soak": "1s", "approval": "Required"}),
             "b.yaml": binding("stage", "images", "stage", service="front") + "---\n" +
                       binding("front", "ask", "shop", service="front"), **files}, "stage", "shop")
    before = site.identity("shop-api-1", "stage-api-1")
    second = release(site, registry, "1.1.0", "front")
    wait_runs(site, "front", second, "stage")
    site.daemon.wait_for(lambda: "waits for approval" in site.daemon.tfctl("describe", "binding", "front").out,
                         "the promotion to wait for approval")
    assert not runs(site, "front", second)
    site.daemon.tfctl("approve", "promotion", "shop/front")
    wait_runs(site, "front", second)
    assert "front 1.0.0" in site.daemon.tfctl("why", "shop").out

    third = release(site, registry, "1.2.0", "front")
    wait_runs(site, "front", third, "stage")
    site.daemon.tfctl("promote", "shop/front")
    wait_runs(site, "front", third)
    assert site.identity("shop-api-1", "stage-api-1") == before
