"""Waits for container starts without asking for them: what polls an Engine slows down what it measures."""

import json
import queue
import socket
import threading
from urllib.parse import quote

from rig.engine import Engine


class Starts:
    """The starts of an instance's containers from now on, as the Engine's event stream tells them."""

    def __init__(self, socket_path, instance):
        filters = {"type": ["container"], "event": ["start"], "label": [f"tinyforge.instance={instance}"]}
        self._connection = Engine(socket_path, timeout=None).connection()
        self._connection.request("GET", "/events?filters=" + quote(json.dumps(filters)))
        self._answer = self._connection.getresponse()
        self._started = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.sock.shutdown(socket.SHUT_RDWR)

    def wait(self, count, timeout, workload=None):
        """The ids of the next `count` containers to start, of this workload alone if one is named."""
        ids = []
        while len(ids) < count:
            actor = self._started.get(timeout=timeout)
            if workload in (None, actor["Attributes"].get("tinyforge.workload.id")):
                ids.append(actor["ID"])
        return ids

    def _read(self):
        try:
            while line := self._answer.readline():
                self._started.put(json.loads(line)["Actor"])
        except (OSError, ValueError, AttributeError):
            pass
