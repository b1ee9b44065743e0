"""A container that another hand made anew, under its old name and with all its labels, but not as it was."""

import os
import re
import signal

import pytest

from rig import images
from rig.engine import EngineError
from rig.processes import wait_until
from rig.site import env, manifest, workload

_SAMPLES = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "manifests", "samples")
_PASSWORD = "tr0ub4dor-and-3"


def _secret_env():
    return {"name": "PASSWORD", "valueFrom": {"secret": {"name": "shop", "key": "password"}}}


def _environment(**variables):
    def change(config, _):
        kept = [entry for entry in config["Env"] if entry.split("=", 1)[0] not in variables]
        config["Env"] = kept + [f"{name}={value}" for name, value in variables.items()]
    return change


def _config(**members):
    return lambda config, _: config.update(members)


def _host(**members):
    return lambda _, host: host.update(members)


# What is altered, and the field that is to be named.
ALTERATIONS = {
    "env-changed": (_environment(LOG_LEVEL="debug"), "env.LOG_LEVEL"),
    "env-added": (_environment(EXTRA="1"), "env.EXTRA"),
    "env-secret": (_environment(PASSWORD="another"), "env.PASSWORD"),
    "cmd": (_config(Cmd=["sh", "-c", "sh /run.sh"]), "args"),
    "user": (_config(User="0"), "user"),
    "label": (lambda config, _: config["Labels"].update(team="theirs"), "containerLabels.team"),
    "bind": (_host(Binds=["/etc:/host-etc:ro"]), "mounts./host-etc"),
    "mount": (_host(Mounts=[{"Type": "bind", "Source": "/etc", "Target": "/host-etc"}]), "mounts./host-etc"),
    "privileged": (_host(Privileged=True), "privileged"),
    "capability": (_host(CapAdd=["NET_RAW"]), "capabilities.add"),
    "port": (_host(PortBindings={"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}), "ports.80"),
    "host-pid": (_host(PidMode="host"), "pidMode"),
}


def recreate(site, name, change=lambda config, host: None):
    """As Portainer and Watchtower do it: with everything that `inspect` shows, but for what is changed."""
    made = site.engine.inspect(name)
    config, host = made["Config"], made["HostConfig"]
    change(config, host)
    networks = {network: {"Aliases": endpoint["Aliases"], "IPAMConfig": endpoint["IPAMConfig"]}
                for network, endpoint in made["NetworkSettings"]["Networks"].items()}
    image = config.pop("Image")
    config.pop("Hostname")
    site.engine.stop(name)  # what is killed has a successor at once, which is told by another cause
    site.engine.remove(name)
    site.engine.create(name, image, **config, HostConfig=host, NetworkingConfig={"EndpointsConfig": networks})
    try:
        site.engine.start(name)
    except EngineError as error:  # this machine may forbid what is asked for; it was created nevertheless
        assert "not permitted" in str(error), error


class Asleep:
    """tinyforged sees nothing of what happens meanwhile before it has happened."""

    def __init__(self, daemon):
        self.daemon = daemon

    def __enter__(self):
        os.kill(self.daemon.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.daemon.pid, signal.SIGCONT)


class Ended(Asleep):
    def __enter__(self):
        self.daemon.sigterm()

    def __exit__(self, *_):
        self.daemon.start()


def cause(site, name):
    return site.engine.inspect(name)["Config"]["Labels"]["tinyforge.cause"]


def creates(site, name):
    """The creates of the container and of its candidates."""
    return [call for call in site.proxy.mutating()
            if re.search(rf"POST \S*/containers/create\S*name={re.escape(name)}(\.\d+)?(&|\s|$)", call)]


@pytest.mark.parametrize("absence", [Asleep, Ended])
def test_each_alteration_is_replaced_once_and_named_and_a_true_copy_is_not(site, absence):
    site.daemon.write_secret("shop/password", _PASSWORD)
    spec = {"env": env(LOG_LEVEL="info") + [_secret_env()], "containerLabels": {"team": "ours"}, "ports": [{"container": 80}]}
    files = {"secret.yaml": manifest("Secret", "shop", {"fromFiles": {"password": "shop/password"}})}
    names = list(ALTERATIONS) + ["copy"]
    files |= {f"{name}.yaml": workload(name, "tinyforge-test/httpd:1", **spec) for name in names}
    site.up(files, *names)
    site.settle()
    with absence(site.daemon):
        for name, (change, _) in ALTERATIONS.items():
            recreate(site, name, change)
        recreate(site, "copy")
        before = site.identity(*names)
        site.proxy.reset()
    fields = {name: field for name, (_, field) in ALTERATIONS.items()}
    wait_until(lambda: all(cause(site, name) == f"{field} differs from what was created: drift"
                           for name, field in fields.items() if site.engine.exists(name)), 60,
               lambda: f"the repairs; causes: { {name: cause(site, name) for name in names} }")
    site.daemon.wait_ready(*names)
    wait_until(lambda: all(len(site.containers(name)) == 1 for name in names), 30, "the altered ones to be gone")
    assert {name: len(creates(site, name)) for name in names} == {name: 1 for name in fields} | {"copy": 0}
    site.settle()
    after = site.identity(*names)
    assert after["copy"] == before["copy"] and all(after[name][0] != before[name][0] for name in fields)
    story = site.daemon.tfctl("why", "env-secret").out + site.daemon.tfctl("get", "events").out + site.daemon.logs()
    assert "env.PASSWORD differs" in story and _PASSWORD not in story and "another" not in cause(site, "env-secret")
    for name in names:  # what tinyforged makes, the Engine reports so
        assert site.daemon.condition(name, "EngineDisagrees") is None


def test_what_was_replaced_for_an_alteration_and_shows_it_again_is_left_alone_and_reported(site):
    site.up({"shop.yaml": workload("shop", env=env(LOG_LEVEL="info"))}, "shop")
    first = site.identity("shop")
    with Asleep(site.daemon):
        recreate(site, "shop", _environment(LOG_LEVEL="debug"))
    wait_until(lambda: "drift" in cause(site, "shop"), 30, "the repair")
    site.settle()
    assert 'tinyforge_drift_repairs_total{cause="template"} 1' in site.daemon.http("/metrics")[1]
    with Asleep(site.daemon):
        recreate(site, "shop", _environment(LOG_LEVEL="debug"))
        again = site.identity("shop")
    site.daemon.wait_for(lambda: site.daemon.condition("shop", "EngineDisagrees"), "the report")
    assert "env.LOG_LEVEL" in site.daemon.condition("shop", "EngineDisagrees")["message"]
    site.settle()
    assert site.identity("shop") == again != first
    site.change({"shop.yaml": workload("shop", env=env(LOG_LEVEL="warning"))})
    wait_until(lambda: site.environment("shop")["LOG_LEVEL"] == "warning", 30, "the update")
    site.daemon.wait_for(lambda: not site.daemon.condition("shop", "EngineDisagrees"), "the report to go")


def test_a_suspended_workload_only_reports_the_alteration(site):
    site.up({"shop.yaml": workload("shop", env=env(LOG_LEVEL="info"))}, "shop")
    site.daemon.tfctl("suspend", "shop")
    with Asleep(site.daemon):
        recreate(site, "shop", _environment(LOG_LEVEL="debug"))
        before = site.identity("shop")
    site.daemon.wait_for(lambda: "env.LOG_LEVEL differs" in (site.daemon.condition("shop") or {}).get("message", ""), "the report")
    assert site.identity("shop") == before
    site.daemon.tfctl("resume", "shop")
    wait_until(lambda: site.environment("shop")["LOG_LEVEL"] == "info", 30, "the repair")


# --- what is as it was made ---


def sample(path, **replaced):
    """The text of a sample, with what this machine does not have replaced; `replaced` is {what stands there: instead}."""
    with open(os.path.join(_SAMPLES, path)) as text:
        manifests = text.read()
    for old, new in replaced.items():
        assert old in manifests, old
        manifests = manifests.replace(old, new)
    return manifests


def _serve(port):
    return f'["-c", "mkdir -p /tmp/www && touch /tmp/www/healthz && exec httpd -f -p {port} -h /tmp/www"]'


def _full(site):
    """Every field of a Workload in use, on what this machine has."""
    return sample("full/workload.yaml", **{
        'hosts: ["web*", db-1]': 'hosts: ["*"]', "pullPolicy: Always": "pullPolicy: IfNotPresent", "suspend: true": "suspend: false",
        "privileged: true": "privileged: false",  # what the sandbox of these tests does not have to give
        "command: [/usr/bin/shop]": "command: [/bin/sh]", "args: [serve, --verbose]": f"args: {_serve(8080)}",
        "host: /dev/ttyUSB0": "host: /dev/zero", "/srv/media": site.data, "  parent: shop-staging\n": "",
        "interval: 5s": "interval: 1s", "/usr/share/fonts": "/fonts"}).split("---\n")[0]


def _images(site):
    """The samples' images, by other images' tags, and one that brings whatever an image can bring."""
    for image, names in (("httpd:1", ("nginx:1.27.3", "tinyforge-demo:1")),
                         ("sleeper:1", ("postgres:16.4", "registry.example.com/gallery:2.0.1",
                                        "registry.example.com:5000/team/shop:1.4.2"))):
        for name in names:
            site.engine.tag("tinyforge-test/" + image, *name.rsplit(":", 1))
    images.import_busybox_image(site.engine, "tinyforge-test/rich:1", "while :; do sleep 1; done", changes=[
        "ENV IMAGE_SAYS=a=b", "ENV EMPTY=", "USER 1000", "WORKDIR /tmp/", "VOLUME /anonymous", "EXPOSE 99",
        'ENTRYPOINT ["sh"]', 'CMD ["/run.sh"]'])


def _features(site):
    """By workload, what the samples do not show."""
    httpd = "tinyforge-test/httpd:1"
    return {
        "rich": workload("rich", "tinyforge-test/rich:1"),
        "rich-own": workload("rich-own", "tinyforge-test/rich:1", env=env(IMAGE_SAYS="no", QUOTED="\"<&>\\\té\u2028"), user="0",
                             args=["/run.sh", "--now"], workingDir="/tmp", hostname="own.example.com"),
        "entry": workload("entry", "tinyforge-test/rich:1", command=["sh", "/run.sh"], stopSignal="TERM"),
        "host-net": workload("host-net", networkMode="host", hostname="named"),
        "no-net": workload("no-net", networkMode="none"),
        "beside": workload("beside", networkMode="service:rich", dependsOn=["rich"]),
        "public": workload("public", httpd, ports=[{"container": 80, "host": 18080, "hostIP": "0.0.0.0"}, {"container": 80, "host": 0},
                                                   {"container": 81, "host": 18081}, {"container": 53, "host": 0, "protocol": "UDP"}]),
        "caps": workload("caps", capabilities={"add": ["CAP_NET_RAW", "CHOWN"], "drop": ["MKNOD"]}),
        "probe": workload("probe", httpd, healthcheck={"exec": ["true"], "interval": "1500ms", "startPeriod": "1s"}),
        "log": workload("log", logging={"driver": "none"}, stopGracePeriod="1500ms", dns=["192.0.2.53", "2001:DB8:0:0::1"],
                        extraHosts=["six:2001:db8::1", "db:10.9.8.7"], sysctls={"net.ipv4.conf.eth0.forwarding": "1"}),
        "mounts": workload("mounts", volumes=[{"scope": "Named", "source": "raw", "target": "/raw", "shared": True},
                                              {"scope": "Absolute", "source": site.data, "target": "/in/side"},
                                              {"scope": "Ephemeral", "target": "/e", "mode": "1770"}]),
    }


def test_samples_and_features_never_differ_from_what_they_were_created_as(site):
    _images(site)
    site.dockerd.docker("network", "create", "proxy")
    for path in ("shop/db-password", "shop/tls.key", "shop/hook", "shop/hook-hmac"):
        site.daemon.write_secret(path, f"{_PASSWORD} of {path} \"\\\n")
    site.daemon.write_config("hostPolicy:\n  rules:\n    - workloads: [\"*\"]\n      hostNetwork: true\n"
                             "      capabilities: [NET_ADMIN]\n      devices: [/dev/zero]\n      absoluteRoots:\n"
                             f"        - {{path: {site.data}}}\n")
    features = _features(site)
    files = {f"{name}.yaml": text for name, text in features.items()}
    files |= {"full/shop.yaml": _full(site), "full/secret.yaml": sample("full/secret.yaml", **{"web*": "*"}),
              "full/conf/banner.txt": sample("full/conf/banner.txt"), "site/about.html": "about",
              "web.yaml": sample("image-workload/web.yaml").split("---\n")[0], "hello.yaml": sample("quickstart/hello.yaml"),
              "files.yaml": sample("quickstart/files.yaml"), "scopes.yaml": sample("volumes/scopes.yaml", **{"/srv/media": site.data})}
    names = list(features) + ["shop", "web", "hello", "files", "postgres", "gallery"]
    site.up(files)
    assert not site.daemon.repository().get("errors"), site.daemon.repository()["errors"]
    site.daemon.wait_ready(*names, timeout=120)
    site.settle()
    running = {container["Name"]: container["Id"] for container in site.containers()}
    for name in names:
        assert site.daemon.condition(name, "EngineDisagrees") is None, site.daemon.condition(name, "EngineDisagrees")
    site.daemon.restart()
    site.daemon.wait_ready(*names)
    site.settle()
    assert {container["Name"]: container["Id"] for container in site.containers()} == running
    assert "from what was created" not in site.daemon.logs() + site.daemon.tfctl("get", "events").out


def test_a_container_whose_anonymous_volume_was_inherited_does_not_differ(site):
    _images(site)
    site.up({"rich.yaml": workload("rich", "tinyforge-test/rich:1")}, "rich")
    volume = site.engine.inspect("rich")["Mounts"][0]["Name"]
    site.change({"rich.yaml": workload("rich", "tinyforge-test/rich:1", env=env(A="1"))})
    wait_until(lambda: site.environment("rich").get("A") == "1", 30, "the update")
    site.daemon.wait_ready("rich")
    assert site.engine.inspect("rich")["Mounts"][0]["Name"] == volume
    site.settle()
    before = site.identity("rich")
    site.daemon.restart()
    site.settle()
    assert site.identity("rich") == before


def test_what_the_host_policy_brings_is_no_alteration(site):
    publish = [{"container": 80, "host": 0}]
    site.daemon.write_config("hostPolicy:\n  defaultHostIP: 127.0.0.1\n")
    site.up({"shop.yaml": workload("shop", "tinyforge-test/httpd:1", ports=publish)}, "shop")
    before = site.identity("shop")
    site.daemon.write_config("hostPolicy:\n  defaultHostIP: 0.0.0.0\n")
    site.daemon.restart()
    site.settle()
    assert site.identity("shop") == before
