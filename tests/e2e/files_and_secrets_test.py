"""Files of the repository, inline content and secrets in the container."""

from rig.processes import wait_until
from rig.site import env, manifest, workload

_SECRET = manifest("Secret", "shop", {"fromFiles": {"password": "shop/password"}})
_FROM_SECRET = {"secret": {"name": "shop", "key": "password"}}


def read(site, container, path):
    code, text = site.engine.exec(container, "cat", path)
    assert code == 0, text
    return text.replace("\r\n", "\n")


def test_files_and_folders_of_the_repository_and_inline_content_are_mounted_read_only(site):
    files = [{"target": "/etc/shop", "from": "conf/"}, {"target": "/etc/one", "from": "conf/one.txt"},
             {"target": "/etc/motd", "content": "hello\n", "mode": "0640", "uid": 7, "gid": 8}]
    site.up({"apps/shop.yaml": workload("shop", files=files), "apps/conf/one.txt": "1\n", "apps/conf/sub/two.txt": "2\n"}, "shop")
    assert read(site, "shop", "/etc/shop/one.txt") == "1\n"
    assert read(site, "shop", "/etc/shop/sub/two.txt") == "2\n"
    assert read(site, "shop", "/etc/one") == "1\n"
    assert read(site, "shop", "/etc/motd") == "hello\n"
    assert site.engine.exec("shop", "stat", "-c", "%a %u %g", "/etc/motd")[1].strip() == "640 7 8"
    assert site.engine.exec("shop", "sh", "-c", "echo x >> /etc/motd")[0] != 0


def test_an_edited_file_of_the_repository_replaces_only_who_reads_it(site):
    site.up({"shop.yaml": workload("shop", files=[{"target": "/etc/one", "from": "one.txt"}]), "one.txt": "1\n",
             "other.yaml": workload("other")}, "shop", "other")
    before = site.identity("shop", "other")
    site.change({"one.txt": "2\n"})
    wait_until(lambda: read(site, "shop", "/etc/one") == "2\n", 30, "the new content")
    site.settle()
    after = site.identity("shop", "other")
    assert after["shop"][0] != before["shop"][0] and after["other"] == before["other"]


def test_a_file_with_a_signal_is_rewritten_in_place_and_the_container_stays(site):
    script = ["sh", "-c", "trap 'echo reloaded $(cat /etc/conf)' HUP; trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"]
    made = lambda text: workload("shop", command=script, files=[  # noqa: E731
        {"target": "/etc/conf", "content": text, "onChange": {"signal": "HUP"}}])
    site.up({"shop.yaml": made("one\n")}, "shop")
    before = site.identity("shop")
    site.change({"shop.yaml": made("two\n")})
    wait_until(lambda: "reloaded two" in site.engine.logs("shop"), 30, "the reload")
    assert site.identity("shop") == before
    site.settle()


def test_a_secret_reaches_file_and_environment_and_nothing_else(site):
    value = "tr0ub4dor-and-3"
    site.daemon.write_secret("shop/password", value)
    files = [{"target": "/run/secrets/password", **_FROM_SECRET}]
    variables = [{"name": "PASSWORD", "valueFrom": _FROM_SECRET}] + env(OTHER="x")
    site.up({"secret.yaml": _SECRET, "shop.yaml": workload("shop", files=files, env=variables)}, "shop")
    assert read(site, "shop", "/run/secrets/password") == value
    assert site.engine.exec("shop", "stat", "-c", "%a %u", "/run/secrets/password")[1].strip() == "400 0"
    assert site.environment("shop")["PASSWORD"] == value
    labels = site.engine.inspect("shop")["Config"]["Labels"]
    assert all(value not in text for text in labels.values())
    shown = [site.daemon.tfctl(*words).out for words in (
        ("get", "workloads", "-o", "json"), ("get", "secrets", "-o", "json"), ("describe", "workload", "shop"),
        ("get", "events"), ("why", "shop"), ("diff",))]
    shown += [site.daemon.logs(), site.daemon.http("/metrics")[1]]
    assert all(value not in text for text in shown)
    for path in site.cache_files():
        with open(path, "rb") as cache:
            assert value.encode() not in cache.read()


def test_a_changed_secret_replaces_the_container_and_is_named(site):
    site.daemon.write_secret("shop/password", "first")
    site.up({"secret.yaml": _SECRET, "shop.yaml": workload("shop", files=[{"target": "/run/password", **_FROM_SECRET}])}, "shop")
    site.daemon.write_secret("shop/password", "second")
    wait_until(lambda: read(site, "shop", "/run/password") == "second", 30, "the new value in the container")
    site.daemon.wait_for(lambda: "shop/password" in site.daemon.tfctl("why", "shop").out, "why to name the secret")
    site.settle()


def test_a_missing_secret_waits_with_its_name_and_starts_when_it_comes(site):
    head = site.repo.commit({"secret.yaml": _SECRET, "shop.yaml": workload(
        "shop", files=[{"target": "/run/password", **_FROM_SECRET}]), "other.yaml": workload("other")})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("other")
    site.daemon.wait_for(lambda: "shop" in (site.daemon.condition("shop") or {}).get("message", ""), "a message")
    assert site.daemon.condition("shop")["status"] == "False"
    assert not site.engine.exists("shop")
    site.daemon.write_secret("shop/password", "here")
    site.daemon.wait_ready("shop")
