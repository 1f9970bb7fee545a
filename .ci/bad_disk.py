#!/usr/bin/env python3
"""A disk that fails: under libfiu every twentieth fsync of the daemon ends in EIO (and every hundredth write, with "writes"), while
it polls and mails. Then it is killed and what is in the store compared with what was acknowledged: items that a feed showed,
mails that the mail server took. At the end, on a disk that is well again, everybody has everything once. Needs libfiu-utils.

    .ci/bad_disk.py [ROUNDS [writes]]
"""

import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
faults = ["enable_random name=posix/io/sync/fsync,probability=0.05,failinfo=5"]
if "writes" in sys.argv:
    faults.append("enable_random name=posix/io/rw/pwrite,probability=0.01,failinfo=5")
under = ["fiu-run", "-x", *(word for fault in faults for word in ("-c", fault))]
dice = stand.chance()
folder = tempfile.mkdtemp(prefix="bantin-disk.")
store, config, door = f"{folder}/store", f"{folder}/config.toml", f"{folder}/http.sock"
os.mkdir(store)
people = [f"phong-{n}@example.vn" for n in range(4)]
daemon, ended = None, 0
try:
    portal, sink = stand.office(config, f"sqlite:{store}/bantin.db", door, people)
    shown, lost = set(), 0
    for number in range(rounds):
        log = open(f"{folder}/log", "a")
        daemon = stand.Daemon(config, door, log, under)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            if daemon.process.poll() is not None:
                # It may end where its store cannot be opened; systemd would start it again.
                ended += 1
                daemon = stand.Daemon(config, door, log, under)
            portal.publish("so")
            answer = daemon.get("/feeds/tin/feed.json")
            if answer and answer[0] == 200:
                shown |= {item["title"] for item in json.loads(answer[1])["items"]}
            time.sleep(0.5)
        daemon.kill()
        found = stand.kept(store, folder)
        if found is None:
            raise SystemExit(f"the store is damaged after {number + 1} rounds")
        mailed = {title for titles in sink.received()[0].values() for title in titles}
        lost += len((shown | mailed) - found[0])
    failures = sum("rests" in line or "I/O" in line or "disk" in line for line in open(f"{folder}/log"))
    daemon = stand.Daemon(config, door)
    missing, unsent, behind, twice, doubled, differ = stand.settled(config, sink, folder, portal.items["so"], people)
    print(
        f"{rounds} rounds ({failures} failures in the log, {ended} starts in vain): {len(shown)} items shown, {lost} lost; "
        f"{portal.items['so']} items, {len(sink.mails)} mails: {missing} never came, {unsent} are not sent, {behind} readers are behind, "
        f"{doubled} came twice ({differ} of them not the same to the byte), {twice} items in two mails"
    )
    sys.exit(1 if lost or missing or unsent or behind or twice or differ or not failures else 0)
finally:
    if daemon:
        daemon.kill()
    shutil.rmtree(folder)
