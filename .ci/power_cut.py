#!/usr/bin/env python3
"""Power cuts: the store lies on a file system of its own, in a file behind a loop device. While the real daemon polls and
mails, that file system is shut down as a power cut would leave it (nothing that is not on the device gets there any more);
the daemon is killed, the file system mounted again, and everything that was acknowledged before must be there: items that
a feed showed, subscribers whose command said so, mails that the mail server took. Needs root, xfsprogs, e2fsprogs.

    .ci/power_cut.py ext4|xfs [ROUNDS [SEED]]
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import stand

if "BANTIN_OWN_MOUNTS" not in os.environ:
    # A mount that another namespace has got to know (a unit that is started meanwhile) outlives our umount.
    os.environ["BANTIN_OWN_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
kind = sys.argv[1]
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
dice = stand.chance(int(sys.argv[3]) if len(sys.argv) > 3 else None)
folder = tempfile.mkdtemp(prefix="bantin-power.")
disk, mounted = f"{folder}/disk", f"{folder}/mnt"
config, door = f"{folder}/config.toml", f"{folder}/http.sock"
people = [f"phong-{n}@example.vn" for n in range(4)]


def sh(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def mount():
    sh("mount", "-o", "loop", disk, mounted)


def unmount():
    for _ in range(100):
        if subprocess.run(["umount", mounted], stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.1)
    raise SystemExit(f"{mounted} stays busy")


def kept():
    return stand.kept(mounted, folder)


os.mkdir(mounted)
with open(disk, "wb") as file:
    file.truncate(512 * 1024 * 1024)
sh(f"mkfs.{kind}", "-q", disk)
mount()
daemon = None
lost = acknowledged = 0
try:
    portal, sink = stand.office(config, f"sqlite:{mounted}/bantin.db", door, people)
    shown, added = set(), set(people)
    for number in range(rounds):
        daemon = stand.Daemon(config, door)
        daemon.until_ready()
        until = time.monotonic() + dice.uniform(0.05, 2.5)
        while time.monotonic() < until:
            portal.publish("so", dice.randint(1, 3))
            if answer := daemon.get("/feeds/tin/feed.json"):
                shown |= {item["title"] for item in json.loads(answer[1])["items"]}
            if dice.random() < 0.2:
                address = f"moi-{number}-{dice.getrandbits(32)}@example.vn"
                args = ["subscribers", "add", address, "--feed", "tin", "--schedule", "0 7 1 1 *", "--confirmed"]
                if stand.run(config, *args, check=False).returncode == 0:
                    added.add(address)
            time.sleep(dice.uniform(0, 0.2))
        # The log is not flushed: what SQLite has not brought to the device is gone.
        sh("xfs_io", "-x", "-c", "shutdown", mounted)
        daemon.kill()
        daemon = None
        unmount()
        mount()
        found = kept()
        if found is None:
            raise SystemExit(f"{kind}: the store is damaged after {number + 1} power cuts")
        missing = (shown - found[0]) | (added - found[1])
        mailed = {title for titles in sink.received()[0].values() for title in titles}
        missing |= mailed - found[0]
        lost += len(missing)
        acknowledged = len(shown) + len(added)
        if missing:
            print(f"round {number}: lost {sorted(missing)[:5]}")
        if number % 10 == 9:
            print(f"{kind}: {number + 1} power cuts, {acknowledged} acknowledged rows, {lost} lost", flush=True)
    # In peace: each item goes to everybody who was there from the beginning.
    daemon = stand.Daemon(config, door)
    missing, unsent, behind, twice, doubled, differ = stand.settled(config, sink, folder, portal.items["so"], people)
    print(
        f"{kind}: {rounds} power cuts, {acknowledged} acknowledged rows, {lost} lost, 0 stores damaged; {portal.items['so']} "
        f"items, {len(sink.mails)} mails: {missing} never came, {unsent} are not sent, {behind} readers are behind, {doubled} came twice "
        f"({differ} of them not the same to the byte), {twice} items in two mails"
    )
    sys.exit(1 if lost or missing or unsent or behind or twice or differ or doubled > rounds else 0)
finally:
    if daemon:
        daemon.kill()
    unmount()
    shutil.rmtree(folder)
