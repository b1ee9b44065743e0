"""Test images made on the spot: Debian's static busybox and nothing else. All of them end at once on SIGTERM.

  tinyforge-test/sleeper:1, :2   runs for ever
  tinyforge-test/httpd:1         answers on port 80 with $GREETING, and with the files below /www
  tinyforge-test/httpd:2         the same, another image
  tinyforge-test/crasher:1       says "boom" and exits with 3 at once
  tinyforge-test/writer:1        needs /data for itself, as a database does: holds a lock there and appends to
                                 /data/log; finding the lock held it leaves /data/corrupt behind and exits with 1
"""

import io
import os
import subprocess
import tarfile

SLEEPER = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"

_WRITER = """
exec 9>>/data/lock
if ! flock -n 9; then echo "$(hostname) found the lock held" >> /data/corrupt; exit 1; fi
echo "start $(hostname)" >> /data/log
trap 'echo "end $(hostname)" >> /data/log; exit 0' TERM INT
while :; do echo "write $(hostname)" >> /data/log; sleep 0.2 9>&- & wait $!; done
"""

_HTTPD = """
mkdir -p /www
[ -f /www/index.html ] || echo "${GREETING:-hello}" > /www/index.html
trap 'exit 0' TERM INT
httpd -f -p 80 -h /www & wait $!
"""

BASE = "tinyforge-test"


def _libraries(program):
    """The shared libraries that a dynamic program needs, by path."""
    text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    words = [word for line in text.splitlines() for word in line.split()]
    return [word for word in words if word.startswith("/")]


def _add(archive, name, data, mode=0o755):
    entry = tarfile.TarInfo(name.lstrip("/"))
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def busybox_layer(programs=(), files=None):
    """A root file system with busybox, the given programs of this machine and the given files {path: text}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        with open("/bin/busybox", "rb") as binary:
            _add(archive, "/bin/busybox", binary.read())
        for folder in ("tmp", "data", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        for applet in subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
            if applet != "busybox":
                entry = tarfile.TarInfo("bin/" + applet)
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(entry)
        for path in [path for program in programs for path in [program] + _libraries(program)]:
            with open(path, "rb") as binary:
                _add(archive, path, binary.read())
        for path, text in (files or {}).items():
            _add(archive, path, text.encode())
    return buffer.getvalue()


def import_busybox_image(engine, reference, script, programs=(), changes=(), marker=""):
    """An image that runs `script` by busybox's shell. Another marker makes another image of the same script."""
    layer = busybox_layer(programs, {"/run.sh": script, "/marker": marker})
    repository, tag = reference.rsplit(":", 1)
    engine.import_tar(layer, repository, tag, ["ENV PATH=/bin:/usr/bin", 'CMD ["sh","/run.sh"]'] + list(changes))
    return engine.image(reference)["Id"]


def import_all(engine):
    """Every test image. Returns {reference: image id}."""
    flock = ("/usr/bin/flock",)
    made = {}
    for name, script, programs in (("sleeper:1", SLEEPER, ()), ("sleeper:2", SLEEPER, ()),
                                   ("httpd:1", _HTTPD, ()), ("httpd:2", _HTTPD, ()), ("crasher:1", "echo boom; exit 3", ()),
                                   ("writer:1", _WRITER, flock)):
        reference = f"{BASE}/{name}"
        made[reference] = import_busybox_image(engine, reference, script, programs, marker=name)
    return made
