"""post_start and pre_stop of compose services, on the real Engine."""

from rig.processes import wait_until
from rig.site import manifest

SLEEPER = "tinyforge-test/sleeper:1"


def project(text):
    return {"shop.yaml": manifest("Workload", "shop", {"source": {"compose": {"file": "compose.yaml"}},
                                                       "rollout": {"healthyAfter": "300ms"}}),
            "compose.yaml": text}


def service(script, name="web", more=""):
    return f"""
  {name}:
    image: {SLEEPER}
    restart: always
    volumes: [log:/log]
    deploy: {{update_config: {{order: start-first}}}}
    post_start:
      - command: [sh, -c, {script!r}]
        environment: [WORD=hello]
{more}
"""


def shop(script, more="", others=""):
    return "services:\n" + service(script, more=more) + others + "volumes: {log: {}}\n"


def log(site, name="shop-web-1"):
    return site.engine.exec(name, "sh", "-c", "cat /log/* 2>/dev/null")[1].split()


def message(site):
    return (site.daemon.condition("shop") or {}).get("message", "")


def test_post_start_runs_once_for_each_start_of_ours(site):
    site.up(project(shop("echo $$WORD >> /log/start")), "shop")
    assert log(site) == ["hello"]
    site.settle()
    site.daemon.sigterm()
    site.daemon.start()
    site.daemon.wait_ready("shop")
    assert log(site) == ["hello"]
    site.engine.call("POST", "/containers/shop-web-1/stop?t=0")
    wait_until(lambda: log(site) == ["hello", "hello"], 30, "another run after the repair")
    site.daemon.wait_ready("shop")
    site.settle()


def test_dependents_wait_for_it(site):
    other = f"  other: {{image: {SLEEPER}, restart: always, depends_on: [web]}}\n"
    site.repo.commit(project(shop("until [ -e /log/go ]; do sleep 0.1; done", others=other)))
    site.daemon.start()
    site.daemon.wait_for(lambda: "waiting for post_start of shop-web-1" in message(site) or "web" in message(site), "the wait")
    wait_until(lambda: site.engine.exists("shop-web-1"), 30, "web")
    assert not site.engine.exists("shop-other-1")
    site.engine.exec("shop-web-1", "touch", "/log/go")
    site.daemon.wait_ready("shop")
    assert site.engine.exists("shop-other-1")


def test_a_failure_refuses_the_release_and_the_old_version_stays(site):
    site.up(project(shop("echo good >> /log/start")), "shop")
    before = site.identity("shop-web-1")
    site.repo.commit({"compose.yaml": shop("echo the reason >&2; exit 7")})
    site.daemon.wait_for(lambda: "exit code 7" in message(site), "the failure", 30)
    assert "the reason" in message(site)
    assert site.identity("shop-web-1") == before
    site.settle()


def test_a_crash_between_the_start_and_its_end_runs_it_again(site):
    site.repo.commit(project(shop("echo begun >> /log/start; until [ -e /log/go ]; do sleep 0.1; done")))
    site.daemon.start()
    wait_until(lambda: site.engine.exists("shop-web-1") and log(site) == ["begun"], 30, "the first run")
    site.daemon.kill9()
    site.daemon.start()
    wait_until(lambda: log(site) == ["begun", "begun"], 30, "the second run")
    site.engine.exec("shop-web-1", "touch", "/log/go")
    site.daemon.wait_ready("shop")
    site.settle()


def test_pre_stop_runs_before_replacement_and_deletion_and_not_when_it_ends_by_itself(site):
    stops = "    pre_stop: [{command: [sh, -c, \'echo stop >> /log/stop\']}]"
    watcher = f"  watcher: {{image: {SLEEPER}, restart: always, volumes: [log:/log], deploy: {{update_config: {{order: start-first}}}}}}\n"
    site.up(project(shop("true", more=stops, others=watcher)), "shop")
    site.engine.call("POST", "/containers/shop-web-1/kill")
    site.daemon.wait_ready("shop")
    assert log(site, "shop-watcher-1") == []
    site.change({"compose.yaml": shop("true # another", more=stops, others=watcher)})
    wait_until(lambda: log(site, "shop-watcher-1") == ["stop"], 30, "pre_stop of the old one")
    site.daemon.wait_ready("shop")
    site.repo.commit({"compose.yaml": "services:\n" + watcher + "volumes: {log: {}}\n"})
    wait_until(lambda: log(site, "shop-watcher-1") == ["stop", "stop"], 30, "pre_stop of what goes")
