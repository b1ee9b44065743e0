"""The rig proves itself: what the other tests believe about it is true."""

import http.client
import json
import os
import subprocess
import sys
import threading

import pytest

from rig import images
from rig.dockerd import Dockerd
from rig.engine import Engine, EngineError
from rig.engine_proxy import EngineProxy
from rig.gitserver import GitServer
from rig.processes import RigError, wait_until
from rig.registry import Registry
from rig.registry_front import RegistryFront
from rig.token_server import TokenServer

_RIG = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture(scope="module")
def dockerd():
    dockerd = Dockerd().start()
    images.import_all(dockerd.engine)
    yield dockerd
    folder = dockerd.folder.path
    dockerd.close()
    assert not os.path.exists(folder)
    with open("/proc/self/mounts") as mounts:
        assert folder not in mounts.read()


@pytest.fixture
def clean(dockerd):
    yield dockerd
    dockerd.remove_containers()


def test_containers_find_each_other_by_name_on_a_network_of_their_own(clean):
    clean.docker("network", "create", "front")
    clean.docker("run", "-d", "--network", "front", "--name", "web", "-e", "GREETING=hi", "tinyforge-test/httpd:1")
    got = clean.docker("run", "--rm", "--network", "front", "tinyforge-test/sleeper:1", "sh", "-c",
                       "for i in 1 2 3 4 5 6 7 8 9; do wget -qO- http://web/ && break; sleep 0.2; done")
    assert got == "hi"


def test_a_port_published_on_loopback_answers(clean):
    clean.docker("run", "-d", "-p", "127.0.0.1:8099:80", "-e", "GREETING=port", "tinyforge-test/httpd:1")
    wait_until(lambda: subprocess.check_output(["curl", "-s", "http://127.0.0.1:8099/"]) == b"port\n", 10, "the answer")


def test_a_killed_engine_comes_back_with_what_ran_under_always(clean):
    before = clean.engine.run("back", "tinyforge-test/sleeper:1", HostConfig={"RestartPolicy": {"Name": "always"}})
    clean.engine.run("stays-down", "tinyforge-test/sleeper:1", HostConfig={"RestartPolicy": {"Name": "unless-stopped"}})
    clean.kill9()
    with pytest.raises(OSError):
        clean.engine.ping()
    clean.start()
    wait_until(lambda: clean.engine.inspect("back")["State"]["Running"], 20, "the container to run")
    assert clean.engine.inspect("back")["Id"] == before
    assert not clean.engine.inspect("stays-down")["State"]["Running"]


def test_stopping_a_test_image_takes_no_grace_period(clean):
    for image in ("sleeper:1", "httpd:1", "writer:1"):
        clean.engine.run("quick", "tinyforge-test/" + image)
        wait_until(lambda: clean.engine.exec("quick", "sh", "-c", "true")[0] == 0, 10, "the shell to run")
        clean.engine.stop("quick", timeout=30)
        assert clean.engine.inspect("quick")["State"]["ExitCode"] == 0, image
        clean.engine.remove("quick")


def test_a_second_writer_on_the_same_data_ends_and_leaves_the_corrupt_marker(clean, tmp_path):
    host = {"Mounts": [{"Type": "bind", "Source": str(tmp_path), "Target": "/data"}]}
    clean.engine.run("first", "tinyforge-test/writer:1", HostConfig=host)
    wait_until(lambda: (tmp_path / "log").exists(), 10, "the first write")
    assert not (tmp_path / "corrupt").exists()
    clean.engine.run("second", "tinyforge-test/writer:1", HostConfig=host)
    wait_until(lambda: not clean.engine.inspect("second")["State"]["Running"], 10, "the second to end")
    assert clean.engine.inspect("second")["State"]["ExitCode"] == 1
    assert (tmp_path / "corrupt").exists()


def test_the_proxy_writes_down_every_request_of_a_kept_connection(clean, tmp_path):
    proxy = EngineProxy(clean.socket, str(tmp_path / "p.sock")).start()
    engine = Engine(proxy.socket)
    connection = engine.connection()
    engine.call("GET", "/v1.41/containers/json", connection=connection)
    engine.call("POST", "/v1.41/containers/create", {"Image": "tinyforge-test/sleeper:1"}, connection=connection, name="pp")
    engine.call("GET", "/version", connection=connection)
    assert [request.method + " " + request.path for request in proxy.requests()] == [
        "GET /containers/json", "POST /containers/create?name=pp", "GET /version"]
    assert proxy.mutating() == ["POST /containers/create?name=pp"]
    assert json.loads(proxy.requests()[1].body) == {"Image": "tinyforge-test/sleeper:1"}
    proxy.stop()


def test_the_proxy_is_transparent_for_chunked_uploads_hijacked_streams_and_events(clean, tmp_path):
    proxy = EngineProxy(clean.socket, str(tmp_path / "p.sock")).start()
    through = ["/usr/bin/docker", "--host", "unix://" + proxy.socket]
    layer = images.busybox_layer(files={"/hello": "x"})
    subprocess.run(through + ["import", "-", "tinyforge-test/imported:1"], input=layer, check=True, capture_output=True)
    ran = subprocess.run(through + ["run", "-i", "--rm", "tinyforge-test/sleeper:1", "cat"], input=b"echoed", check=True,
                         capture_output=True)
    assert ran.stdout == b"echoed"
    seen = []
    watch = subprocess.Popen(through + ["events", "--format", "{{.Action}}"], stdout=subprocess.PIPE, text=True)
    reader = threading.Thread(target=lambda: seen.extend(iter(watch.stdout.readline, "")), daemon=True)
    reader.start()
    wait_until(lambda: any(request.path.startswith("/events") for request in proxy.requests()), 10, "the subscription")
    name = iter(range(1000))

    def noticed():
        clean.engine.create(f"event-{next(name)}", "tinyforge-test/sleeper:1")
        return "create\n" in seen
    wait_until(noticed, 10, "an event")
    proxy.cut()
    watch.wait(10)
    proxy.stop()


def test_an_image_reaches_and_leaves_the_registry(clean):
    registry = Registry().start()
    try:
        reference = f"{registry.address}/test/sleeper:1"
        clean.docker("tag", "tinyforge-test/sleeper:1", reference)
        clean.docker("push", "-q", reference)
        clean.docker("rmi", reference)
        with pytest.raises(EngineError):
            clean.engine.image(reference)
        clean.docker("pull", "-q", reference)
        assert clean.engine.image(reference)["Id"] == clean.engine.image("tinyforge-test/sleeper:1")["Id"]
    finally:
        registry.close()


def test_a_registry_with_tokens_knows_who_may_pull(clean):
    tokens = TokenServer({"ci": "s3cret"}).start()
    registry = Registry(tokens=tokens).start()
    try:
        digest = registry.push(clean, "tinyforge-test/sleeper:1", "sleeper:1", "ci:s3cret")
        assert digest.startswith("sha256:")
        for login in (None, "ci:wrong"):
            with pytest.raises(RigError):
                registry.push(clean, "tinyforge-test/sleeper:1", "sleeper:2", login)
        with pytest.raises(RigError):
            clean.docker("pull", "-q", f"{registry.address}/sleeper:1")
    finally:
        registry.close()
        tokens.close()


def test_what_stands_before_a_registry_goes_wrong_as_told_and_is_well_again():
    registry = Registry().start()
    front = RegistryFront(registry.address).start()

    def status(timeout=20):
        connection = http.client.HTTPConnection(front.address, timeout=timeout)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status
        finally:
            connection.close()

    try:
        assert status() == 200
        for fault in (429, 503):
            front.fail(fault)
            assert status() == fault
        front.swallow()
        with pytest.raises(TimeoutError):
            status(timeout=0.3)
        front.mend()
        assert status() == 200
        front.refuse()
        with pytest.raises(ConnectionRefusedError):
            status()
        front.start()
        assert status() == 200
        assert front.requests == ["GET /v2/"] * 6
    finally:
        front.close()
        registry.close()


@pytest.mark.parametrize("tls", [False, True])
def test_git_over_http_wants_the_password_and_serves_the_newest_commit(tls, tmp_path):
    server = GitServer(user="ci:s3cret", tls=tls).start()
    try:
        repo = server.repo()
        first = repo.commit({"a/one.yaml": "1"})
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **({"GIT_SSL_CAINFO": server.ca} if tls else {})}
        remote = server.http.replace("://", "://ci:s3cret@") + "/config.git"
        listing = lambda url: subprocess.run(["git", "ls-remote", url, "main"], env=environment, capture_output=True, text=True)  # noqa: E731
        assert listing(remote).stdout.startswith(first)
        assert listing(server.http + "/config.git").returncode != 0
        rewritten = repo.force_push({"two.yaml": "2"})
        assert listing(remote).stdout.startswith(rewritten)
        assert repo.rm("two.yaml") != rewritten
    finally:
        server.close()


def test_git_over_ssh_takes_the_key_and_shows_the_known_host_key():
    server = GitServer(ssh=True).start()
    try:
        head = server.repo().commit({"a.yaml": "1"})
        command = (f"ssh -F none -i {server.ssh_key} -o IdentitiesOnly=yes -o BatchMode=yes "
                   f"-o UserKnownHostsFile={server.known_hosts} -o StrictHostKeyChecking=yes")
        got = subprocess.run(["git", "ls-remote", server.ssh + "/config.git", "main"], capture_output=True, text=True,
                             env={**os.environ, "GIT_SSH_COMMAND": command})
        assert got.stdout.startswith(head), got.stderr
    finally:
        server.close()


def test_the_command_line_serves_until_its_input_closes_and_leaves_nothing():
    child = subprocess.Popen([sys.executable, os.path.join(_RIG, "dockerd.py")], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True, env={**os.environ, "TINYFORGE_RIG_SANDBOX": ""})
    facts = json.loads(child.stdout.readline())
    engine = Engine(facts["socket"])
    assert engine.ping()
    child.stdin.write("kill9\nstart\n")
    child.stdin.flush()
    assert json.loads(child.stdout.readline())["ok"]
    assert json.loads(child.stdout.readline())["ok"]
    assert engine.ping()
    child.stdin.close()
    child.wait(60)
    assert not os.path.exists(facts["folder"])
