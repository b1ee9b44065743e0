"""Compose projects: their services run, are told apart, replaced one by one and taken down, on the real Engine."""

import socket

from rig.processes import free_port, wait_until
from rig.site import manifest

SLEEPER = "tinyforge-test/sleeper:1"


def project(text, name="shop", **compose):
    return {"shop.yaml": manifest("Workload", name, {"source": {"compose": {"file": "compose.yaml", **compose}},
                                                     "rollout": {"healthyAfter": "300ms"}}),
            "compose.yaml": text}


SHOP = f"""
services:
  web:
    image: {SLEEPER}
    restart: always
    environment: {{GREETING: hello, LEVEL: "${{LEVEL:-info}}"}}
    depends_on: [db]
    networks: [front, back]
    labels: {{role: web}}
  db:
    image: {SLEEPER}
    restart: always
    volumes: [data:/data]
    networks: {{back: {{aliases: [database]}}}}
networks:
  front: {{}}
  back: {{internal: true}}
volumes:
  data: {{}}
"""


def log(site):
    return site.engine.exec("shop-db-1", "cat", "/data/log")[1].split()


def greets(site, word):
    return f"GREETING={word}" in site.engine.inspect("shop-web-1")["Config"]["Env"]


def test_services_run_on_their_networks_with_their_volumes(site):
    site.up(project(SHOP), "shop")
    web, db = site.engine.inspect("shop-web-1"), site.engine.inspect("shop-db-1")
    assert web["State"]["Running"] and db["State"]["Running"]
    assert set(web["NetworkSettings"]["Networks"]) == {"shop_front", "shop_back"}
    assert set(db["NetworkSettings"]["Networks"]) == {"shop_back"}
    assert {"db", "database"} <= set(db["NetworkSettings"]["Networks"]["shop_back"]["Aliases"])
    assert [m["Name"] for m in db["Mounts"]] == ["shop_data"]
    assert {"GREETING=hello", "LEVEL=info"} <= set(web["Config"]["Env"])
    labels = web["Config"]["Labels"]
    assert labels["com.docker.compose.project"] == "shop" and labels["com.docker.compose.service"] == "web"
    assert labels["role"] == "web"
    assert site.engine.call("GET", "/networks/shop_back")["Internal"]


def test_a_change_replaces_just_the_service_that_it_concerns(site):
    site.up(project(SHOP), "shop")
    before = site.identity("shop-web-1", "shop-db-1")
    site.repo.commit({"compose.yaml": SHOP.replace("GREETING: hello", "GREETING: hi")})
    site.daemon.wait_for(lambda: greets(site, "hi"), "the update", 30)
    site.daemon.wait_ready("shop")
    after = site.identity("shop-web-1", "shop-db-1")
    assert after["shop-web-1"] != before["shop-web-1"]
    assert after["shop-db-1"] == before["shop-db-1"]


def starts(site):
    """The calls that started something, by container."""
    calls = [request for request in site.proxy.requests() if request.path.endswith("/start")]
    return {request.path.split("/")[2]: request for request in calls}


def several(names):
    """Services that do not depend on one another."""
    return "services:\n" + "".join(f"  {name}: {{image: {SLEEPER}, restart: always, environment: {{N: '0'}}}}\n" for name in names)


def test_what_depends_on_nobody_starts_side_by_side_and_the_rest_after_it(site):
    names = [f"s{number}" for number in range(6)]
    text = several(names) + f"  last: {{image: {SLEEPER}, restart: always, depends_on: [s0], environment: {{N: '0'}}}}\n"
    site.daemon.flags["workers"] = 3
    site.up(project(text), "shop")
    first = starts(site)
    assert first["shop-s0-1"].ended < first["shop-last-1"].time
    calls = [first[f"shop-{name}-1"] for name in names]
    assert any(one.time < other.time < one.ended for one in calls for other in calls), calls
    site.settle()
    site.repo.commit({"compose.yaml": text.replace("N: '0'", "N: '1'")})
    site.daemon.wait_for(lambda: len(starts(site)) == 7, "all to be started anew")
    second = {name.rsplit("-", 1)[0]: call for name, call in starts(site).items()}
    assert second["shop-s0"].ended < second["shop-last"].time


def test_a_crash_among_services_that_start_leaves_none_out_and_doubles_none(site):
    names = [f"s{number}" for number in range(10)]
    site.daemon.flags["workers"] = 3
    site.repo.commit(project(several(names)))
    site.daemon.start()
    wait_until(lambda: any(call.ended for call in starts(site).values()), 60, "the first start", interval=0.01)
    site.daemon.kill9()
    before = {container["Name"]: container["Id"] for container in site.containers("shop")}
    assert 0 < len(before) < len(names), before
    site.daemon.start()
    site.daemon.wait_ready("shop")
    after = {container["Name"]: container["Id"] for container in site.containers("shop")}
    assert sorted(after) == [f"/shop-{name}-1" for name in names]
    assert before.items() <= after.items()


def test_with_nothing_changed_nothing_is_done(site):
    site.up(project(SHOP), "shop")
    before = site.identity("shop-web-1", "shop-db-1")
    site.proxy.reset()
    site.repo.commit({"README": "nothing of ours"})
    site.daemon.tfctl("sync")
    assert site.proxy.mutating() == []
    assert site.identity("shop-web-1", "shop-db-1") == before


def test_a_fixed_port_goes_over_to_the_next_version(site):
    port = free_port()
    text = SHOP.replace("labels: {role: web}", f"labels: {{role: web}}\n    ports: ['127.0.0.1:{port}:80']")
    site.up(project(text), "shop")
    assert site.engine.inspect("shop-web-1")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] == str(port)
    site.repo.commit({"compose.yaml": text.replace("GREETING: hello", "GREETING: hi")})
    site.daemon.wait_for(lambda: greets(site, "hi"), "the update", 30)
    site.daemon.wait_ready("shop")
    assert site.engine.inspect("shop-web-1")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] == str(port)


def test_what_runs_once_is_done_until_it_changes(site):
    text = SHOP.replace("services:\n", f"""services:
  migrate:
    image: {SLEEPER}
    command: ["sh", "-c", "echo migrated >> /data/log"]
    volumes: [data:/data]
    networks: [back]
""").replace("depends_on: [db]", "depends_on: {db: {condition: service_started}, "
             "migrate: {condition: service_completed_successfully}}")
    site.up(project(text), "shop")
    job = site.engine.inspect("shop-migrate-1")
    assert job["State"]["Status"] == "exited" and job["State"]["ExitCode"] == 0
    assert log(site) == ["migrated"]
    site.engine.remove("shop-migrate-1")
    site.repo.commit({"compose.yaml": text.replace("GREETING: hello", "GREETING: hi")})
    site.daemon.wait_for(lambda: greets(site, "hi"), "the update", 30)
    site.daemon.wait_ready("shop")
    assert not site.engine.exists("shop-migrate-1")
    site.daemon.restart()  # what is known of a service outlives the controller
    site.daemon.wait_ready("shop")
    site.daemon.tfctl("sync")
    assert not site.engine.exists("shop-migrate-1")
    assert log(site) == ["migrated"]


def test_a_service_that_is_removed_goes_and_a_volume_stays(site):
    site.up(project(SHOP), "shop")
    web = SHOP[SHOP.index("  web:"):SHOP.index("  db:")]
    site.change({"compose.yaml": SHOP.replace(web, "").replace("  front: {}\n", "")}, "shop")
    wait_until(lambda: not site.engine.exists("shop-web-1"), 20, "web to go")
    # With web they are all containers of the host, within a day.
    last = site.repo.commit({}, rm=["shop.yaml", "compose.yaml"])
    site.daemon.wait_for(lambda: f"tfctl approve deletions {last}" in site.daemon.tfctl("get", "repository").out, "the deletion to be held")
    assert site.engine.exists("shop-db-1")
    site.daemon.tfctl("approve", "deletions", last)
    wait_until(lambda: not site.engine.exists("shop-db-1"), 30, "db to go")
    assert site.engine.call("GET", "/volumes/shop_data")["Name"] == "shop_data"


def test_an_error_says_where_it_is(site):
    site.repo.commit(project(SHOP.replace("restart: always", "restart: sometimes", 1)))
    site.daemon.start()
    site.daemon.wait_for(lambda: (site.daemon.condition("shop") or {}).get("reason") == "Stalled", "the error")
    message = site.daemon.condition("shop")["message"]
    assert "compose.yaml:5:" in message and "restart" in message


def test_a_file_of_variables_that_is_a_secret_reaches_the_environment_and_nothing_else(site):
    text = f"""
services:
  web: {{image: {SLEEPER}, restart: always, environment: {{URL: "db://u:$PASSWORD@db"}}}}
  other: {{image: {SLEEPER}, restart: always, environment: {{USER: $USER}}}}
"""
    site.daemon.write_secret("shop/env", "PASSWORD='tr0ub4dor-and-3'\nUSER=shopkeeper\n")
    site.up({"secret.yaml": manifest("Secret", "shop", {"fromFiles": {"env": "shop/env"}}),
             **project(text, envFiles=[{"secret": {"name": "shop", "key": "env"}}])}, "shop")
    assert site.environment("shop-web-1")["URL"] == "db://u:tr0ub4dor-and-3@db"
    assert site.environment("shop-other-1")["USER"] == "shopkeeper"
    before = site.identity("shop-web-1", "shop-other-1")
    site.daemon.write_secret("shop/env", "PASSWORD=correct-horse-7\nUSER=shopkeeper\n")
    site.daemon.wait_for(lambda: "correct-horse-7" in site.environment("shop-web-1")["URL"], "the new password", 30)
    site.daemon.wait_ready("shop")
    assert site.identity("shop-other-1")["shop-other-1"] == before["shop-other-1"]
    site.settle()
    seen = [str(site.engine.inspect("shop-web-1")["Config"]["Labels"]), site.daemon.logs(), site.daemon.http("/metrics")[1]]
    seen += [site.daemon.tfctl(*words).out for words in (
        ("get", "workloads", "-o", "json"), ("describe", "workload", "shop"), ("get", "events"), ("why", "shop"), ("diff",))]
    for path in site.cache_files():
        with open(path, "rb") as cache:
            seen.append(cache.read().decode(errors="replace"))
    for part in ("tr0ub4dor", "correct-horse", "shopkeeper"):
        assert all(part not in text for text in seen), part


def free_pair():
    """A port that is free, as is the next one."""
    while True:
        first = free_port()
        with socket.socket() as second:
            try:
                second.bind(("127.0.0.1", first + 1))
                return first
            except (OSError, OverflowError):
                continue


def test_each_replica_has_its_port_of_a_range(site):
    first = free_pair()
    text = f"services:\n  web: {{image: {SLEEPER}, restart: always, scale: 2, ports: ['{first}-{first + 1}:80']}}\n"
    site.up(project(text), "shop")
    published = [site.engine.inspect(f"shop-web-{n}")["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] for n in (1, 2)]
    assert published == [str(first), str(first + 1)]
    site.settle()


def test_a_tmpfs_has_its_owner_and_programs_may_be_run_where_it_is_said(site):
    text = f"""
services:
  web: {{image: {SLEEPER}, restart: always, tmpfs: ["/own:size=1m,mode=750,uid=1000,gid=100,exec", /run], init: false}}
"""
    site.up(project(text), "shop")
    assert site.engine.exec("shop-web-1", "stat", "-c", "%a %u %g", "/own")[1].strip() == "750 1000 100"
    mounts = dict(line.split()[1:4:2] for line in site.engine.exec("shop-web-1", "cat", "/proc/mounts")[1].splitlines())
    assert "noexec" not in mounts["/own"] and "noexec" in mounts["/run"]
    assert site.engine.inspect("shop-web-1")["HostConfig"]["Init"] is False
    site.settle()
