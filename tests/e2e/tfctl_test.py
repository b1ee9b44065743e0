"""tfctl feels like kubectl, against a running tinyforged and without one."""

import json
import subprocess

import pytest

from rig.site import env, manifest, workload


@pytest.fixture
def shop(site):
    site.up({"shop.yaml": workload("shop", env=env(COLOUR="red")), "web.yaml": manifest("Workload", "web", {
        "source": {"image": {"repository": "tinyforge-test/httpd", "tag": "1"}}, "rollout": {"healthyAfter": "300ms"}},
        labels={"team": "web"})}, "shop", "web")
    return site


def test_get_shows_tables_names_json_and_yaml(shop):
    ctl = shop.daemon.tfctl
    table = ctl("get", "workloads").out.splitlines()
    assert "NAME" in table[0] and "READY" in table[0]
    assert [line.split()[0] for line in table[1:]] == ["shop", "web"]
    assert ctl("get", "workload", "shop", "-o", "name").out.strip().endswith("shop")
    items = json.loads(ctl("get", "workloads", "-o", "json").out)["items"]
    assert [item["metadata"]["name"] for item in items] == ["shop", "web"]
    assert "name: shop" in ctl("get", "workload", "shop", "-o", "yaml").out
    assert "web" in ctl("get", "workloads", "-l", "team=web").out
    assert "shop" not in ctl("get", "workloads", "-l", "team=web").out
    for kind in ("triggers", "bindings", "secrets", "containers", "events", "repository"):
        ctl("get", kind)


def test_exit_codes_tell_failure_from_wrong_usage(shop):
    assert shop.daemon.tfctl("get", "workload", "nobody", check=False).code == 1
    assert "nobody" in shop.daemon.tfctl("get", "workload", "nobody", check=False).err
    assert shop.daemon.tfctl("get", "nonsense", check=False).code == 2
    assert shop.daemon.tfctl("--no-such-flag", check=False).code == 2
    assert shop.daemon.tfctl("wait", "workload", "shop", "--for=condition=Ready", "--timeout", "30s").code == 0


def test_diff_of_a_folder_not_yet_committed_shows_the_plan_and_changes_nothing(shop):
    before = shop.identity("shop", "web")
    assert "env" not in shop.daemon.tfctl("diff").out
    shop.repo.write({"shop.yaml": workload("shop", env=env(COLOUR="blue")), "third.yaml": workload("third")})
    shop.proxy.reset()
    out = shop.daemon.tfctl("diff", "-f", shop.repo.work, check=False).out
    assert "shop" in out and "env" in out and "third" in out
    shop.wait_resyncs(2)
    assert shop.proxy.mutating() == []
    assert shop.identity("shop", "web") == before


def test_logs_events_why_and_describe_speak_of_the_workload(shop):
    shop.change({"web.yaml": workload("web", "tinyforge-test/crasher:1")})
    shop.daemon.wait_for(lambda: (shop.daemon.condition("web") or {}).get("status") == "False", "web not to be Ready")
    assert "web" in shop.daemon.tfctl("events").out
    assert "shop" in shop.daemon.tfctl("why", "shop").out
    assert "Ready" in shop.daemon.tfctl("describe", "workload", "shop").out
    shop.change({"say.yaml": workload("say", command=["sh", "-c", "echo spoken; trap 'exit 0' TERM; sleep 900 & wait"])}, "say")
    assert "spoken" in shop.daemon.tfctl("logs", "say").out


def test_sync_reads_the_commit_without_waiting_for_the_interval(site):
    site.daemon.flags["interval"] = "1h"
    site.up({"shop.yaml": workload("shop")}, "shop")
    site.repo.commit({"blog.yaml": workload("blog")})
    site.daemon.sync()
    site.daemon.wait_ready("blog", timeout=20)


def test_validate_needs_no_daemon_and_shows_every_error_with_its_line(site):
    site.repo.write({"good.yaml": workload("good"), "bad.yaml": "apiVersion: tinyforge.dev/v1\nkind: Workload\n"
                     "metadata: {name: Bad_Name}\nspec:\n  source: {image: {repository: x}}\n  replicas: many\n"})
    result = site.daemon.tfctl("validate", site.repo.work, check=False)
    text = result.out + result.err
    assert result.code == 1
    assert "bad.yaml:3" in text and "bad.yaml:6" in text and "spec.replicas" in text
    site.repo.write({"bad.yaml": workload("fine")})
    assert site.daemon.tfctl("validate", site.repo.work).code == 0
    assert site.daemon.tfctl("validate", site.repo.work + "/nowhere", check=False).code != 0


def test_explain_completion_and_version_need_no_daemon(site):
    assert "replicas" in site.daemon.tfctl("explain", "Workload.spec.replicas").out
    for shell in ("bash", "zsh", "fish"):
        assert "tfctl" in site.daemon.tfctl("completion", shell).out
    assert site.daemon.tfctl("version").code == 0


def test_promtool_accepts_the_metrics(shop):
    status, text = shop.daemon.http("/metrics")
    assert status == 200
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert shop.daemon.metric("tinyforge_build_info") == 1


def test_sigterm_ends_within_ten_seconds_and_leaves_the_containers(shop):
    before = shop.identity("shop", "web")
    assert shop.daemon.sigterm(timeout=10) == 0
    assert shop.identity("shop", "web") == before
