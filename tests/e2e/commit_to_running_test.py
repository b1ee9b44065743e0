"""From a commit to containers, and from the next commit to the next ones."""

import subprocess

from rig.processes import wait_until
from rig.site import env, workload


def created(site):
    return [request for request in site.proxy.requests() if request.path.startswith("/containers/create")]


def test_a_commit_becomes_a_running_container_with_what_the_manifest_says(site):
    head = site.up({"apps/shop.yaml": workload("shop", env=env(LOG_LEVEL="info"), hostname="shop-host",
                                               containerLabels={"team": "web"}, stopSignal="SIGINT",
                                               resources={"memory": "64Mi", "cpus": "500m"})}, "shop")
    shop = site.engine.inspect("shop")
    assert shop["State"]["Running"]
    assert site.environment("shop")["LOG_LEVEL"] == "info"
    assert shop["Config"]["Hostname"] == "shop-host"
    assert shop["Config"]["StopSignal"] == "SIGINT"
    assert shop["HostConfig"]["Memory"] == 64 << 20
    assert shop["HostConfig"]["NanoCpus"] == 500_000_000
    assert shop["HostConfig"]["RestartPolicy"]["Name"] == "always"
    labels = shop["Config"]["Labels"]
    assert labels["team"] == "web"
    assert labels["tinyforge.managed"] == "true"
    assert labels["tinyforge.workload.id"] == "shop"
    assert labels["tinyforge.revision"] == head
    assert labels["tinyforge.source"].startswith("apps/shop.yaml")
    assert labels["tinyforge.image"] == shop["Image"]


def test_replicas_are_named_in_order_and_answer_by_the_workloads_name(site):
    site.up({"web.yaml": workload("web", "tinyforge-test/httpd:1", replicas=2, env=env(GREETING="hi")),
             "client.yaml": workload("client")}, "web", "client")
    assert {container["Name"] for container in site.running("web")} == {"/web", "/web-2"}
    code, answer = site.engine.exec("client", "wget", "-qO-", "http://web/")
    assert (code, answer.strip()) == (0, "hi")
    site.change({"web.yaml": workload("web", "tinyforge-test/httpd:1", replicas=1, env=env(GREETING="hi"))})
    wait_until(lambda: [container["Name"] for container in site.containers("web")] == ["/web"], 30, "one replica to be left")


def test_an_edited_variable_replaces_the_container_once_and_the_cause_is_shown(site):
    site.up({"shop.yaml": workload("shop", env=env(COLOUR="red")), "other.yaml": workload("other")}, "shop", "other")
    before = site.identity("shop", "other")
    site.proxy.reset()
    head = site.change({"shop.yaml": workload("shop", env=env(COLOUR="blue"))})
    wait_until(lambda: site.environment("shop")["COLOUR"] == "blue" and len(site.containers("shop")) == 1, 30,
               "the new container to serve alone")
    site.daemon.wait_ready("shop")
    site.settle()
    after = site.identity("shop", "other")
    assert after["shop"][0] != before["shop"][0]
    assert after["other"] == before["other"]
    shop = site.engine.inspect("shop")
    assert "env" in shop["Config"]["Labels"]["tinyforge.cause"]
    assert shop["Config"]["Labels"]["tinyforge.revision"] == head
    why = site.daemon.tfctl("why", "shop").out
    assert "env" in why and head[:7] in why
    assert "env" in site.daemon.tfctl("describe", "workload", "shop").out


def test_one_edit_makes_one_container_and_nothing_is_stopped_before_it_runs(site):
    site.up({"shop.yaml": workload("shop", env=env(COLOUR="red"))}, "shop")
    old = site.identity("shop")["shop"][0]
    site.proxy.reset()
    site.change({"shop.yaml": workload("shop", env=env(COLOUR="blue"))})
    wait_until(lambda: not site.engine.exists(old), 30, "the old container to be gone")
    calls = site.proxy.mutating()
    creates = [index for index, call in enumerate(calls) if call.startswith("POST /containers/create")]
    starts = [index for index, call in enumerate(calls) if "/start" in call]
    stops = [index for index, call in enumerate(calls) if call.startswith(f"POST /containers/{old}/stop")]
    assert len(creates) == 1 and len(starts) == 1, calls
    assert creates[0] < starts[0] < stops[0], calls


def test_an_edit_that_crashes_leaves_the_old_container_serving(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    head = site.repo.commit({"shop.yaml": workload("shop", "tinyforge-test/crasher:1")})
    site.daemon.wait_revision(head)
    site.daemon.wait_for(lambda: site.daemon.condition("shop")["status"] == "False", "shop not to be Ready")
    site.wait_resyncs(3)
    assert site.identity("shop") == before
    assert "3" in site.daemon.condition("shop")["message"]
    site.change({"shop.yaml": workload("shop")}, "shop")
    assert site.identity("shop") == before
    site.settle()


def test_a_missing_image_waits_and_leaves_the_old_container_serving(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    head = site.repo.commit({"shop.yaml": workload("shop", source={"image": {
        "repository": "tinyforge-test/nowhere", "tag": "9", "pullPolicy": "Never"}})})
    site.daemon.wait_revision(head)
    site.daemon.wait_for(lambda: site.daemon.condition("shop")["status"] == "False", "shop not to be Ready")
    assert "tinyforge-test/nowhere:9" in site.daemon.condition("shop")["message"]
    assert site.identity("shop") == before


def test_limits_and_restart_policy_change_in_place(site):
    limits = {"memory": "64Mi", "cpus": "500m"}
    site.up({"shop.yaml": workload("shop", resources=limits)}, "shop")
    before = site.identity("shop")
    site.change({"shop.yaml": workload("shop", resources={"memory": "96Mi", "cpus": "250m"}, restart="OnFailure")})
    wait_until(lambda: site.engine.inspect("shop")["HostConfig"]["Memory"] == 96 << 20, 30, "the new limit")
    wait_until(lambda: site.engine.inspect("shop")["HostConfig"]["RestartPolicy"]["Name"] == "on-failure", 30, "the new policy")
    assert site.engine.inspect("shop")["HostConfig"]["NanoCpus"] == 250_000_000
    assert site.identity("shop") == before
    site.settle()


def test_a_removed_manifest_takes_its_containers_along_and_leaves_volumes(site):
    volumes = [{"scope": "ProjectNamed", "source": "data", "target": "/data"}]
    site.up({"gone.yaml": workload("gone", volumes=volumes), "stays.yaml": workload("stays")}, "gone", "stays")
    before = site.identity("stays")
    site.change({}, rm=["gone.yaml"])
    wait_until(lambda: not site.containers("gone"), 30, "the container to be gone")
    assert site.daemon.workload("gone") is None
    assert site.identity("stays") == before
    assert [volume["Name"] for volume in site.engine.call("GET", "/volumes")["Volumes"]] == ["tf-gone--data"]


def test_a_moved_manifest_changes_nothing(site):
    site.up({"a/shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.change({"b/deep/shop.yaml": workload("shop")}, "shop", rm=["a"])
    site.wait_resyncs(2)
    assert site.identity("shop") == before


def test_a_published_port_answers_on_loopback_and_moves_with_an_edit(site):
    site.up({"web.yaml": workload("web", "tinyforge-test/httpd:1", ports=[{"container": 80, "host": 8201}])}, "web")
    fetch = lambda port: subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/"], capture_output=True, text=True).stdout  # noqa: E731
    wait_until(lambda: fetch(8201) == "hello\n", 10, "an answer")
    assert site.engine.inspect("web")["HostConfig"]["PortBindings"]["80/tcp"][0]["HostIp"] == "127.0.0.1"
    site.change({"web.yaml": workload("web", "tinyforge-test/httpd:1", ports=[{"container": 80, "host": 8202}])})
    wait_until(lambda: fetch(8202) == "hello\n", 30, "an answer on the new port")
    assert len(site.running("web")) == 1


def test_a_workload_of_another_host_is_not_run_here(site):
    site.daemon.flags["host"] = "web1"
    site.up({"here.yaml": workload("here", hosts=["web*"]), "there.yaml": workload("there", hosts=["db*"])}, "here")
    site.wait_resyncs(2)
    assert not site.engine.exists("there")
