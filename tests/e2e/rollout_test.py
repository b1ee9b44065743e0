"""No update leaves less than before: health, deadlines, failures, rollback, stops on purpose."""

import json
import os
import time

import pytest
from rig.processes import wait_until
from rig.site import env, workload


def web(version, **spec):
    return {"web.yaml": workload("web", "tinyforge-test/httpd:" + version, **spec)}


HEALTH = {"http": {"path": "/", "port": 80}, "interval": "1s", "timeout": "1s", "retries": 2}


def probed(version, **spec):
    return web(version, healthcheck=HEALTH, rollout={"healthyAfter": "20s", "deadline": "1m"}, **spec)


def rollouts(site, name):
    items = json.loads(site.daemon.tfctl("get", "rollouts", name, "-o", "json").out)["items"]
    return [item["status"] for item in items]


def started(site, name):
    return site.engine.inspect(name)["State"]["StartedAt"]


def test_a_healthy_candidate_takes_over_at_once_and_the_old_one_is_drained(site):
    site.up(probed("1"), "web")
    began = time.monotonic()
    site.change(probed("2"), "web")
    assert time.monotonic() - began < 15, "the probe and not healthyAfter decides"
    wait_until(lambda: len(site.containers("web")) == 1, 20, "the old one to be gone")
    requests = [request for request in site.proxy.requests() if request.method != "GET"]
    calls = [request.path for request in requests]
    takes_name = max(i for i, path in enumerate(calls) if path.endswith("/rename?name=web"))
    last_stop = max(i for i, path in enumerate(calls) if "/stop" in path)
    hides = max(i for i, path in enumerate(calls) if path.endswith("/disconnect"))
    assert takes_name < hides < last_stop
    assert requests[last_stop].time - requests[hides].time >= 1, "drained for at least a second"
    last = rollouts(site, "web")[0]
    assert (last["outcome"], last["from"]["version"], last["to"]["version"]) == ("Succeeded", "1", "2")


BAD = {
    "exits at once": ({"command": ["sh", "-c", "echo boom; exit 3"]}, "exit code 3", "boom"),
    "exits later": ({"command": ["sh", "-c", "sleep 2; echo late; exit 4"]}, "exit code 4", "late"),
    "never healthy": ({"healthcheck": {**HEALTH, "http": {"path": "/nothing", "port": 80}}}, "status 404", ""),
    "cannot be run": ({"command": ["/no/such/program"]}, "no such file", ""),
}


# By the last one a host port allows no two side by side, and a release is tried without it first.
STRATEGIES = {"BlueGreen": {}, "Rolling": {}, "Recreate": {}, "tried first": {"ports": [{"container": 80, "host": 18080}]}}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_release_leaves_the_old_version_and_is_tried_once(site, kind, strategy):
    change, reason, words = BAD[kind]
    named = {"strategy": strategy} if strategy[0].isupper() else {}
    rollout = {**named, "healthyAfter": "4s", "deadline": "30s"}
    site.up(web("1", rollout=rollout, **STRATEGIES[strategy]), "web")
    before = site.identity("web")
    head = site.repo.commit(web("1", rollout=rollout, env=env(A="1"), **STRATEGIES[strategy], **change))
    site.daemon.wait_revision(head)
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "RolloutFailed", "the verdict", 40)
    wait_until(lambda: site.engine.inspect("web")["State"]["Running"], 5, "the old one to be up")
    if strategy != "Recreate":
        assert site.identity("web") == before
    message = lambda: site.daemon.condition("web")["message"]  # noqa: E731
    site.daemon.wait_for(lambda: reason in message() and words in message(), f"{reason} and {words} in the message")
    site.settle()
    wait_until(lambda: sorted(c["State"]["Running"] for c in site.containers("web")) == [False, True], 20, "one record")
    record = next(c for c in site.containers("web") if not c["State"]["Running"])
    assert record["HostConfig"]["RestartPolicy"]["Name"] in ("no", "")
    creates = sum("/containers/create" in request.path for request in site.proxy.requests())
    for path in site.cache_files():
        os.unlink(path)
    site.daemon.restart()
    site.daemon.wait_for(lambda: (site.daemon.condition("web") or {}).get("reason") == "RolloutFailed", "the fact")
    site.settle()
    assert sum("/containers/create" in request.path for request in site.proxy.requests()) in (0, creates)
    assert {c["Id"] for c in site.containers("web")} >= {record["Id"]}


@pytest.mark.parametrize("strategy", ["BlueGreen", "Recreate"])
def test_a_bad_release_leaves_the_old_version_also_the_files_that_are_rewritten_in_place(site, strategy):
    rollout = {"strategy": strategy, "healthyAfter": "1s"}
    motd = lambda text: [{"target": "/etc/motd", "content": text, "onChange": "None"}]  # noqa: E731
    site.up(web("1", rollout=rollout, files=motd("one")), "web")
    site.change(web("1", rollout=rollout, files=motd("two")), "web")
    before = site.identity("web")
    read = lambda: site.engine.exec("web", "cat", "/etc/motd")[1]  # noqa: E731
    wait_until(lambda: read() == "two", 10, "the file to be rewritten")
    site.repo.commit(web("1", rollout=rollout, files=motd("three"), command=["sh", "-c", "exit 3"]))
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "RolloutFailed", "the verdict", 40)
    wait_until(lambda: site.engine.inspect("web")["State"]["Running"], 5, "the old one to be up")
    assert read() == "two"
    assert site.identity("web")["web"][0] == before["web"][0]


def test_what_passed_its_trial_takes_the_port_over(site):
    port = {"ports": [{"container": 80, "host": 18080}]}
    site.up(web("1", **port), "web")
    site.proxy.reset()
    site.change(web("2", **port), "web")
    site.settle()
    assert [(c["Name"], c["HostConfig"]["PortBindings"]) for c in site.containers("web")] == \
        [("/web", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}]})]
    assert site.engine.inspect("web")["Config"]["Image"] == "tinyforge-test/httpd:2"
    last = rollouts(site, "web")[0]
    assert (last["outcome"], last["from"]["version"], last["to"]["version"]) == ("Succeeded", "1", "2")
    assert any(".trial" in step["step"] for step in last["steps"]), last["steps"]


def test_a_retry_tries_again_and_a_better_commit_needs_none(site):
    site.up(web("1"), "web")
    site.repo.commit(web("1", command=["sh", "-c", "exit 3"]))
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "RolloutFailed", "the verdict")
    site.settle()
    site.daemon.tfctl("retry", "web")
    wait_until(lambda: any("/containers/create" in r.path for r in site.proxy.requests()), 10, "another try")
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "RolloutFailed", "the verdict again")
    site.change(web("2"), "web")
    wait_until(lambda: len(site.containers("web")) == 1, 20, "the record to go")


def test_rollback_pins_until_unpin(site):
    site.up(web("1"), "web")
    site.change(web("2"), "web")
    answer = site.daemon.tfctl("rollback", "web").out
    assert "web goes back to 1" in answer
    image = lambda: site.engine.inspect("web")["Config"]["Image"]  # noqa: E731
    wait_until(lambda: image() == "tinyforge-test/httpd:1", 20, "version 1")
    site.daemon.wait_ready("web")
    assert "tfctl unpin web" in site.daemon.tfctl("get", "workloads").out
    site.change(web("2", env=env(A="1")), "web")
    assert image() == "tinyforge-test/httpd:1", "another field does not end the pin"
    site.daemon.tfctl("unpin", "web")
    wait_until(lambda: image() == "tinyforge-test/httpd:2", 20, "version 2")
    site.daemon.wait_ready("web")
    oldest = rollouts(site, "web")[-1]["id"]
    site.daemon.tfctl("rollback", "web", "--to", str(oldest))
    wait_until(lambda: image() == "tinyforge-test/httpd:1", 20, "version 1 of the history")


def test_stopped_on_purpose_stays_down_also_over_a_restart(site):
    site.up(web("1"), "web")
    site.daemon.tfctl("stop", "web")
    wait_until(lambda: not site.engine.inspect("web")["State"]["Running"], 20, "it to stop")
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "Stopped", "the reason")
    site.daemon.restart()
    site.settle()
    assert not site.engine.inspect("web")["State"]["Running"]
    site.daemon.tfctl("start", "web")
    site.daemon.wait_ready("web")
    assert site.engine.inspect("web")["HostConfig"]["RestartPolicy"]["Name"] == "always"


def test_suspended_nothing_is_changed_and_drift_is_said(site):
    site.up(web("1"), "web")
    site.daemon.tfctl("suspend", "web")
    site.engine.remove("web")
    site.daemon.wait_for(lambda: "steps are held back" in site.daemon.condition("web")["message"], "the drift to be said")
    assert not site.engine.exists("web")
    site.daemon.tfctl("resume", "web")
    site.daemon.wait_ready("web")


def test_what_turns_unhealthy_is_told_and_restarted_only_when_asked(site):
    sick = ["sh", "-c", "mkdir -p /www; echo ok > /www/up; httpd -f -p 80 -h /www"]
    health = {**HEALTH, "http": {"path": "/up", "port": 80}}
    site.up(web("1", command=sick, healthcheck=health), "web")
    first = started(site, "web")
    site.engine.exec("web", "rm", "/www/up")
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "Unhealthy", "it to be told", 30)
    assert "status 404" in site.daemon.condition("web")["message"]
    assert started(site, "web") == first
    site.repo.commit(web("1", command=sick, healthcheck={**health, "onUnhealthy": "Restart"}))
    site.daemon.wait_for(lambda: started(site, "web") != first, "the restart", 60)
    site.daemon.wait_ready("web")


def test_an_update_waits_for_its_window(site):
    later = time.gmtime(time.time() + 7200)
    window = [{"cron": f"{later.tm_min} {later.tm_hour} * * *", "duration": "1m"}]
    site.up(web("1", rollout={"healthyAfter": "300ms", "windows": window}), "web")
    before = site.identity("web")
    site.repo.commit(web("2", rollout={"healthyAfter": "300ms", "windows": window}))
    site.daemon.wait_for(lambda: site.daemon.condition("web")["reason"] == "OutsideWindow", "the update to wait")
    assert f"T{later.tm_hour:02}:{later.tm_min:02}" in site.daemon.condition("web")["message"]
    assert site.identity("web") == before
    site.change(web("2", rollout={"healthyAfter": "300ms"}), "web")
    assert site.engine.inspect("web")["Config"]["Image"] == "tinyforge-test/httpd:2"
