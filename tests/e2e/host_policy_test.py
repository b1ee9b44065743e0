"""What a host forbids, no commit gets."""

from rig.site import workload


def refused(site, name, *words):
    site.daemon.wait_for(lambda: (site.daemon.condition(name) or {}).get("status") == "False", f"{name} to be refused")
    message = site.daemon.condition(name)["message"]  # the first one: nothing else is said before
    assert all(word in message for word in words), message
    assert not site.engine.exists(name)


def test_without_a_policy_nothing_dangerous_runs_and_the_rest_does(site):
    head = site.repo.commit({
        "root.yaml": workload("root", privileged=True),
        "etc.yaml": workload("etc", volumes=[{"scope": "Absolute", "source": "/etc", "target": "/host", "readOnly": True}]),
        "sock.yaml": workload("sock", volumes=[{"scope": "Absolute", "source": "/var/run/docker.sock", "target": "/s"}]),
        "net.yaml": workload("net", networkMode="host"),
        "caps.yaml": workload("caps", capabilities={"add": ["SYS_ADMIN"]}),
        "dev.yaml": workload("dev", devices=[{"host": "/dev/kmsg", "container": "/dev/kmsg"}]),
        "own.yaml": workload("own", volumes=[{"scope": "Absolute", "source": site.daemon.state_dir + "/files", "target": "/x"}]),
        "shared.yaml": workload("shared", networkMode="service:exporter"),
        "fine.yaml": workload("fine")})
    site.engine.run("exporter", "tinyforge-test/sleeper:1", HostConfig={"NetworkMode": "host"})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("fine")
    refused(site, "root", "privileged")
    refused(site, "etc", "/etc")
    refused(site, "sock", "docker.sock")
    refused(site, "net", "host")
    refused(site, "caps", "SYS_ADMIN")
    refused(site, "dev", "/dev/kmsg")
    refused(site, "own", "what Tinyforge keeps")
    refused(site, "shared", "no container exporter of a workload")


def test_a_policy_allows_what_it_names_for_whom_it_names(site):
    site.daemon.write_config("hostPolicy:\n  rules:\n    - workloads: [\"media*\"]\n      absoluteRoots:\n"
                             f"        - {{path: {site.data}, readOnly: true}}\n")
    mount = lambda **more: [{"scope": "Absolute", "source": site.data, "target": "/media", **more}]  # noqa: E731
    head = site.repo.commit({"media.yaml": workload("media", volumes=mount(readOnly=True)),
                             "media-rw.yaml": workload("media-rw", volumes=mount()),
                             "other.yaml": workload("other", volumes=mount(readOnly=True))})
    site.daemon.start()
    site.daemon.wait_revision(head)
    site.daemon.wait_ready("media")
    refused(site, "media-rw", site.data)
    refused(site, "other", site.data)


def test_a_link_out_of_an_allowed_root_is_not_followed(site):
    import os
    os.symlink("/etc", os.path.join(site.data, "innocent"))
    site.daemon.write_config("hostPolicy:\n  rules:\n    - workloads: [\"*\"]\n      absoluteRoots:\n"
                             f"        - {{path: {site.data}}}\n")
    site.repo.commit({"sly.yaml": workload("sly", volumes=[
        {"scope": "Absolute", "source": site.data + "/innocent", "target": "/x"}])})
    site.daemon.start()
    refused(site, "sly", "/etc")
