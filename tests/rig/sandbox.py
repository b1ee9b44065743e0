"""A private world for an engine: own network, mount and process namespaces.

In it dockerd may own iptables, any bridge, subnet and port without meeting the machine's engine or another rig, and
when the sandbox ends the kernel takes every process and mount of it along, whatever way it ended.

  python3 tests/rig/sandbox.py COMMAND...     runs a command in a new sandbox
"""

import os
import subprocess
import sys

_MARK = "TINYFORGE_RIG_SANDBOX"
# Engines of one machine share their id, so the locks of controllers would be those of the machine's as well.
_SETUP = "ip link set lo up; mkdir -p /run/tinyforge; mount -t tmpfs -o mode=0755 tmpfs /run/tinyforge"


def inside():
    return os.environ.get(_MARK) == "1"


def run(arguments):
    """Replaces this process by `arguments` in a new sandbox. Standard streams are kept."""
    os.environ[_MARK] = "1"
    # bash is the first process, since it reaps the orphans that container shims leave behind.
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                          "bash", "-c", _SETUP + '; "$@"; exit $?', "sandbox"] + list(arguments))


def enter():
    """Runs this very program again in a sandbox, unless it is in one."""
    if not inside():
        run([sys.executable] + sys.argv)


def remove_cgroups(name):
    """Removes the (empty) control groups of that name, which outlive a killed engine."""
    root = "/sys/fs/cgroup"
    tops = [root] + [os.path.join(root, entry) for entry in os.listdir(root)]
    for top in (os.path.join(path, name) for path in tops):
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass


def unmount_below(path):
    """Unmounts everything mounted below `path` in this namespace."""
    with open("/proc/self/mounts") as mounts:
        targets = [line.split()[1].encode().decode("unicode_escape") for line in mounts]
    for target in reversed(targets):
        if target.startswith(path + "/"):
            subprocess.run(["umount", "-l", target], stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: sandbox.py COMMAND...")
    run(sys.argv[1:])
