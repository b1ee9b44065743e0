"""Private registries, and registries that go wrong: what runs is untouched, what was pulled serves, the rest is waited for."""

import base64
import json
import os
import time

import pytest
from rig.processes import wait_until
from rig.registry import MANIFEST_LIST, Registry, docker_config
from rig.registry_front import RegistryFront
from rig.site import manifest, workload
from rig.token_server import TokenServer

LOGIN = "puller:c0rrect-horse"
WRONG = "puller:wr0ng-battery"
SLEEPER = "tinyforge-test/sleeper:1"
_SECRET = {"secret.yaml": manifest("Secret", "registry", {"fromFiles": {"basic": "registry/basic", "bearer": "registry/bearer"}})}


class Registries:
    """One of each: open to all, with basic authentication, with tokens."""

    def __init__(self):
        name, password = LOGIN.split(":")
        self.tokens = TokenServer({name: password}).start()
        self.open, self.basic, self.bearer = Registry(), Registry(LOGIN), Registry(tokens=self.tokens)

    def start(self):
        for registry in (self.open, self.basic, self.bearer):
            registry.start()
        return self

    def close(self):
        for part in (self.open, self.basic, self.bearer, self.tokens):
            part.close()


@pytest.fixture(scope="module")
def registries():
    registries = Registries()
    try:
        yield registries.start()
    finally:
        registries.close()


@pytest.fixture
def front(registries):
    """Makes fronts before the open registry."""
    made = []

    def make():
        made.append(RegistryFront(registries.open.address).start())
        return made[-1]

    yield make
    for one in made:
        one.close()


def shop(name, reference, key=None, **spec):
    """A Workload with an image of a registry; `key` of the Secret that opens it. `spec` may hold pullPolicy."""
    repository, tag = reference.rsplit(":", 1)
    image = {"repository": repository, "tag": tag}
    if "pullPolicy" in spec:
        image["pullPolicy"] = spec.pop("pullPolicy")
    if key:
        image["pullSecret"] = {"name": "registry", "key": key}
    return workload(name, source={"image": image}, **spec)


def wait_failed(site, name, *words):
    """Until the workload waits for its image and says all of the words."""
    def said():
        ready = site.daemon.condition(name)
        return (ready["status"], ready["reason"]) == ("False", "ImagePullFailed") and all(w in ready["message"] for w in words)
    site.daemon.wait_for(said, f"{name} to say {words}; last: {site.daemon.condition(name)}", 40)


def everything_said(site):
    """All that tinyforged and the Engine show or keep, as bytes."""
    shown = [site.daemon.tfctl(*words).out for words in (
        ("get", "workloads", "-o", "json"), ("get", "secrets", "-o", "json"), ("get", "events"), ("get", "facts"), ("diff",))]
    shown += [site.daemon.tfctl(verb, *kind, item["metadata"]["name"]).out for item in site.daemon.ctl_json("get", "workloads")["items"]
              for verb, kind in (("describe", ["workload"]), ("why", []))]
    shown += [site.daemon.logs(), site.daemon.http("/metrics")[1], json.dumps(site.containers())]
    kept = []
    for folder, _, names in os.walk(site.daemon.state_dir):
        for name in names:
            with open(os.path.join(folder, name), "rb") as content:
                kept.append(content.read())
    return "\n".join(shown).encode() + b"".join(kept)


def assert_unsaid(site, *logins):
    said = everything_said(site)
    for login in logins:
        assert login.split(":")[1].encode() not in said
        assert base64.b64encode(login.encode()) not in said


def test_a_login_from_a_secret_or_the_config_json_opens_a_registry_and_shows_nowhere(site, registries):
    basic, bearer = registries.basic, registries.bearer
    for registry in (basic, bearer):
        for name in ("by-secret:1", "by-file:1"):
            registry.push(site.dockerd, SLEEPER, name, LOGIN)
    site.daemon.write_secret("registry/basic", docker_config(basic.address, LOGIN))
    site.daemon.write_secret("registry/bearer", docker_config(bearer.address, LOGIN))
    site.daemon.flags["registry_config"] = site.folder / "config.json"
    with open(site.folder / "config.json", "w") as config:
        auths = [json.loads(docker_config(registry.address, LOGIN))["auths"] for registry in (basic, bearer)]
        json.dump({"auths": {**auths[0], **auths[1]}}, config)
    files = {"basic-secret": (basic, "by-secret:1", "basic"), "bearer-secret": (bearer, "by-secret:1", "bearer"),
             "basic-file": (basic, "by-file:1", None), "bearer-file": (bearer, "by-file:1", None)}
    site.up({**_SECRET, **{name + ".yaml": shop(name, f"{registry.address}/{image}", key)
                           for name, (registry, image, key) in files.items()}}, *files)
    for name, (registry, image, _) in files.items():
        assert site.engine.inspect(name)["Config"]["Image"].startswith(f"{registry.address}/{image[:-2]}@sha256:")
    assert_unsaid(site, LOGIN)


def test_a_missing_and_a_wrong_login_leave_what_runs_and_the_right_one_goes_through_by_itself(site, registries):
    kinds = {"basic": registries.basic, "bearer": registries.bearer}
    for registry in kinds.values():
        registry.push(site.dockerd, SLEEPER, "corrected:1", LOGIN)
    site.up({**_SECRET, **{f"{kind}.yaml": workload(kind) for kind in kinds}}, *kinds)
    before = site.identity(*kinds)
    site.repo.commit({f"{kind}.yaml": shop(kind, f"{registry.address}/corrected:1", kind) for kind, registry in kinds.items()})
    for kind in kinds:
        wait_failed(site, kind, f"registry/{kind}")
    for kind, registry in kinds.items():
        site.daemon.write_secret(f"registry/{kind}", docker_config(registry.address, WRONG))
    for kind in kinds:
        wait_failed(site, kind, "unauthorized", f"the login of Secret registry/{kind}")
    assert site.identity(*kinds) == before
    for kind, registry in kinds.items():
        site.daemon.write_secret(f"registry/{kind}", docker_config(registry.address, LOGIN))
    site.daemon.wait_ready(*kinds, timeout=20)
    assert all(site.identity(kind)[kind][0] != before[kind][0] for kind in kinds)
    assert_unsaid(site, LOGIN, WRONG)
    # A container outlives its login: another one, none at all.
    site.settle()
    before = site.identity(*kinds)
    site.daemon.write_secret("registry/basic", docker_config(registries.basic.address, WRONG))
    os.unlink(os.path.join(site.daemon.secrets_dir, "registry/bearer"))
    site.daemon.wait_for(lambda: site.daemon.condition("bearer", "PullSecretMissing"), "the missing secret to be named")
    site.settle()
    assert site.identity(*kinds) == before and all(site.daemon.ready(kind) for kind in kinds)
    site.engine.remove("bearer")
    site.daemon.wait_for(lambda: site.engine.exists("bearer") and site.daemon.ready("bearer"), "the repair without a login")


def make_foreign(registry, name, tag, like):
    """A tag with the image of `like` that is said to be for another architecture alone."""
    body, media_type, digest = registry.manifest(name, like)
    platform = {"architecture": "s390x", "os": "linux"}
    listed = [{"mediaType": media_type, "size": len(body), "digest": digest, "platform": platform}]
    text = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_LIST, "manifests": listed})
    registry.put_manifest(name, tag, text, MANIFEST_LIST)


def test_whatever_a_registry_answers_what_runs_serves_and_the_rest_comes_by_itself(site, registries, front):
    registries.open.push(site.dockerd, SLEEPER, "late:1")
    make_foreign(registries.open, "late", "s390x", like="1")
    fronts = {name: front() for name in ("limited", "broken", "unwell", "silent", "down")}
    fronts["limited"].fail(429)
    fronts["broken"].fail(500)
    fronts["unwell"].fail(503)
    fronts["silent"].swallow()
    fronts["down"].refuse()
    wanted = {name: f"{one.address}/late:1" for name, one in fronts.items()}
    wanted["silent-too"] = f"{fronts['silent'].address}/late:2"
    wanted["missing"] = f"{registries.open.address}/late:3"
    wanted["foreign"] = f"{registries.open.address}/late:s390x"
    said = {"limited": ["toomanyrequests", "limits the rate of pulls"], "broken": ["500 Internal Server Error", "not well"],
            "unwell": ["503 Service Unavailable", "not well"], "silent": ["does not answer"], "silent-too": ["does not answer"],
            "down": ["connection refused", "cannot be reached"], "missing": ["manifest unknown", "does not have it (yet)"],
            "foreign": ["no matching manifest", "this machine's architecture"]}
    site.up({f"{name}.yaml": workload(name) for name in wanted}, *wanted)
    before = site.identity(*wanted)
    site.repo.commit({f"{name}.yaml": shop(name, reference) for name, reference in wanted.items()})
    for name in sorted(said, key=lambda name: name.startswith("silent")):
        wait_failed(site, name, *said[name])
        if name == "unwell":  # the last one before those that take their time
            assert not site.daemon.condition("silent")["message"].count("does not answer"), "nobody waits for a silent registry"
    assert site.identity(*wanted) == before
    assert site.daemon.condition("foreign", "Stalled")["status"] == "True"
    assert site.daemon.condition("limited", "Stalled")["status"] == "False"
    fronts["down"].start()
    for one in fronts.values():
        one.mend()
    for tag in ("2", "3"):
        registries.open.retag("late", "1", tag)
    mended = [name for name in wanted if name != "foreign"]
    site.daemon.wait_ready(*mended, timeout=60)
    after = site.identity(*wanted)
    assert after["foreign"] == before["foreign"]
    assert all(after[name][0] != before[name][0] for name in mended)


def test_who_mended_it_need_not_wait(site, registries):
    site.up({})
    registries.open.push(site.dockerd, SLEEPER, "mended:seed")
    missing = {name: f"{registries.open.address}/mended:{name}" for name in ("by-retry", "by-sync")}
    site.change({f"{name}.yaml": shop(name, reference) for name, reference in missing.items()})
    for name in missing:
        wait_failed(site, name, "manifest unknown")
    began = time.monotonic()
    registries.open.retag("mended", "seed", "by-retry")
    assert "pulled again" in site.daemon.tfctl("retry", "by-retry").out
    site.daemon.wait_ready("by-retry")
    registries.open.retag("mended", "seed", "by-sync")
    site.daemon.tfctl("sync")
    site.daemon.wait_ready("by-sync")
    assert time.monotonic() - began < 20, "without the 30 s of the backoff"


def test_what_was_pulled_needs_no_registry(site, registries, front):
    registries.open.push(site.dockerd, SLEEPER, "kept:1")
    door = front()
    site.up({"kept.yaml": shop("kept", f"{door.address}/kept:1")}, "kept")
    before = site.identity("kept")
    door.refuse()
    site.daemon.restart()
    site.settle()
    assert site.identity("kept") == before
    site.engine.remove("kept")
    site.daemon.wait_for(lambda: site.engine.exists("kept") and site.daemon.ready("kept"), "the container to be back")
    assert not [call for call in site.proxy.mutating() if "/images/create" in call]


def test_replicas_run_one_digest_however_the_tag_moves_meanwhile(site, registries):
    digests = [registries.open.push(site.dockerd, f"tinyforge-test/sleeper:{n}", f"moved:{n}-seed") for n in ("1", "2")]
    assert digests[0] != digests[1]
    policies = {"fixed": "IfNotPresent", "always": "Always"}

    def shops(**spec):
        return {f"{name}.yaml": shop(name, f"{registries.open.address}/moved:{name}", pullPolicy=policy, **spec)
                for name, policy in policies.items()}

    def tag(seed):
        for name in policies:
            registries.open.retag("moved", seed, name)

    tag("1-seed")
    site.up(shops(), *policies)
    tag("2-seed")
    before = site.identity(*policies)
    site.change(shops(replicas=2), *policies)
    for name in policies:
        wait_until(lambda: len(site.running(name)) == 2, 20, f"the second replica of {name}")
        images = {container["Config"]["Image"] for container in site.running(name)}
        assert images == {f"{registries.open.address}/moved@{digests[0]}"}
    assert site.identity(*policies) == before
    site.settle()
