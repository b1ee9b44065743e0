"""Webhooks end to end: a registry's notifications, a git server's hook, fan-out, write-back, what strangers get."""

import hashlib
import hmac
import json
import os
import threading
import time

import pytest
from rig.gitserver import Repo
from rig.listener import HOOK, KEY, OTHER, SECRETS, Listener
from rig.processes import wait_until
from rig.registry import Registry
from rig.releases import binding, digests, release, shop, trigger, wait_runs
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


def image_trigger(**config):
    return trigger("images", webhook="hook", registry={"pollInterval": "0s", "tagPolicy": {"semver": "1.x"}, **config})


def deliveries(site):
    return site.daemon.ctl_json("get", "deliveries")["items"]


def test_a_push_to_the_registry_reaches_every_bound_workload_and_git(site, listener, registry):
    names = ["web", "api", "jobs"]
    release(site, registry, "1.0.0")
    manifests = {}
    for name in names:
        manifests[f"apps/{name}.yaml"] = (
            f"# The {name} of the shop.\napiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {{name: {name}}}\nspec:\n"
            f"  source:\n    image:\n      repository: {registry.address}/shop   # ours\n      tag:   '1.0.0' # by Tinyforge\n"
            "  rollout: {healthyAfter: 300ms}\n")
    bindings = "---\n".join(binding(name, "images", name, writeBack={"mode": "Commit"}) for name in names)
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "b.yaml": bindings, **manifests}, *names)
    head = site.repo.head()

    second = release(site, registry, "1.1.0")
    for name in names:
        wait_runs(site, name, second)
    ran = site.identity(*names)

    def written():
        site.repo.git("pull", "-q", "origin", "main")
        return all(f"'1.1.0' # by Tinyforge" in open(os.path.join(site.repo.work, "apps", f"{name}.yaml")).read()
                   for name in names)
    site.daemon.wait_for(written, "the write-back")
    changed = site.repo.git("diff", "--stat", "-U0", head, "HEAD")
    assert "3 files changed, 3 insertions(+), 3 deletions(-)" in changed, changed
    log = site.repo.git("log", "--format=%B", f"{head}..HEAD")
    assert log.count("Tinyforge-Instance:") == 1, "several workloads, one commit:\n" + log
    for word in ("1.0.0 -> 1.1.0", "trigger images", "delivery "):
        assert word in log
    site.daemon.wait_revision(site.repo.head())
    site.settle()
    assert site.identity(*names) == ran, "the commit of what runs replaced it"

    # The same notification again changes nothing.
    before, head = len(deliveries(site)), site.repo.head()
    registry.retag("shop", "1.1.0", "1.1.0")

    def skipped():
        news = deliveries(site)[:len(deliveries(site)) - before]
        return any(delivery["status"]["counts"]["skipped"] == 3 for delivery in news)
    site.daemon.wait_for(skipped, "the second delivery")
    site.settle()
    assert site.identity(*names) == ran
    site.repo.git("pull", "-q", "origin", "main")
    assert site.repo.head() == head


def test_a_reverted_write_back_stays_reverted(site, listener, registry):
    first = release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop", writeBack={"mode": "Commit"})}, "shop")
    second = release(site, registry, "1.1.0")
    wait_runs(site, "shop", second)

    def pulled():
        site.repo.git("pull", "-q", "origin", "main")
        return "1.1.0" in open(os.path.join(site.repo.work, "w.yaml")).read()
    site.daemon.wait_for(pulled, "the write-back")
    site.repo.git("revert", "--no-edit", "HEAD")
    site.repo.push()
    wait_runs(site, "shop", first)
    site.daemon.tfctl("fire", "images", "--wait=30s")
    site.settle()
    assert digests(site, "shop") == [first]
    assert "git went back" in site.daemon.tfctl("describe", "binding", "shop").out
    third = release(site, registry, "1.2.0")
    wait_runs(site, "shop", third)


def test_a_read_only_repository_still_gets_its_deployment(site, listener, registry):
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop", writeBack={"mode": "Commit"})}, "shop")
    hook = os.path.join(site.repo.bare, "hooks", "pre-receive")
    with open(hook, "w") as out:
        out.write("#!/bin/sh\necho 'nobody pushes here' >&2\nexit 1\n")
    os.chmod(hook, 0o755)
    second = release(site, registry, "1.1.0")
    wait_runs(site, "shop", second)

    def said():
        conditions = site.daemon.ctl_json("get", "binding", "shop")["status"]["conditions"]
        return any(c["type"] == "WriteBack" and c["status"] == "False" and c["message"] for c in conditions)
    site.daemon.wait_for(said, "the condition of the binding")
    os.unlink(hook)

    def pulled():
        site.repo.git("pull", "-q", "origin", "main")
        return "1.1.0" in open(os.path.join(site.repo.work, "w.yaml")).read()
    site.daemon.wait_for(pulled, "the write-back, once it may", 60)


def tell_of_pushes(repo, listener):
    """From now on the listener is called for each push, before it is answered."""
    hook = os.path.join(repo.bare, "hooks", "post-receive")
    with open(hook, "w") as out:
        out.write("#!/bin/sh\nwhile read old new ref; do\n"
                  "curl -sS -H 'Content-Type: application/json' "
                  "-d \"{\\\"ref\\\": \\\"$ref\\\", \\\"before\\\": \\\"$old\\\", \\\"after\\\": \\\"$new\\\", "
                  f"\\\"repository\\\": \\\"acme/{repo.name}\\\"}}\" {listener.url()} >/dev/null\ndone\n")
    os.chmod(hook, 0o755)


def test_a_git_push_reaches_bound_workloads(site, listener, registry):
    code = Repo(site.folder.path, name="code")
    code.commit({"main.c": "1", "site/index.html": "1"})
    tell_of_pushes(code, listener)
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "w.yaml": shop("shop", registry),
             "t.yaml": trigger("code", webhook="hook", git={"repository": "acme/code", "branches": ["main"], "imageTag": "GitSha"}),
             "b.yaml": binding("code", "code", "shop")}, "shop")
    with open(os.path.join(code.work, "main.c"), "w") as out:
        out.write("2")
    code.commit({"main.c": "2"})
    site.daemon.wait_for(lambda: any(d["metadata"]["labels"]["trigger"] == "code" for d in deliveries(site)), "the delivery")
    # The image of that commit comes later, as from a pipeline.
    digest = release(site, registry, code.head())
    wait_runs(site, "shop", digest, 60)
    assert site.daemon.workload("shop")["status"]["resolved"]["tag"] == code.head()


def test_one_repository_for_code_and_configuration_goes_round_once(site, listener, registry):
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "w.yaml": shop("shop", registry),
             "t.yaml": trigger("code", webhook="hook", git={"repository": "acme/config", "branches": ["main"], "imageTag": "GitSha",
                                                            "pollInterval": "0s"}),
             "b.yaml": binding("code", "code", "shop", writeBack={"mode": "Commit"})}, "shop")
    tell_of_pushes(site.repo, listener)
    pushed = site.repo.commit({"main.c": "2"})
    digest = release(site, registry, pushed)
    wait_runs(site, "shop", digest)

    def written():
        site.repo.git("pull", "-q", "origin", "main")
        return site.repo.head() != pushed
    site.daemon.wait_for(written, "the write-back")
    own = site.repo.head()
    assert "Tinyforge-Instance:" in site.repo.git("log", "-1", "--format=%B")
    # The pipeline builds each commit, that one too; and the forge tells once more of it, after a restart.
    release(site, registry, own)
    site.daemon.restart()
    status, answer = listener.post({"ref": "refs/heads/main", "repository": "acme/config", "after": own, "before": pushed},
                                   query="?wait=30s")
    assert status == 200 and answer["noMatch"] == 1, answer

    def explained():
        told = site.daemon.tfctl("describe", "delivery", answer["delivery"], check=False).out
        return "Tinyforge made these commits itself" in told
    site.daemon.wait_for(explained, "the delivery to say why")
    site.settle()
    assert digests(site, "shop") == [digest]
    site.repo.git("pull", "-q", "origin", "main")
    assert site.repo.head() == own


def test_one_broken_workload_among_twenty_harms_only_itself(site, listener, registry):
    names = [f"w{number}" for number in range(20)]
    for name in names:
        release(site, registry, "1.0.0", name)
    files = {f"{name}.yaml": shop(name, registry, repository=name) for name in names}
    bindings = "---\n".join(binding(name, "images", name) for name in names)
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "b.yaml": bindings, **files}, *names)
    broken = release(site, registry, "1.1.0", "w7", base="tinyforge-test/crasher:1")
    news = {name: release(site, registry, "1.1.0", name) for name in names if name != "w7"}
    for name, digest in news.items():
        wait_runs(site, name, digest, 90)
    site.daemon.wait_for(lambda: site.daemon.condition("w7")["reason"] == "RolloutFailed", "w7 to fail")
    assert broken not in digests(site, "w7") and len(site.running("w7")) == 1


def test_what_callers_are_told(site, listener, registry):
    release(site, registry, "1.0.0")
    signed = manifest("Trigger", "signed", {"manual": {}, "webhook": {
        "secretRef": {"name": "hooks", "key": "other"},
        "signature": {"required": True, "secretRef": {"name": "hooks", "key": "hmac"}}}})
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger() + "---\n" + signed, "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop") + "---\n" + binding("signed", "signed", "shop")}, "shop")
    other = OTHER
    assert listener.post(secret="nobody-knows-this-one")[0] == 404
    assert listener.post(b"{}", secret=other)[0] == 401
    body = b'{"image": "%s/elsewhere:1"}' % registry.address.encode()
    mac = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    assert listener.post(body, secret=other, X_Signature_256="sha256=" + "0" * 64)[0] == 401
    status, answer = listener.post(body, secret=other, X_Signature_256="sha256=" + mac)
    assert (status, answer["noMatch"]) == (202, 1)
    status, answer = listener.post({"image": f"{registry.address}/shop:1.0.0"}, query="?wait=30s")
    assert status == 200 and answer["pending"] == 0 and answer["bindings"][0]["workload"] == "shop", answer
    assert listener.post(b"{", X_GitHub_Event="push")[0] == 400
    assert listener.post(method="GET")[0] == 405
    logs, shown = site.daemon.logs(), site.daemon.tfctl("get", "deliveries", "-o", "json").out
    for secret in (HOOK, other, KEY):
        assert secret not in logs and secret not in shown


def test_a_deleted_trigger_is_gone_within_one_sync(site, listener, registry):
    release(site, registry, "1.0.0")
    files = {"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop")}
    site.up(files, "shop")
    assert listener.post()[0] == 202
    site.repo.commit({}, rm=["t.yaml", "b.yaml"])
    site.daemon.sync()
    assert listener.post()[0] == 404


def test_rotate_honours_the_old_secret_for_a_while(site, listener, registry):
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop")}, "shop")
    said = site.daemon.tfctl("rotate", "images").out
    with open(os.path.join(site.daemon.secrets_dir, "hooks", "hook")) as file:
        new = file.read().strip()
    assert new != HOOK and new not in said and new not in site.daemon.logs()
    assert listener.post(secret=new)[0] == 202
    assert listener.post()[0] == 202
    site.daemon.restart()
    site.daemon.wait_ready("shop")
    assert listener.post(secret=new)[0] == 202
    assert listener.post()[0] == 202


def test_killed_with_a_delivery_in_hand(site, listener, registry):
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop")}, "shop")
    second = release(site, registry, "1.1.0")
    site.daemon.wait_for(lambda: deliveries(site), "the delivery")
    site.daemon.kill9()
    site.daemon.start()
    wait_runs(site, "shop", second)
    site.daemon.wait_for(lambda: all(d["status"].get("ended") for d in deliveries(site)), "every delivery to end")


def test_what_is_poison_and_stays_harms_nobody_in_twenty_restarts(site, listener, registry):
    """A manifest, payloads and a container that say nonsense are there at every start."""
    release(site, registry, "1.0.0")
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger() + "---\n" + trigger("code", webhook="other", git={"repository": "a/b"}),
             "w.yaml": shop("shop", registry), "b.yaml": binding("shop", "images", "shop") + "---\n" +
             binding("code", "code", "shop")}, "shop")
    deep = "[" * 20_000 + "]" * 20_000
    for body in (b'{"image": "\xff\xfe:\xed\xa0\x80"}', b'{"ref": "refs/heads/\\u0000\\ud800", "repository": "a/b"}', deep.encode(),
                 b'{"ref": "refs/heads/main", "repository": "a/b", "commits": [{"added": [' + b'"x",' * 200_000 + b'"x"]}]}',
                 json.dumps({"image": "x" * 900_000}).encode(), b'{"events": [null, [], {"target": 1e999}]}'):
        for secret in (HOOK, OTHER):
            assert listener.post(body, secret=secret)[0] in (202, 400)
    site.repo.commit({"poison.yaml": "apiVersion: tinyforge.dev/v1\nkind: Workload\nmetadata: {name: '\\0'}\nspec: &a [*a]\n",
                      "deep.yaml": "kind: " + "[" * 5_000})
    site.engine.create("poison", "tinyforge-test/sleeper:1", Labels={
        "tinyforge.managed": "true", "tinyforge.instance": site.daemon.instance, "tinyforge.workload.id": "\u0000../",
        "tinyforge.replica": "-99999999999999999999", "tinyforge.spec": "{" * 1000})
    ran = site.identity("shop")
    for _ in range(20):
        site.daemon.kill9()
        site.daemon.start()
        site.daemon.wait_ready("shop")
    assert site.identity("shop") == ran
    wait_runs(site, "shop", release(site, registry, "1.1.0"))
    assert listener.post(secret=OTHER)[0] == 202


def test_a_burst_of_deliveries_is_one_rollout(site, listener, registry):
    release(site, registry, "1.0.0")
    site.daemon.flags["webhook_rate"] = 0
    site.up({"s.yaml": SECRETS, "t.yaml": image_trigger(), "w.yaml": shop("shop", registry),
             "b.yaml": binding("shop", "images", "shop")}, "shop")
    second = release(site, registry, "1.1.0")
    statuses = []

    def call():
        for _ in range(50):
            statuses.append(listener.post({"image": f"{registry.address}/shop:1.1.0"})[0])
    callers = [threading.Thread(target=call) for _ in range(8)]
    began = time.monotonic()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert set(statuses) == {202} and len(statuses) == 400, f"{time.monotonic() - began:.1f} s"
    wait_runs(site, "shop", second)
    assert len(site.daemon.ctl_json("get", "rollouts", "shop")["items"]) == 2
    wait_until(lambda: all(d["status"].get("ended") for d in deliveries(site)), 30, "every delivery to end")
