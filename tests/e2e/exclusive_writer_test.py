"""A writer that must be alone on its data is never run twice, whatever is edited or killed."""

import pytest

from rig.processes import wait_until
from rig.site import env, workload

_VOLUMES = {
    "directory": [{"scope": "Stage", "source": "data", "target": "/data"}],
    "named": [{"scope": "ProjectNamed", "source": "data", "target": "/data"}],
}


def database(volumes, **spec):
    return workload("db", "tinyforge-test/writer:1", volumes=volumes, **spec)


def story(site):
    """(lines of the log, whether a second writer ever met the first)"""
    _, log = site.engine.exec("db", "cat", "/data/log")
    code, _ = site.engine.exec("db", "test", "-e", "/data/corrupt")
    return log.split("\r\n"), code == 0


def updated(site, value):
    def alone_and_new():
        names = site.running("db")
        return len(names) == 1 and f"N={value}" in names[0]["Config"]["Env"] and names[0]["Name"] == "/db"
    site.daemon.wait_for(alone_and_new, f"version {value} to serve alone", 90)


@pytest.mark.parametrize("volumes", _VOLUMES.values(), ids=_VOLUMES.keys())
def test_the_writer_never_runs_twice_across_edits(site, volumes):
    site.up({"db.yaml": database(volumes, env=env(N="0"))}, "db")
    for number in range(1, 5):
        site.repo.commit({"db.yaml": database(volumes, env=env(N=str(number)))})
        updated(site, number)
    log, corrupt = story(site)
    assert not corrupt
    assert len([line for line in log if line.startswith("start")]) == 5
    assert len([line for line in log if line.startswith("end")]) == 4


def test_the_writer_never_runs_twice_across_kills_of_the_controller(site):
    volumes = _VOLUMES["directory"]
    site.up({"db.yaml": database(volumes, env=env(N="0"))}, "db")
    for number in range(1, 7):
        site.proxy.reset()
        site.repo.commit({"db.yaml": database(volumes, env=env(N=str(number)))})
        wait_until(lambda: len(site.proxy.mutating()) >= min(number, 5), 30, "the update to be under way")
        site.daemon.kill9()
        site.daemon.start()
        updated(site, number)
    assert not story(site)[1]


def test_the_writer_never_runs_twice_across_kills_of_the_engine(site):
    volumes = _VOLUMES["directory"]
    site.up({"db.yaml": database(volumes, env=env(N="0"))}, "db")
    for number in range(1, 5):
        site.proxy.reset()
        site.repo.commit({"db.yaml": database(volumes, env=env(N=str(number)))})
        wait_until(lambda: len(site.proxy.mutating()) >= number, 30, "the update to be under way")
        site.dockerd.kill9()
        site.dockerd.start()
        updated(site, number)
    assert not story(site)[1]


def test_a_reboot_in_the_middle_of_an_update_brings_at_most_one_writer_up(site):
    volumes = _VOLUMES["directory"]
    site.up({"db.yaml": database(volumes, env=env(N="0"))}, "db")
    for number in range(1, 4):
        site.proxy.reset()
        site.repo.commit({"db.yaml": database(volumes, env=env(N=str(number)))})
        wait_until(lambda: len(site.proxy.mutating()) >= 2 + number, 30, "the update to be under way")
        site.daemon.kill9()
        site.dockerd.kill9()
        site.dockerd.start()
        assert len(site.running("db")) <= 1
        site.daemon.start()
        updated(site, number)
    assert not story(site)[1]


def test_an_edit_that_crashes_brings_the_old_writer_back_alone(site):
    volumes = _VOLUMES["directory"]
    site.up({"db.yaml": database(volumes, env=env(N="0"))}, "db")
    old = site.identity("db")["db"][0]
    site.repo.commit({"db.yaml": database(volumes, env=env(N="1"), command=["sh", "-c", "exit 7"])})
    site.daemon.wait_for(lambda: "7" in (site.daemon.condition("db") or {}).get("message", ""), "the failure to be told")
    wait_until(lambda: [container["Id"] for container in site.running("db")] == [old], 30, "the old writer to be back")
    assert not story(site)[1]


def test_two_replicas_of_an_exclusive_writer_are_refused(site):
    site.repo.write({"db.yaml": database(_VOLUMES["directory"], replicas=2)})
    result = site.daemon.tfctl("validate", site.repo.work, check=False)
    assert result.code == 1
    assert "db.yaml" in result.out + result.err and "replicas" in result.out + result.err
