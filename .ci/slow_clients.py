#!/usr/bin/env python3
"""Slow clients: a thousand connections that send a byte a second (a third each: in the head, in a posted body, in reading the
answer), from eight addresses, since one address may have 256. Beside them one good client asks for a feed and for the front
page, each time on a new connection. Prints its times without and with the slow ones, and what the slow ones came to.

    .ci/slow_clients.py [CONNECTIONS [SECONDS]]
"""

import os
import selectors
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand

many = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30
folder = tempfile.mkdtemp(prefix="bantin-slow.")
config = f"{folder}/config.toml"
free = socket.create_server(("127.0.0.1", 0))
port = free.getsockname()[1]
free.close()
ENDS = [
    b"GET /feeds/tin/rss.xml HTTP/1.1\r\nHost: t\r\nX-Slow: " + b"a" * 5000,
    b"POST /subscribe HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000,
    b"GET /feeds/tin/feed.json HTTP/1.1\r\nHost: t\r\n\r\n" * 40,
]


def good(path):
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), 20, ("127.0.0.77", 0)) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := client.recv(1 << 16):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200"), answer[:80]
    return (time.perf_counter() - begun) * 1000


def times(what, until, between):
    taken = []
    while time.monotonic() < until:
        for path in ("/feeds/tin/atom.xml", "/"):
            taken.append(good(path))
            between()
    taken.sort()
    at = lambda part: taken[min(len(taken) - 1, int(part * len(taken)))]
    print(f"{what}: {len(taken)} requests, p50 {at(.5):.1f} ms, p99 {at(.99):.1f} ms, most {taken[-1]:.1f} ms")
    return at(0.99)


class Slow:
    def __init__(self):
        self.all, self.closed, self.refused = [], 0, 0

    def open(self, number):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.bind((f"127.0.1.{number % 8 + 1}", 0))
        try:
            client.connect(("127.0.0.1", port))
        except OSError:
            self.refused += 1
            return
        client.setblocking(False)
        end = ENDS[number % 3]
        if number % 3:
            head = len(end) if number % 3 == 2 else end.index(b"\r\n\r\n") + 4
            client.send(end[:head])
            end = end[head:]
        self.all.append([client, end, time.monotonic() + (number % 100) / 100])

    def turn(self):
        now = time.monotonic()
        kept = []
        for one in self.all:
            client, end, due = one
            if now >= due:
                one[2] = now + 1
                try:
                    if end:
                        client.send(end[:1])
                        one[1] = end[1:]
                        if client.recv(1) == b"":
                            raise ConnectionError
                    elif client.recv(1) == b"":
                        raise ConnectionError
                except BlockingIOError:
                    pass
                except OSError:
                    client.close()
                    self.closed += 1
                    continue
            kept.append(one)
        self.all = kept


daemon = None
try:
    portal = stand.Portal()
    portal.publish("so", 30)
    source = [("so", f"{portal.base}/danh-sach/so", "0 3 1 1 *")]
    stand.write_config(config, f"sqlite:{folder}/bantin.db", f"127.0.0.1:{port}", "folder:" + folder, source)
    stand.run(config, "poll")
    daemon = stand.Daemon(config, None)
    while True:
        try:
            good("/readyz")
            break
        except (OSError, AssertionError):
            time.sleep(0.05)
    time.sleep(2)
    before = daemon.memory_kib()
    alone = times("alone", time.monotonic() + seconds / 3, lambda: None)
    slow = Slow()
    for number in range(many):
        slow.open(number)
    until = time.monotonic() + seconds

    def between():
        slow.turn()
        # Who was closed comes again, as an attacker would.
        for number in range(min(20, many - len(slow.all))):
            slow.open(number)

    p99 = times(f"beside {many} slow connections", until, between)
    print(
        f"{slow.closed} slow ones were closed and came again, {slow.refused} were refused; {len(slow.all)} are open; "
        f"memory {before / 1024:.0f} MiB before, {daemon.memory_kib() / 1024:.0f} MiB now, {daemon.descriptors()} descriptors"
    )
    sys.exit(0 if p99 < 50 else 1)
finally:
    if daemon:
        daemon.stop()
    shutil.rmtree(folder)
