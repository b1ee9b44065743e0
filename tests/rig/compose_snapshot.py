"""What the Engine says of the compose projects that run on it, in a form in which two starts of one project are equal.

A project is {"container SERVICE NUMBER" | "network NAME" | "volume NAME": {…}}, its members as the Engine's inspect names
them, but for what NORMALISED says. Networks and volumes are those that its containers use or that have its name.
"""

import hashlib
import ipaddress
import os
import re

PICKED = "(picked by the Engine)"
POOL = ipaddress.ip_network("172.16.0.0/12")  # the subnets that the Engine picks from must be here, and no other

# What is taken out or brought into one form, and why that loses nothing.
NORMALISED = {
    "ids, times, states": "of one start; only Name, Config, HostConfig, NetworkSettings and Mounts are looked at",
    "null, \"\", [] and {}": "not given: the Engine makes no difference",
    "order of Env, aliases, capabilities, security options, ulimits, extra hosts": "has no meaning",
    "container:ID": "the service and number of that container",
    "Name": "docker-compose 1 parts project, service and number by _, docker compose 2 and Tinyforge by -",
    "a hostname or an alias that is a container's short id": "given by the Engine",
    "addresses, gateways, MAC addresses and subnets that were not asked for": "picked by the Engine",
    "host ports that were not asked for": "picked by the Engine",
    "host address \"\" and 0.0.0.0": "the same",
    "names of anonymous volumes": "picked by the Engine",
    "HostConfig.Binds, Mounts and Tmpfs, Config.Volumes":
        "spellings of one thing: what comes of them is in Mounts, by target; nocopy and the options of a tmpfs with it",
    "z of a volume": "the Engine adds it by itself, but not to one of HostConfig.Binds with another option",
    "paths of a project's own files": "Tinyforge mounts those of a commit from a folder of its own: their content counts",
    "restart policy \"\" and no": "the same",
}

_ANONYMOUS = re.compile("[0-9a-f]{64}")
_PICKED_ADDRESSES = ("Gateway", "IPPrefixLen", "IPv6Gateway", "GlobalIPv6PrefixLen", "NetworkID", "EndpointID")


_FREE = ("Labels", "Options", "Sysctls", "DriverOpts")  # maps in which "" is a value as any other


def _given(value, key=None):
    """Without what was not given."""
    if isinstance(value, dict) and key not in _FREE:
        value = {key: _given(item, key) for key, item in value.items()}
        return {key: item for key, item in value.items() if item not in (None, "", [], {})}
    return value


def _digest(path):
    """Of a file's content, or of all files below a folder with their paths."""
    paths = [path] if os.path.isfile(path) else sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    digest = hashlib.sha256()
    for each in paths:
        with open(each, "rb") as content:
            title = f"{os.path.relpath(each, path)}\0{os.stat(each).st_mode & 0o111}\0"
            digest.update(title.encode() + content.read() + b"\0")
    return "content " + digest.hexdigest()[:16]


class Snapshot:
    """Of all projects. `own_files`: folders of which the content of what is mounted counts, not the path."""

    def __init__(self, engine, own_files):
        self._own_files = tuple(own_files)
        self._containers = engine.inspect_all(engine.containers())
        self._networks = {network["Name"]: network for network in
                          (engine.call("GET", f"/networks/{each['Id']}") for each in engine.call("GET", "/networks"))}
        self._volumes = {volume["Name"]: volume for volume in engine.call("GET", "/volumes")["Volumes"] or []}
        self._titles = {container["Id"]: self._title(container) for container in self._containers}

    def project(self, name):
        found = {}
        networks, volumes = set(), set()
        for container in self._containers:
            if container["Config"]["Labels"].get("com.docker.compose.project") == name:
                found["container " + self._titles[container["Id"]]] = self._container(container, name)
                networks |= set(container["NetworkSettings"]["Networks"])
                volumes |= {mount["Name"] for mount in container["Mounts"] if mount["Type"] == "volume"}
        networks |= {network for network in self._networks if network.startswith(name + "_")}
        volumes |= {volume for volume in self._volumes if volume.startswith(name + "_")}
        found.update({"network " + network: self._network(self._networks[network]) for network in networks})
        found.update({"volume " + volume: self._volume(self._volumes[volume]) for volume in volumes
                      if not _ANONYMOUS.fullmatch(volume)})
        return found

    @staticmethod
    def _title(container):
        labels = container["Config"]["Labels"]
        return f"{labels.get('com.docker.compose.service')} {labels.get('com.docker.compose.container-number')}"

    def _container(self, inspected, project):
        config, host = dict(inspected["Config"]), dict(inspected["HostConfig"])
        short = inspected["Id"][:12]
        if config["Hostname"] in {each[:12] for each in self._titles}:
            del config["Hostname"]
        config["Env"] = sorted(config["Env"] or [])
        config["ExposedPorts"] = sorted(config.get("ExposedPorts") or {})
        for key in ("NetworkMode", "PidMode", "IpcMode"):
            if host[key].startswith("container:"):
                host[key] = "container:" + self._titles[host[key].removeprefix("container:")]
        for key in ("CapAdd", "CapDrop", "SecurityOpt", "ExtraHosts"):
            host[key] = sorted(host[key] or [])
        host["Ulimits"] = sorted(host["Ulimits"] or [], key=lambda limit: limit["Name"])
        host["RestartPolicy"] = {**host["RestartPolicy"], "Name": host["RestartPolicy"]["Name"] or "no"}
        mounts = self._mounts(inspected)
        for key in ("Binds", "Mounts", "Tmpfs"):
            host.pop(key, None)
        config.pop("Volumes", None)
        ports = _Ports(host.get("PortBindings") or {})
        host["PortBindings"] = ports.asked()
        settings = inspected["NetworkSettings"]
        service, number = self._titles[inspected["Id"]].split()
        name = inspected["Name"].strip("/").replace(f"{project}_{service}_{number}", f"{project}-{service}-{number}")
        return _given({"Name": name,
                       "Config": config, "HostConfig": host, "Mounts": mounts,
                       "Ports": ports.bound(settings["Ports"] or {}),
                       "Networks": {name: self._endpoint(endpoint, short, config.get("MacAddress"))
                                    for name, endpoint in settings["Networks"].items()}})

    @staticmethod
    def _endpoint(endpoint, short, mac):
        asked = endpoint["IPAMConfig"] or {}
        endpoint = {key: value for key, value in endpoint.items() if key not in _PICKED_ADDRESSES}
        if not asked.get("IPv4Address"):
            del endpoint["IPAddress"]
        if not asked.get("IPv6Address"):
            del endpoint["GlobalIPv6Address"]
        if not mac:
            del endpoint["MacAddress"]
        endpoint["Aliases"] = sorted(set(endpoint["Aliases"] or []) - {short})
        return endpoint

    def _mounts(self, inspected):
        host = inspected["HostConfig"]
        mounts = {mount["Destination"]: self._mount(mount) for mount in inspected["Mounts"]}
        for target, options in (host.get("Tmpfs") or {}).items():
            mounts[target] = {"Type": "tmpfs", "RW": True, **_tmpfs(options)}
        for mount in host.get("Mounts") or []:
            options = mount.get("TmpfsOptions") or {}
            if "SizeBytes" in options:
                mounts[mount["Target"]]["SizeBytes"] = options["SizeBytes"]
            if "Mode" in options:
                mounts[mount["Target"]]["Mode"] = options["Mode"]
            if (mount.get("VolumeOptions") or {}).get("NoCopy"):
                mounts[mount["Target"]]["NoCopy"] = True
        for bind in host.get("Binds") or []:
            _, target, *options = bind.split(":")
            if "nocopy" in ",".join(options).split(","):
                mounts[target]["NoCopy"] = True
        return mounts

    def _mount(self, mount):
        found = {key: value for key, value in mount.items() if key not in ("Mode", "Destination")}
        labels = ("z", "Z") if mount["Type"] == "bind" else ("Z",)
        found["Relabel"] = [option for option in mount["Mode"].split(",") if option in labels]
        if _ANONYMOUS.fullmatch(found.get("Name", "")):
            found.update(Name=PICKED, Source=PICKED)
        if found["Type"] == "bind" and found["Source"].startswith(self._own_files):
            found["Source"] = _digest(found["Source"])
        return found

    @staticmethod
    def _network(network):
        ipam = dict(network["IPAM"])
        ipam["Config"] = [pool for pool in ipam["Config"] or [] if not _is_picked(pool.get("Subnet", ""))]
        keep = ("Name", "Scope", "Driver", "EnableIPv6", "Internal", "Attachable", "Ingress", "ConfigOnly", "Options",
                "Labels")
        return _given({**{key: network[key] for key in keep}, "IPAM": ipam})

    @staticmethod
    def _volume(volume):
        return _given({key: volume[key] for key in ("Name", "Driver", "Options", "Labels", "Scope")})


class _Ports:
    def __init__(self, bindings):
        self._bindings = bindings

    def asked(self):
        return {port: sorted((_address(one["HostIp"]), self._number(one["HostPort"])) for one in bindings)
                for port, bindings in self._bindings.items()}

    def bound(self, ports):
        """None where a port is exposed only."""
        return {port: None if bindings is None else sorted(
            (one["HostIp"], one["HostPort"] if self._was_asked(port, one["HostPort"]) else PICKED) for one in bindings)
            for port, bindings in ports.items()}

    def _was_asked(self, port, number):
        return any(one["HostPort"] == number for one in self._bindings.get(port, []))

    @staticmethod
    def _number(text):
        return text if text not in ("", "0") else PICKED


def _address(text):
    return text or "0.0.0.0"


def _is_picked(subnet):
    network = ipaddress.ip_network(subnet)
    return network.version == 4 and network.subnet_of(POOL)


_UNITS = {"k": 10, "m": 20, "g": 30}


def _bytes(text):
    return int(text[:-1]) << _UNITS[text[-1]] if text[-1] in _UNITS else int(text)


def _tmpfs(options):
    found = {}
    for option in filter(None, options.split(",")):
        key, _, value = option.partition("=")
        if key == "size":
            found["SizeBytes"] = _bytes(value)
        elif key == "mode":
            found["Mode"] = int(value, 8)
        else:
            found[key] = value
    return found


def differences(path, theirs, ours):
    """(path, theirs, ours) of each place where two trees differ; paths are parted by "/"."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [found for key in sorted({*theirs, *ours}, key=str)
                for found in differences(f"{path}/{key}", theirs.get(key), ours.get(key))]
    return [] if theirs == ours else [(path, theirs, ours)]
