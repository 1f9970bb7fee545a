#!/usr/bin/env python3
"""Fifty sources, ten of them bad, for as long as is asked, sixty times as fast as life: each good source is due each two
seconds instead of each two minutes, and an item a second is published. Prints, each minute, the least memory, descriptors and the size of SQLite's log, and at the end their slopes, how punctual
the forty good sources were, and whether every item came to every reader once.

The bad ones: two never answer, two refuse connections, two send a byte a second, two have lost their list, two answer 500.

    .ci/soak.py [HOURS]         0.33 for twenty minutes
"""

import os
import shutil
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand

hours = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1
dice = stand.chance()
folder = tempfile.mkdtemp(prefix="bantin-soak.")
config, door, base = f"{folder}/config.toml", f"{folder}/http.sock", f"{folder}/bantin.db"
good = [f"tot{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(40)]
people = [f"phong-{n}@example.vn" for n in range(10)]


class Bad(stand.Portal):
    def answer(self, request):
        kind = request.path.strip("/").split("/")[0]
        if kind == "im":
            time.sleep(3600)
        elif kind == "cham":
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(100000):
                request.wfile.write(b" ")
                time.sleep(1)
        elif kind == "mat":
            self.send(request, "<html><body><p>Xin lỗi", f'"{time.time()}"')
        elif kind == "loi":
            request.send_response(500)
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            super().answer(request)


def slope(points):
    """Per hour, by least squares."""
    n = len(points)
    if n < 2:
        return 0
    mx, my = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    below = sum((x - mx) ** 2 for x, _ in points)
    return 3600 * sum((x - mx) * (y - my) for x, y in points) / below if below else 0


daemon = None
try:
    # Each host has an address of its own, since polls of one host wait for each other.
    # Lists as long as they will ever be: what grows is ours.
    portal, sink = stand.Portal(rows=30), stand.Sink()
    closed = socket.create_server(("127.0.0.6", 0))
    nobody = f"http://127.0.0.6:{closed.getsockname()[1]}"
    closed.close()
    sources = [(name, f"{portal.base}/danh-sach/{name}", "*/2 * * * * *") for name in good]
    for place, kind in enumerate(("im", "cham", "mat", "loi")):
        bad = Bad(f"127.0.0.{place + 2}")
        sources += [(f"{kind}-{n}", f"{bad.base}/{kind}/{n}", "* * * * * *") for n in range(2)]
    sources += [(f"tu-choi-{n}", f"{nobody}/{n}", "* * * * * *") for n in range(2)]
    for name in good:
        portal.publish(name, 30)
    stand.write_config(config, f"sqlite:{base}", f"unix:{door}", sink.url, sources)
    stand.run(config, "check")
    log = open(f"{folder}/log", "w")
    daemon = stand.Daemon(config, door, log)
    daemon.until_ready()
    # The first polls bring the backlog, which goes to nobody.
    begun = time.monotonic()
    while any(len(portal.asked.get(f"/danh-sach/{name}", [])) < 2 for name in good):
        if time.monotonic() - begun > 300:
            raise SystemExit("the sources are not polled")
        time.sleep(0.5)
    for person in people:
        stand.run(config, "subscribers", "add", person, "--feed", "tin", "--at-once", "--confirmed")
    with portal.lock:
        portal.asked.clear()
    memory, begun = [], time.monotonic()
    counts, logs, shown, least, most = [], [], 0, float("inf"), 0
    while (passed := time.monotonic() - begun) < hours * 3600:
        # An item a second, which is an item a minute in life.
        portal.publish(dice.choice(good))
        time.sleep(1)
        # Feeds are packed anew for each item, for which memory comes and goes; what grows is what is left between.
        now = daemon.memory_kib("RssAnon") / 1024
        least, most = min(least, now), max(most, now)
        if passed >= shown:
            shown += 60
            wal = os.path.getsize(base + "-wal") if os.path.exists(base + "-wal") else 0
            memory.append((passed, least))
            least = float("inf")
            counts.append(daemon.descriptors())
            logs.append(wal / 1048576)
            print(f"{passed:6.0f} s  {memory[-1][1]:6.1f} MiB  {counts[-1]:4} descriptors  log {logs[-1]:5.1f} MiB  {len(sink.mails)} mails", flush=True)
    gaps = []
    with portal.lock:
        for name in good:
            asked = portal.asked.get(f"/danh-sach/{name}", [])
            gaps += [two - one for one, two in zip(asked, asked[1:])]
    wanted = {f"Tin-{name}-{n}-het" for name in good for n in range(5, portal.items[name])}
    missing, twice, doubled, _ = stand.until_everybody_has(sink, people, wanted)
    gaps.sort()
    late = sum(gap > 4 for gap in gaps)
    half = memory[len(memory) // 3 :]
    print(
        f"{hours} h: least memory of a minute {slope(half):+.2f} MiB an hour in the last two thirds, at most {most:.1f} MiB; descriptors "
        f"{min(counts[1:] or counts)} to {max(counts)}; log at most {max(logs):.1f} MiB; {len(gaps)} polls of the 40 good sources, due each 2 s: "
        f"median gap {gaps[len(gaps) // 2]:.2f} s, most {gaps[-1]:.2f} s, {late} more than 2 s late; "
        f"{len(wanted)} items to {len(people)} readers, {missing} missing, {twice} in two mails, {doubled} mails doubled"
    )
    sys.exit(1 if missing or twice or doubled else 0)
finally:
    if daemon:
        daemon.stop()
    shutil.rmtree(folder)
