"""What the long tests have in common: a portal whose news grow, a mail server that counts, and the program between them."""

import email
import email.policy
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

# Whoever is told to end takes its daemon along.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def program():
    """The release build if there is one; BANTIN names another."""
    asked = os.environ.get("BANTIN")
    places = [asked] if asked else [f"{ROOT}/target/{kind}/bantin" for kind in ("release", "debug")]
    for place in places:
        if os.path.exists(place):
            return place
    raise SystemExit("no program: cargo build --release --bin bantin, or BANTIN=PATH")


def environment():
    """What the unit sets."""
    with open(f"{ROOT}/systemd/bantin.service") as unit:
        lines = [line.split("=", 1)[1].split() for line in unit if line.startswith("Environment=")]
    return os.environ | dict(setting.split("=", 1) for line in lines for setting in line)


class Portal:
    """Lists of news under /danh-sach/NAME, newest first and `rows` of them, and their articles under /tin/NAME/N."""

    def __init__(self, address="127.0.0.1", rows=400):
        portal = self
        self.rows = rows
        self.items = {}
        self.asked = {}
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                with portal.lock:
                    portal.asked.setdefault(self.path, []).append(time.monotonic())
                try:
                    portal.answer(self)
                except OSError:
                    pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, *_):
                pass  # Who asks is killed over and over.

        self.server = Server((address, 0), Handler)
        self.base = f"http://{address}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, name, more=1):
        with self.lock:
            self.items[name] = self.items.get(name, 0) + more
            return self.items[name]

    def answer(self, request):
        parts = request.path.strip("/").split("/")
        if parts[0] == "danh-sach":
            count = self.items.get(parts[1], 0)
            rows = "".join(
                f'<li><a href="/tin/{parts[1]}/{n}">Tin-{parts[1]}-{n}-het</a></li>'
                for n in range(count - 1, max(-1, count - 1 - self.rows), -1)
            )
            page = f"<html><meta charset=utf-8><body><ul class=tin>{rows}</ul></body></html>"
            return self.send(request, page, f'"{count}"')
        if parts[0] == "tin" and len(parts) == 3:
            text = f"<p>Nội dung {parts[2]}. " + "Lãnh đạo Sở làm việc với các phòng chuyên môn. " * 20 + "</p>"
            page = f"<html><meta charset=utf-8><body><h1>Tin-{parts[1]}-{parts[2]}-het</h1><div class=noidung>{text}</div></body></html>"
            return self.send(request, page, f'"{parts[2]}"')
        request.send_response(404)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def send(self, request, page, tag):
        if request.headers.get("If-None-Match") == tag:
            request.send_response(304)
            request.send_header("ETag", tag)
            request.end_headers()
            return
        body = page.encode()
        request.send_response(200)
        request.send_header("Content-Type", "text/html; charset=utf-8")
        request.send_header("ETag", tag)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


class Sink:
    """A mail server that takes everything and keeps who got which message with which titles."""

    def __init__(self):
        sink = self
        self.mails = []
        self.lock = threading.Lock()

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    self.converse()
                except OSError:
                    pass

            def say(self, text):
                self.wfile.write(text.encode() + b"\r\n")

            def converse(self):
                self.say("220 sink ESMTP")
                to = None
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"EHLO":
                        self.say("250 sink")
                    elif word == b"RCPT":
                        to = re.search(rb"<(.*?)>", line).group(1).decode()
                        self.say("250 ok")
                    elif word == b"DATA":
                        self.say("354 go")
                        body = b""
                        while (line := self.rfile.readline()) != b".\r\n":
                            if not line:
                                return
                            body += line[1:] if line.startswith(b"..") else line
                        with sink.lock:
                            sink.mails.append((to, body))
                        self.say("250 taken")
                    elif word == b"QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

        class Server(socketserver.ThreadingTCPServer):
            request_queue_size = 128
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def received(self):
        """For each address: title -> the Message-IDs that brought it; and how many mails came twice."""
        with self.lock:
            mails = list(self.mails)
        titles, first, doubled, differ = {}, {}, 0, 0
        for to, body in mails:
            mail = email.message_from_bytes(body, policy=email.policy.default)
            key = (to, mail["Message-ID"])
            if key in first:
                doubled += 1
                differ += first[key] != body
                continue
            first[key] = body
            text = mail.get_body(("plain",)).get_content()
            for title in set(re.findall(r"Tin-[a-z]+-\d+-het", text)):
                titles.setdefault(to, {}).setdefault(title, []).append(mail["Message-ID"])
        return titles, doubled, differ


def until_everybody_has(sink, people, wanted, patience=120):
    """Waits as long as something comes. How many are missing, how many items came in two mails, mails twice, of them not the same."""
    last, since = None, time.monotonic()
    while True:
        titles, doubled, differ = sink.received()
        missing = sum(len(wanted - set(titles.get(person, ()))) for person in people)
        twice = sum(len(ids) > 1 for of in titles.values() for ids in of.values())
        if missing != last:
            last, since = missing, time.monotonic()
        if not missing or time.monotonic() - since > patience:
            return missing, twice, doubled, differ
        time.sleep(1)


class Daemon:
    def __init__(self, config, socket_path, log=subprocess.DEVNULL, before=()):
        self.config, self.socket_path = config, socket_path
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [*before, program(), "--config", config, "run"], stdout=subprocess.DEVNULL, stderr=log, env=environment()
        )

    def get(self, path, timeout=10):
        """A status and a body; None where nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.settimeout(timeout)
                door.connect(self.socket_path)
                door.sendall(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while part := door.recv(65536):
                    answer += part
        except OSError:
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        return (int(head.split()[1]), body) if head else None

    def until_ready(self, most=120):
        while (self.get("/readyz") or (0,))[0] != 200:
            if self.process.poll() is not None or time.monotonic() - self.begun > most:
                raise SystemExit(f"the daemon does not get ready (it ended: {self.process.poll()})")
            time.sleep(0.01)
        return time.monotonic() - self.begun

    def memory_kib(self, key="VmRSS"):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"{key}:\s+(\d+)", status.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def run(config, *args, check=True):
    done = subprocess.run([program(), "--config", config, *args], capture_output=True, text=True)
    if check and done.returncode:
        raise SystemExit(f"{args}: {done.stderr}")
    return done


def write_config(path, store, door, sink, sources, extra=""):
    """sources: (id, address, schedule)."""
    text = (
        f'[server]\nlisten = "{door}"\npublic_url = "https://tin.example.vn/"\n[store]\nurl = "{store}"\n'
        f'[mail]\ntransport = "{sink}"\nfrom = "bantin@example.vn"\n[fetch]\nspacing = "0s"\nrobots = false\n{extra}'
    )
    for name, address, schedule in sources:
        text += (
            f'[[source]]\nid = "{name}"\nname = "{name}"\nurl = "{address}"\nschedule = "{schedule}"\nmax_new = 1000\n'
            '[source.listing]\nitem = "ul.tin li"\n[source.article]\ntitle = "h1"\nbody = "div.noidung"\n'
        )
    text += '[[feed]]\nname = "tin"\ntitle = "Tin"\nquery = ""\n'
    with open(path, "w") as file:
        file.write(text)


def office(config, store, door, people):
    """A portal with one source that is polled each second, and a mail server for its readers, who know what was there before."""
    portal, sink = Portal(), Sink()
    portal.publish("so", 3)
    source = [("so", f"{portal.base}/danh-sach/so", "* * * * * *")]
    write_config(config, store, f"unix:{door}", sink.url, source)
    run(config, "poll")
    for person in people:
        run(config, "subscribers", "add", person, "--feed", "tin", "--at-once", "--confirmed")
    return portal, sink


def settled(config, sink, scratch, items, people, patience=120):
    """Waits until the daemon has all items and no mail waits, and compares its store with the mail server: mails that are sent
    as the store says and never came, mails that are not sent, people who are behind, items that came in two mails, mails that
    came twice, and those of them that are not the same. (A large digest only counts its items from the hundredth on, so that
    titles say nothing of what is missing.)"""
    last, since = None, time.monotonic()
    while True:
        status = json.loads(run(config, "status", "--json").stdout)
        now = (status["items"], status["queue"]["waiting"] + status["queue"]["sending"], len(sink.mails))
        if now != last:
            last, since = now, time.monotonic()
        quiet = time.monotonic() - since
        if (now[:2] == (items, 0) and quiet > 5) or quiet > patience:
            break
        time.sleep(1)
    file = f"{scratch}/settled.backup"
    run(config, "backup", file)
    with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as store:
        rows = store.execute("SELECT s.address, d.message_id, d.state FROM delivery d JOIN subscriber s ON s.id = d.subscriber")
        rows = rows.fetchall()
        behind = store.execute(
            "SELECT count(*) FROM subscription u JOIN subscriber s ON s.id = u.subscriber WHERE u.cursor < (SELECT max(seq) FROM item) "
            f"AND s.address IN ({', '.join('?' * len(people))})",
            people,
        ).fetchone()[0]
    titles, doubled, differ = sink.received()
    with sink.lock:
        bodies = list(sink.mails)
    came = {(to, email.message_from_bytes(body)["Message-ID"].strip("<>")) for to, body in bodies}
    lost = sum(state == "sent" and (to, name.strip("<>")) not in came for to, name, state in rows)
    unsent = sum(state != "sent" for *_, state in rows) + abs(items - last[0])
    twice = sum(len(ids) > 1 for of in titles.values() for ids in of.values())
    return lost, unsent, behind, twice, doubled, differ


def kept(place, scratch):
    """The titles of items and the addresses in the store in that folder, by a backup of a copy, so that the daemon has to mend its
    store by itself. The backup reads every page and every reference; None where it finds the store damaged."""
    with tempfile.TemporaryDirectory(dir=scratch) as copy:
        for name in os.listdir(place):
            if name.startswith("bantin.db"):
                shutil.copy(f"{place}/{name}", copy)
        write_config(f"{copy}/c.toml", f"sqlite:{copy}/bantin.db", f"unix:{copy}/s", "folder:/nowhere", [])
        done = run(f"{copy}/c.toml", "backup", f"{copy}/b", check=False)
        if done.returncode:
            print(done.stderr)
            return None
        with sqlite3.connect(f"file:{copy}/b?immutable=1", uri=True) as store:
            items = {row[0] for row in store.execute("SELECT row_title FROM item")}
            addresses = {row[0] for row in store.execute("SELECT address FROM subscriber")}
            return items, addresses


def chance(seed=None):
    seed = seed if seed is not None else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}", flush=True)
    return random.Random(seed)
