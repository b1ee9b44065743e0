"""The SQLite file is a cache: whatever happens to it, no container restarts."""

import os
import shutil

import pytest

from rig.site import env, workload

_NAMES = ("shop", "shop-2", "web")


@pytest.fixture
def running(site):
    site.up({"shop.yaml": workload("shop", replicas=2, env=env(A="1"), resources={"memory": "64Mi"}),
             "web.yaml": workload("web", "tinyforge-test/httpd:1", files=[{"target": "/etc/x", "content": "x"}])},
            "shop", "web")
    site.settle()
    assert site.cache_files()
    return site


def remove(site, path):
    os.unlink(path)


def remove_with_companions(site, path):
    for name in (path, path + "-wal", path + "-shm"):
        if os.path.exists(name):
            os.unlink(name)


def truncate(site, path):
    os.truncate(path, os.path.getsize(path) // 2)


def empty(site, path):
    os.truncate(path, 0)


def scribble(site, path):
    with open(path, "r+b") as cache:
        cache.write(os.urandom(os.path.getsize(path)))


def swap(site, path):
    """Another installation's cache, which knows nothing of these workloads but others of the same instance."""
    other = site.another(instance=site.daemon.instance + "-other")
    other.start()
    other.wait_revision(site.repo.head())
    other.sigterm()
    for folder, _, names in os.walk(other.state_dir):
        for name in names:
            if name == os.path.basename(path):
                shutil.copy(os.path.join(folder, name), path + ".new")
                os.rename(path + ".new", path)
                return
    raise AssertionError("the other installation has no cache of that name")


_DAMAGES = [remove, remove_with_companions, truncate, empty, scribble, swap]


def check_alive(site, before):
    """It still works (or does so after the restart a broken cache may ask for), and nothing restarted."""
    if not site.daemon.running():
        site.daemon.start()
    site.daemon.wait_ready("shop", "web")
    site.settle()
    assert site.identity(*_NAMES) == before
    site.change({"third.yaml": workload("third")}, "third")
    assert site.identity(*_NAMES) == before


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__)
def test_a_cache_damaged_while_stopped_restarts_nothing(running, damage):
    before = running.identity(*_NAMES)
    running.daemon.sigterm()
    for path in running.cache_files():
        damage(running, path)
    running.proxy.reset()
    running.daemon.start()
    running.daemon.wait_ready("shop", "web")
    running.wait_resyncs(3)
    assert running.proxy.mutating() == []
    check_alive(running, before)


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__)
def test_a_cache_damaged_while_running_restarts_nothing(running, damage):
    before = running.identity(*_NAMES)
    for path in running.cache_files():
        damage(running, path)
    running.wait_resyncs(3)
    running.repo.commit({"notes.txt": "wake up"})
    running.wait_resyncs(3)
    check_alive(running, before)


def test_a_lost_cache_and_clone_restart_nothing(running):
    before = running.identity(*_NAMES)
    running.daemon.sigterm()
    for path in running.cache_files():
        remove_with_companions(running, path)
    for name in os.listdir(running.daemon.state_dir):
        path = os.path.join(running.daemon.state_dir, name)
        if name.startswith("git"):
            os.unlink(path) if os.path.islink(path) else shutil.rmtree(path)
    running.daemon.start()
    check_alive(running, before)


def test_a_removal_committed_while_the_cache_was_lost_is_still_carried_out(running):
    running.daemon.sigterm()
    for path in running.cache_files():
        remove_with_companions(running, path)
    running.repo.commit(rm=["web.yaml"])
    running.daemon.start()
    running.daemon.wait_for(lambda: not running.engine.exists("web"), "web to go")
    running.daemon.wait_ready("shop")
