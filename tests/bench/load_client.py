"""A client that resolves the name anew for every request, as programs without a DNS cache do.

  python3 load_client.py NAME FAST SLOW     run in the network namespace of a container on the workload's network

FAST threads ask for /, about 60 times a second each; SLOW threads for /cgi-bin/slow, one request after the other. On the
end of standard input it prints {"fast", "slow": {"requests", "failed"}, "failures": [the first few], "seconds"}.
"""

import json
import os
import random
import socket
import struct
import sys
import threading
import time

_RESOLVER = ("127.0.0.11", 53)
_PAUSE = 1 / 60


def resolve(name):
    """One A record of `name` as Docker's own DNS server gives it now."""
    number = random.randrange(1 << 16)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(3)
        udp.sendto(query, _RESOLVER)
        answer = udp.recv(4096)
    count = struct.unpack(">H", answer[6:8])[0]
    records, at = [], len(query)
    for _ in range(count):
        at = _after_name(answer, at)
        kind, _, _, size = struct.unpack(">HHIH", answer[at:at + 10])
        if kind == 1:
            records.append(socket.inet_ntoa(answer[at + 10:at + 10 + size]))
        at += 10 + size
    if not records:
        raise OSError(f"{name} does not resolve, code {answer[3] & 15}")
    return random.choice(records)


def _after_name(message, at):
    while message[at] and message[at] < 192:
        at += 1 + message[at]
    return at + (2 if message[at] >= 192 else 1)  # a pointer to an earlier name, or the end


def get(name, path):
    with socket.create_connection((resolve(name), 80), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        connection.settimeout(10)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    if b" 200 " not in answer.split(b"\r\n")[0] or not answer.endswith(b"ok\n"):
        raise OSError(f"answer {answer[:60]!r}")


class Load:
    def __init__(self, name):
        self._name, self._lock, self._stop = name, threading.Lock(), threading.Event()
        self.counts = {"fast": {"requests": 0, "failed": 0}, "slow": {"requests": 0, "failed": 0}}
        self.failures = []

    def ask(self, kind, path, pause):
        while not self._stop.is_set():
            began = time.monotonic()
            error = None
            try:
                get(self._name, path)
            except (OSError, ValueError, struct.error) as caught:
                error = f"{kind} after {time.monotonic() - began:.3f} s: {caught}"
            with self._lock:
                self.counts[kind]["requests"] += 1
                if error:
                    self.counts[kind]["failed"] += 1
                    self.failures.append(f"{time.time():.3f} {error}")
            self._stop.wait(max(0, pause - (time.monotonic() - began)))

    def run(self, fast, slow):
        began = time.monotonic()
        threads = [threading.Thread(target=self.ask, args=("fast", "/", _PAUSE)) for _ in range(fast)]
        threads += [threading.Thread(target=self.ask, args=("slow", "/cgi-bin/slow", 0)) for _ in range(slow)]
        for thread in threads:
            thread.start()
        sys.stdin.read()
        seconds = time.monotonic() - began
        self._stop.set()
        for thread in threads:
            thread.join()
        return {**self.counts, "failures": self.failures[:10], "seconds": seconds}


def main():
    load = Load(sys.argv[1])
    print(json.dumps(load.run(int(sys.argv[2]), int(sys.argv[3]))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
