"""With nothing changed, no mutating call reaches the Engine's socket."""

from rig.processes import wait_until
from rig.site import env, manifest, workload


def test_unchanged_commits_and_a_hundred_resyncs_make_no_mutating_call(site):
    site.daemon.flags["resync_interval"] = "100ms"
    site.daemon.write_secret("shop/password", "value")
    files = {f"w{number}.yaml": workload(f"w{number}", env=env(N=str(number)), resources={"memory": "64Mi"})
             for number in range(4)}
    files["secret.yaml"] = manifest("Secret", "shop", {"fromFiles": {"password": "shop/password"}})
    files["full.yaml"] = workload(
        "full", "tinyforge-test/httpd:1", replicas=2, ports=[{"container": 80}], containerLabels={"a": "b"},
        files=[{"target": "/etc/x", "content": "x"}, {"target": "/run/p", "secret": {"name": "shop", "key": "password"}}],
        volumes=[{"scope": "Stage", "source": "data", "target": "/data", "shared": True},
                 {"scope": "Ephemeral", "target": "/scratch"}],
        networks=[{"name": "front", "aliases": ["edge"]}, {"name": "back"}])
    files["port.yaml"] = workload("port", "tinyforge-test/httpd:1", ports=[{"container": 80, "host": 8301}])
    names = ["w0", "w1", "w2", "w3", "full", "port"]
    site.up(files, *names)
    site.settle()
    before = site.identity(*names)
    site.proxy.reset()
    site.wait_resyncs(50)
    for number in range(5):
        site.change({"notes.txt": f"note {number}", "w0.yaml": f"# comment {number}\n" + files["w0.yaml"]})
    site.daemon.sync()
    site.wait_resyncs(50)
    assert site.proxy.mutating() == []
    assert site.identity(*names) == before


def test_a_restart_of_the_controller_makes_no_mutating_call(site):
    site.up({"shop.yaml": workload("shop", replicas=2), "web.yaml": workload("web", "tinyforge-test/httpd:1")}, "shop", "web")
    site.settle()
    before = site.identity("shop", "shop-2", "web")
    for end in (site.daemon.sigterm, site.daemon.kill9):
        end()
        site.proxy.reset()
        site.daemon.start()
        site.daemon.wait_ready("shop", "web")
        site.wait_resyncs(3)
        assert site.proxy.mutating() == []
    assert site.identity("shop", "shop-2", "web") == before


def test_the_controller_killed_at_any_moment_of_an_update_ends_where_it_would_have(site):
    site.up({"shop.yaml": workload("shop", env=env(N="0"))}, "shop")
    for number in range(1, 9):
        site.proxy.reset()
        site.repo.commit({"shop.yaml": workload("shop", env=env(N=str(number)))})
        wait_until(lambda: len(site.proxy.mutating()) >= min(number, 5), 30, "the update to be under way")
        site.daemon.kill9()
        assert len(site.running("shop")) >= 1
        site.daemon.start()
        site.daemon.wait_for(lambda: site.engine.exists("shop") and site.environment("shop")["N"] == str(number) and
                             len(site.containers("shop")) == 1, f"update {number} to complete")
    site.daemon.wait_ready("shop")
    site.settle()
