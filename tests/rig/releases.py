"""Releases: images of their own under a tag of a registry, and the manifests that follow them."""

from rig.site import manifest, workload

_BASE = "tinyforge-test/sleeper:1"


def release(site, registry, tag, repository="shop", base=_BASE):
    """Pushes an image of its own under the tag; its digest."""
    template = site.engine.create("release-template", base)
    site.engine.call("POST", "/commit", {"Labels": {"release": f"{repository}:{tag}"}}, container=template,
                     repo="tinyforge-test/release", tag="next")
    site.engine.remove(template)
    return registry.push(site.dockerd, "tinyforge-test/release:next", f"{repository}:{tag}")


def shop(name, registry, tag="1.0.0", repository="shop", **spec):
    """A Workload with an image of the registry."""
    image = {"repository": f"{registry.address}/{repository}", "tag": tag}
    return workload(name, source={"image": image}, **spec)


def trigger(name, webhook=None, **spec):
    """`webhook`: key of the Secret "hooks" with the webhook's secret."""
    if webhook:
        spec["webhook"] = {"secretRef": {"name": "hooks", "key": webhook}}
    return manifest("Trigger", name, spec)


def binding(name, trigger, workload, **spec):
    return manifest("Binding", name, {"trigger": trigger, "workload": workload, **spec})


def digests(site, name):
    """What runs of a workload, by digest."""
    return [container["Config"]["Image"].rpartition("@")[2] for container in site.running(name)]


def wait_runs(site, name, digest, timeout=40):
    site.daemon.wait_for(lambda: digests(site, name) == [digest], f"{name} to run {digest}", timeout)
    site.daemon.wait_ready(name)
