"""Clients that never come to the end of a request's header.

  python3 slow_clients.py PORT COUNT     COUNT connections to 127.0.0.1, 50 from each of 127.0.1.1, 127.0.1.2, …

Each sends a byte of a header a second; one that is closed or answered is opened again at once. They are opened over some
seconds, so that a server does not lose patience with all at once. "ready" is written when all are open; the program ends
when its standard input does.
"""

import selectors
import socket
import sys
import time

_HEAD = b"POST /api/webhook/triggers/0123456789abcdef HTTP/1.1\r\nHost: slow\r\nX-Slow: "
_OF_ONE_ADDRESS = 50
_PAUSE = 1.0
_OPENING = 4.0  # seconds


class SlowClients:
    def __init__(self, port, count):
        self._port, self._count = port, count
        self._selector = selectors.DefaultSelector()
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        self._due = {}  # a connection's number by the time of its next byte, oldest first
        self._sockets = {}

    def open_all(self):
        for number in range(self._count):
            self._open(number)
            time.sleep(_OPENING / self._count)

    def _open(self, number):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        connection.bind((f"127.0.1.{1 + number // _OF_ONE_ADDRESS}", 0))
        connection.connect(("127.0.0.1", self._port))
        connection.setblocking(False)
        connection.send(_HEAD)
        self._selector.register(connection, selectors.EVENT_READ, number)
        self._sockets[number] = connection
        self._due[number] = time.monotonic() + _PAUSE

    def _close(self, number):
        connection = self._sockets.pop(number)
        self._selector.unregister(connection)
        connection.close()
        del self._due[number]

    def _send_what_is_due(self):
        now = time.monotonic()
        while self._due and next(iter(self._due.values())) <= now:
            number = next(iter(self._due))
            del self._due[number]
            self._due[number] = now + _PAUSE
            try:
                self._sockets[number].send(b"a")
            except OSError:
                pass  # it is closed, which is read as well

    def run(self):
        """Until standard input ends."""
        while True:
            for key, _ in self._selector.select(0.05):
                if key.fileobj is sys.stdin:
                    return
                self._close(key.data)
                self._open(key.data)
            self._send_what_is_due()


def main():
    clients = SlowClients(int(sys.argv[1]), int(sys.argv[2]))
    clients.open_all()
    print("ready", flush=True)
    clients.run()


if __name__ == "__main__":
    main()
