"""Real git servers: HTTP with a password, HTTPS with an authority of its own, ssh with a key and known hosts."""

import os

import pytest

from rig.gitserver import GitServer
from rig.site import env, workload


@pytest.fixture
def serve(site):
    """serve(**options) starts a git server, points tinyforged at its repository and returns it."""
    servers = []

    def start(**options):
        server = GitServer(**options).start()
        servers.append(server)
        site.repo = server.repo()
        site.daemon.flags["repo"] = server.http + "/config.git"
        return server
    yield start
    for server in servers:
        server.close()


def secret_file(site, name, content):
    path = os.path.join(site.daemon.folder.path, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(content)
    return path


def trouble(site, *words):
    def told():
        text = site.daemon.tfctl("get", "repository", "-o", "json").out
        return all(word in text for word in words)
    site.daemon.wait_for(told, f"the repository to show {words}")


def test_http_without_a_password(site, serve):
    serve()
    site.up({"shop.yaml": workload("shop")}, "shop")
    site.change({"blog.yaml": workload("blog")}, "blog")


def test_http_with_a_password_that_never_shows(site, serve):
    serve(user="ci:s3cret-word")
    site.daemon.flags["git_username"] = "ci"
    site.daemon.flags["git_password_file"] = secret_file(site, "password", "s3cret-word\n")
    site.up({"shop.yaml": workload("shop")}, "shop")
    shown = site.daemon.tfctl("get", "repository", "-o", "json").out + site.daemon.logs()
    assert "s3cret-word" not in shown


def test_a_wrong_password_is_told_and_what_runs_stays(site, serve):
    serve(user="ci:right")
    site.daemon.flags["git_username"] = "ci"
    path = site.daemon.flags["git_password_file"] = secret_file(site, "password", "right")
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.daemon.sigterm()
    secret_file(site, "password", "wrong")
    site.daemon.start()
    trouble(site, "False")
    assert site.identity("shop") == before
    with open(path, "w") as out:
        out.write("right")
    site.change({"blog.yaml": workload("blog")}, "blog")
    assert "wrong" not in site.daemon.logs()


def test_https_checks_the_certificate(site, serve):
    server = serve(tls=True)
    site.repo.commit({"shop.yaml": workload("shop")})
    site.daemon.start()
    trouble(site, "certificate")
    site.daemon.sigterm()
    site.daemon.flags["git_ca_file"] = server.ca
    site.daemon.start()
    site.daemon.wait_ready("shop")


def test_ssh_checks_the_host_key_and_uses_the_key_file(site, serve):
    server = serve(ssh=True)
    site.daemon.flags.update(repo=server.ssh + "/config.git", git_ssh_key_file=server.ssh_key,
                             git_known_hosts_file=server.known_hosts)
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.daemon.sigterm()
    site.daemon.flags["git_known_hosts_file"] = secret_file(site, "known_hosts", "")
    site.daemon.start()
    trouble(site, "host key")
    assert site.identity("shop") == before


def test_a_server_that_is_down_leaves_the_last_good_revision_in_force_and_recovers_by_itself(site, serve):
    server = serve()
    head = site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    server.stop_http()
    trouble(site, head, "False")
    site.engine.remove("shop")
    site.daemon.wait_for(lambda: site.engine.exists("shop") and site.engine.inspect("shop")["State"]["Running"],
                         "drift to be repaired without git")
    assert site.identity("shop") != before
    server.start_http()
    site.change({"blog.yaml": workload("blog")}, "blog")


def test_a_controller_started_while_the_server_is_down_deletes_nothing(site, serve):
    server = serve()
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.daemon.sigterm()
    server.stop_http()
    site.daemon.start()
    site.wait_resyncs(3)
    assert site.identity("shop") == before


def test_a_rewritten_history_is_followed_and_told(site):
    site.up({"shop.yaml": workload("shop"), "old.yaml": workload("old")}, "shop", "old")
    before = site.identity("shop")
    head = site.repo.force_push({"shop.yaml": workload("shop"), "new.yaml": workload("new")})
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("new")
    assert site.identity("shop") == before
    site.daemon.wait_for(lambda: "rewritten" in site.daemon.tfctl("get", "events").out.lower(), "the event")


def test_a_missing_branch_is_told_and_deletes_nothing(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.repo.git("push", "-q", "origin", "HEAD:refs/heads/elsewhere")
    site.repo.git("--git-dir", site.repo.bare, "update-ref", "-d", "refs/heads/main")
    trouble(site, "main")
    site.wait_resyncs(2)
    assert site.identity("shop") == before
    site.repo.push()
    site.change({"blog.yaml": workload("blog")}, "blog")


def test_a_corrupt_clone_is_replaced(site):
    site.up({"shop.yaml": workload("shop")}, "shop")
    before = site.identity("shop")
    site.daemon.sigterm()
    broken = 0
    for folder, _, names in os.walk(site.daemon.state_dir):
        if "objects" in folder:
            for name in names:
                os.chmod(os.path.join(folder, name), 0o600)
                with open(os.path.join(folder, name), "r+b") as content:
                    content.truncate(3)
                broken += 1
    assert broken
    site.daemon.start()
    site.change({"blog.yaml": workload("blog")}, "blog")
    assert site.identity("shop") == before


def test_a_sub_path_is_all_that_is_read(site):
    site.daemon.flags["path"] = "hosts/one"
    site.up({"hosts/one/shop.yaml": workload("shop"), "hosts/two/blog.yaml": workload("blog")}, "shop")
    site.wait_resyncs(2)
    assert not site.engine.exists("blog")


def test_the_branch_asked_for_is_followed(site):
    site.repo.commit({"shop.yaml": workload("shop")})
    site.repo.git("push", "-q", "origin", "HEAD:refs/heads/live")
    site.daemon.flags["branch"] = "live"
    site.daemon.start()
    site.daemon.wait_ready("shop")
    before = site.identity("shop")
    site.repo.commit({"shop.yaml": workload("shop", env=env(A="1"))})
    site.wait_resyncs(2)
    assert site.identity("shop") == before
