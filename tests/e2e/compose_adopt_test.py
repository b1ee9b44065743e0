"""Projects that docker compose started are taken over where they stand: by docker-compose 1.29, and with the labels and
names of version 2, as containers made through the Engine."""

import os
import subprocess

import pytest
from rig.processes import wait_until
from rig.site import manifest, workload

SLEEPER = "tinyforge-test/sleeper:1"

SHOP = f"""
services:
  web:
    image: {SLEEPER}
    restart: always
    command: ["sh", "-c", "while :; do sleep 1; done"]
    environment: {{GREETING: hello, LEVEL: info}}
    depends_on: [db]
    networks: [front, back]
    labels: {{role: web}}
    tmpfs: [/run]
    cap_drop: [NET_RAW]
    ulimits: {{nofile: 1024}}
    volumes: [/cache]
  db:
    image: {SLEEPER}
    restart: always
    stop_grace_period: 3s
    mem_limit: 32m
    volumes: ["data:/data"]
    networks: {{back: {{aliases: [database]}}}}
networks:
  front: {{}}
  back: {{internal: true}}
volumes:
  data: {{}}
"""
WEB, DB = "shop_web_1", "shop_db_1"


def manifests(text=SHOP, **compose):
    return {"shop.yaml": manifest("Workload", "shop", {
                "source": {"compose": {"file": "compose.yaml", "projectName": "shop", "adopt": True, **compose}},
                "rollout": {"healthyAfter": "300ms"}}),
            "compose.yaml": text, "other.yaml": workload("other")}


def docker_compose(site, *arguments, text=SHOP):
    folder = site.folder.make("project")
    with open(os.path.join(folder, "compose.yaml"), "w") as file:
        file.write(text)
    done = subprocess.run(["docker-compose", "-p", "shop", "-f", "compose.yaml", *arguments], cwd=folder, text=True,
                          env={**os.environ, "DOCKER_HOST": "unix://" + site.dockerd.socket}, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def project(site):
    docker_compose(site, "up", "-d")
    return site


def adopted(site):
    """By service, what the facts say was taken over."""
    facts = {}
    for service in ("web", "db"):
        path = os.path.join(site.daemon.state_dir, "facts", f"shop.{service}.json")
        if os.path.exists(path):
            with open(path) as file:
                facts[service] = '"adopted"' in file.read()
    return facts


def test_what_is_as_asked_for_is_kept_with_its_name_networks_and_volumes(project):
    before = project.identity(WEB, DB)
    project.up(manifests(), "shop", "other")
    assert project.identity(WEB, DB) == before
    assert adopted(project) == {"web": True, "db": True}
    project.settle()
    assert project.identity(WEB, DB) == before
    assert len(project.engine.containers()) == 3


def test_the_plan_is_shown_before_and_only_what_differs_is_recreated(project):
    project.up({"other.yaml": workload("other")}, "other")
    before = project.identity(WEB, DB)
    changed = SHOP.replace("GREETING: hello", "GREETING: hi")
    cache = [m["Name"] for m in project.engine.inspect(WEB)["Mounts"] if m["Type"] == "volume"]
    for path, text in manifests(changed).items():
        with open(os.path.join(project.repo.work, path), "w") as file:
            file.write(text)
    diff = project.daemon.tfctl("diff", "-f", project.repo.work, check=False).out
    assert f"adopt {WEB} (to be recreated: env.GREETING differs)" in diff
    assert f"adopt {DB} (kept: " in diff
    assert "create shop-web-1" in diff and "create shop-db" not in diff
    assert project.identity(WEB, DB) == before and adopted(project) == {}
    project.repo.commit(manifests(changed))
    project.daemon.wait_for(lambda: project.engine.exists("shop-web-1"), "the replacement", 30)
    project.daemon.wait_ready("shop")
    wait_until(lambda: not project.engine.exists(before[WEB][0]), 30, "the old container to go")
    assert "GREETING=hi" in project.engine.inspect("shop-web-1")["Config"]["Env"]
    assert project.identity(DB)[DB] == before[DB]
    web = project.engine.inspect("shop-web-1")
    assert set(web["NetworkSettings"]["Networks"]) == {"shop_front", "shop_back"}
    assert [m["Name"] for m in web["Mounts"] if m["Type"] == "volume"] == cache  # anonymous ones go over
    project.settle()


def test_a_volume_or_source_that_would_change_is_refused_and_nothing_is_touched(project):
    before = project.identity(WEB, DB)
    moved = SHOP.replace("data:/data", "other:/data").replace("  data: {}", "  other: {}")
    project.repo.commit(manifests(moved.replace("GREETING: hello", "GREETING: hi")))
    project.daemon.start()
    project.daemon.wait_ready("other")
    project.daemon.wait_for(lambda: "shop_data" in (project.daemon.condition("shop") or {}).get("message", ""),
                            "the refusal", 30)
    message = project.daemon.condition("shop")["message"]
    assert f"service db (container {DB}): /data is volume shop_data and would be volume shop_other" in message
    assert project.daemon.condition("shop", "Stalled")["status"] == "True"
    assert project.identity(WEB, DB) == before and adopted(project) == {}
    assert not any(v["Name"] == "shop_other" for v in project.engine.call("GET", "/volumes")["Volumes"])
    project.change(manifests(), "shop")
    assert project.identity(WEB, DB) == before


def test_without_the_word_they_are_in_the_way(project):
    before = project.identity(WEB, DB)
    project.repo.commit(manifests(adopt=False))
    project.daemon.start()
    project.daemon.wait_for(lambda: "adopt: true" in (project.daemon.condition("shop") or {}).get("message", ""),
                            "the conflict", 30)
    assert WEB in project.daemon.condition("shop")["message"]
    assert project.identity(WEB, DB) == before


def test_services_that_the_file_does_not_have_stay_alone(project):
    before = project.identity(WEB, DB)
    web = SHOP[SHOP.index("  web:"):SHOP.index("  db:")]
    project.up(manifests(SHOP.replace(web, "").replace("  front: {}\n", "")), "shop", "other")
    assert WEB in project.daemon.condition("shop", "ForeignContainer")["message"]
    assert project.identity(WEB, DB) == before
    project.settle()


@pytest.mark.parametrize("lost", ["nothing", "cache", "facts"])
def test_a_kill_of_the_controller_changes_nothing(project, lost):
    before = project.identity(WEB, DB)
    project.up(manifests(), "shop", "other")
    project.daemon.kill9()
    for path in project.cache_files() if lost == "cache" else []:
        os.unlink(path)
    facts = os.path.join(project.daemon.state_dir, "facts")
    for name in os.listdir(facts) if lost == "facts" else []:
        if name.startswith("shop"):
            os.unlink(os.path.join(facts, name))
    project.daemon.start()
    project.daemon.wait_ready("shop", "other")
    project.settle()
    assert project.identity(WEB, DB) == before
    assert adopted(project) == {"web": True, "db": True}


def test_once_adopted_drift_is_repaired(project):
    project.up(manifests(), "shop", "other")
    database = project.engine.inspect(DB)["Id"]
    project.engine.stop(DB, timeout=1)
    project.daemon.wait_for(lambda: project.engine.inspect(DB)["State"]["Running"], "the start", 30)
    assert project.engine.inspect(DB)["Id"] == database
    project.daemon.restart()
    project.daemon.wait_ready("shop")
    project.engine.rename(DB, "elsewhere")
    project.daemon.wait_for(lambda: project.engine.exists(DB), "its name", 30)
    project.engine.disconnect(database, "shop_back")
    project.daemon.wait_for(lambda: "shop_back" in project.engine.inspect(DB)["NetworkSettings"]["Networks"], "the network", 30)
    project.engine.remove(WEB)
    project.daemon.wait_for(lambda: project.engine.exists("shop-web-1"), "another container", 30)
    project.daemon.wait_ready("shop")
    assert project.engine.inspect(DB)["Id"] == database
    project.settle()


def test_they_go_with_the_workload_and_the_volume_stays(project):
    project.up(manifests(), "shop", "other")
    project.daemon.restart()
    project.daemon.wait_ready("shop", "other")
    project.repo.commit({}, rm=["shop.yaml"])
    wait_until(lambda: not project.engine.exists(WEB) and not project.engine.exists(DB), 40, "the containers to go")
    assert project.engine.call("GET", "/volumes/shop_data")["Name"] == "shop_data"


def test_what_docker_compose_removes_meanwhile_is_made_anew(project):
    project.up(manifests(adopt=True), "shop", "other")
    project.change(manifests(adopt=False), "shop")
    project.daemon.kill9()
    docker_compose(project, "down")
    project.daemon.start()
    for name in ("shop-web-1", "shop-db-1"):
        project.daemon.wait_for(lambda: project.engine.exists(name), name, 30)
    project.daemon.wait_ready("shop", "other")
    assert project.engine.call("GET", "/networks/shop_back")["Labels"]["tinyforge.managed"] == "true"
    assert [m["Name"] for m in project.engine.inspect("shop-db-1")["Mounts"]] == ["shop_data"]
    project.settle()
    assert adopted(project) == {"web": False, "db": False}


def test_a_workload_removed_while_it_takes_over_takes_all_along(project):
    project.up({"other.yaml": workload("other")}, "other")
    project.repo.commit(manifests())
    project.daemon.wait_for(lambda: any(adopted(project).values()), "the first to be taken over", 30)
    project.daemon.kill9()
    project.repo.commit({}, rm=["shop.yaml"])
    project.daemon.start()
    names = [name for name, is_ours in ((WEB, adopted(project).get("web")), (DB, adopted(project).get("db"))) if is_ours]
    wait_until(lambda: not any(project.engine.exists(name) for name in names), 40, "what was taken over to go")
    assert project.engine.call("GET", "/volumes/shop_data")["Name"] == "shop_data"


def test_once_adopted_the_word_may_go(project):
    project.up(manifests(), "shop", "other")
    database = project.engine.inspect(DB)["Id"]
    project.change(manifests(adopt=False), "shop")
    project.daemon.restart()
    project.daemon.wait_ready("shop")
    project.settle()
    assert project.engine.inspect(DB)["Id"] == database
    project.engine.remove(WEB)  # shop_front has no container then
    project.daemon.wait_for(lambda: project.engine.exists("shop-web-1"), "another container", 30)
    project.daemon.wait_ready("shop")
    project.repo.commit(manifests(SHOP.replace("GREETING: hello", "GREETING: hi"), adopt=False))
    project.daemon.wait_for(lambda: "GREETING=hi" in project.engine.inspect("shop-web-1")["Config"]["Env"], "the change", 30)
    project.daemon.wait_ready("shop")
    assert project.engine.inspect(DB)["Id"] == database
    project.settle()


def test_an_adopted_network_that_changes_is_made_anew_under_its_containers(project):
    project.up(manifests(), "shop", "other")
    before = project.identity(WEB, DB)
    network = project.engine.call("GET", "/networks/shop_back")["Id"]
    project.repo.commit(manifests(SHOP.replace("back: {internal: true}", "back: {}")))

    def members():
        back = project.engine.call("GET", "/networks/shop_back")
        return {c["Name"] for c in back["Containers"].values()} if back["Id"] != network and not back["Internal"] else set()
    project.daemon.wait_for(lambda: members() == {WEB, DB}, "both to be on a new network", 30)
    project.daemon.wait_ready("shop")
    assert project.identity(WEB, DB) == before
    project.settle()


def labels_of_v2(service, **more):
    return {"com.docker.compose.project": "shop", "com.docker.compose.service": service, "com.docker.compose.oneoff": "False",
            "com.docker.compose.container-number": "1", "com.docker.compose.version": "2.24.5",
            "com.docker.compose.config-hash": "0" * 64, "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
            "com.docker.compose.project.working_dir": "/srv/shop", "com.docker.compose.image": "sha256:" + "0" * 64, **more}


V2 = f"""
services:
  web:
    image: {SLEEPER}
    restart: unless-stopped
    environment: {{GREETING: hello}}
    volumes: ["data:/data"]
volumes:
  data: {{}}
"""


@pytest.mark.parametrize("greeting, kept", [("hello", True), ("hi", False)])
def test_a_project_of_version_2(site, greeting, kept):
    tags = {"com.docker.compose.project": "shop", "com.docker.compose.version": "2.24.5"}
    site.engine.call("POST", "/networks/create", {"Name": "shop_default", "CheckDuplicate": True,
                                                  "Labels": {**tags, "com.docker.compose.network": "default"}})
    site.engine.call("POST", "/volumes/create", {"Name": "shop_data", "Labels": {**tags, "com.docker.compose.volume": "data"}})
    site.engine.run("shop-web-1", SLEEPER, Env=["GREETING=hello"], Labels=labels_of_v2("web"), Tty=False,
                    HostConfig={"Mounts": [{"Type": "volume", "Source": "shop_data", "Target": "/data", "VolumeOptions": {}}],
                                "RestartPolicy": {"Name": "unless-stopped"}, "NetworkMode": "shop_default"},
                    NetworkingConfig={"EndpointsConfig": {"shop_default": {"Aliases": ["shop-web-1", "web"]}}})
    one_off = site.engine.run("shop-web-run-1", SLEEPER, Labels=labels_of_v2("web", **{"com.docker.compose.oneoff": "True"}))
    before = site.identity("shop-web-1")
    site.up(manifests(V2.replace("hello", greeting)), "shop", "other")
    if not kept:
        wait_until(lambda: not site.engine.exists(before["shop-web-1"][0]), 30, "the old container to go")
        site.daemon.wait_ready("shop")
    assert (site.identity("shop-web-1") == before) is kept
    assert f"GREETING={greeting}" in site.engine.inspect("shop-web-1")["Config"]["Env"]
    assert [m["Name"] for m in site.engine.inspect("shop-web-1")["Mounts"]] == ["shop_data"]
    assert site.engine.inspect(one_off)["State"]["Running"]
    site.settle()
