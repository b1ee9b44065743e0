"""What depends on others starts after them and goes before them."""

import json

from rig.processes import wait_until
from rig.site import env, workload

HEALTH = {"http": {"path": "/ready", "port": 80}, "interval": "1s", "timeout": "1s", "retries": 60}


def database(**spec):
    return workload("db", "tinyforge-test/httpd:1", healthcheck=HEALTH, **spec)


def reason(site, name):
    return (site.daemon.condition(name) or {}).get("reason")


def test_a_first_start_waits_until_what_it_depends_on_is_healthy(site):
    site.repo.commit({"app.yaml": workload("app", dependsOn=["db"]), "db.yaml": database()})
    site.daemon.start()
    site.daemon.wait_for(lambda: reason(site, "app") == "DependencyNotReady", "app to wait")
    assert "waiting for db" in site.daemon.condition("app")["message"]
    wait_until(lambda: site.engine.exists("db"), 20, "db")
    assert not site.engine.exists("app")
    site.engine.exec("db", "touch", "/www/ready")
    site.daemon.wait_ready("db", "app")
    # A repair waits for nobody.
    site.engine.exec("db", "rm", "/www/ready")
    site.engine.remove("app")
    wait_until(lambda: site.engine.exists("app"), 10, "the repair")


def test_an_update_waits_while_what_it_depends_on_is_away(site):
    site.up({"app.yaml": workload("app", dependsOn=["db"]), "db.yaml": workload("db")}, "app", "db")
    before = site.identity("app")
    site.daemon.tfctl("stop", "db")
    wait_until(lambda: not site.engine.inspect("db")["State"]["Running"], 20, "db to stop")
    site.daemon.wait_for(lambda: reason(site, "db") == "Stopped", "the reason")
    site.repo.commit({"app.yaml": workload("app", dependsOn=["db"], env=env(A="1"))})
    site.daemon.wait_for(lambda: reason(site, "app") == "DependencyNotReady", "app to wait")
    assert site.identity("app") == before
    site.daemon.tfctl("start", "db")
    site.daemon.wait_for(lambda: site.environment("app").get("A") == "1", "the update", 20)
    site.daemon.wait_ready("app", "db")


def test_a_cycle_stalls_its_members_and_is_printed(site):
    site.repo.commit({"a.yaml": workload("a1", dependsOn=["b1"]), "b.yaml": workload("b1", dependsOn=["a1"]),
                      "c.yaml": workload("c1")})
    site.daemon.start()
    site.daemon.wait_ready("c1")
    site.daemon.wait_for(lambda: reason(site, "a1") == "DependencyCycle", "the cycle to be said")
    assert "a1 -> b1 -> a1" in site.daemon.tfctl("get", "workloads").out
    assert site.daemon.condition("a1", "Stalled")["status"] == "True"
    site.change({"b.yaml": workload("b1")}, "a1", "b1", "c1")


def test_teardown_runs_in_reverse(site):
    others = {f"other{i}.yaml": workload(f"other{i}") for i in range(5)}
    names = [f"other{i}" for i in range(5)]
    slow = ["sh", "-c", "trap 'sleep 2; exit 0' TERM; while :; do sleep 1; done"]
    site.up({"app.yaml": workload("app", dependsOn=["db"], command=slow), "db.yaml": workload("db"), **others},
            "app", "db", *names)
    site.repo.commit({}, rm=["app.yaml", "db.yaml"])
    wait_until(lambda: not site.engine.exists("db"), 30, "both to go")
    stops = [r.path for r in site.proxy.requests() if r.method == "DELETE" and "/containers/" in r.path]
    assert len(stops) == 2
    assert not site.engine.exists("app")
    events = json.loads(site.daemon.tfctl("get", "events", "-o", "json").out)["items"]
    removed = [e["message"] for e in events if e["message"].startswith("remove ")]
    assert [m.split()[1] for m in removed] == ["app", "db"]
