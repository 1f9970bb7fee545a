#!/usr/bin/env python3
"""A portal at 127.0.0.1:9000 and a mail server at 127.0.0.1:2525, for the story.

The portal lists as many items as the file FOLDER/items says. The mail server wants a user and a password, those of
FOLDER/login, and writes the recipient of each mail into a line of FOLDER/mails.
"""
import base64, http.server, pathlib, socketserver, sys, threading

FOLDER = pathlib.Path(sys.argv[1])


class Portal(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        count = int((FOLDER / "items").read_text())
        if self.path == "/":
            rows = "".join(f'<li><a href="/tin/{n}">Tin số {n} của tỉnh</a> <span class="date">{n % 28 + 1:02}/10/2026</span></li>'
                           for n in range(count, 0, -1))
            self.answer(200, f'<html lang="vi"><body><ul class="news">{rows}</ul></body></html>')
        elif self.path.startswith("/tin/"):
            self.answer(200, f"<html><body><h1>Tin số {self.path[5:]} của tỉnh</h1><div class=body><p>"
                        + "Ủy ban nhân dân tỉnh họp phiên thường kỳ. " * 20 + "</p></div></body></html>")
        else:
            self.answer(404, "")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class MailServer(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 sink")
        let_in, to = False, "?"
        for line in self.rfile:
            words = line.decode().split()
            verb = words[0].upper() if words else ""
            if verb == "EHLO":
                self.say("250-sink\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                _, user, password = base64.b64decode(words[2]).decode().split("\0")
                let_in = f"{user} {password}" == (FOLDER / "login").read_text().strip()
                self.say("235 come in" if let_in else "535 who are you?")
            elif verb == "RCPT":
                to = line.decode().strip()
                self.say("250 ok" if let_in else "530 log in first")
            elif verb == "DATA":
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                with open(FOLDER / "mails", "a") as mails:
                    mails.write(to + "\n")
                self.say("250 taken")
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")

    def say(self, reply):
        self.wfile.write(reply.encode() + b"\r\n")


class Threads(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Web(Threads, http.server.HTTPServer):
    pass


mail = Threads(("127.0.0.1", 2525), MailServer)
threading.Thread(target=mail.serve_forever, daemon=True).start()
Web(("127.0.0.1", 9000), Portal).serve_forever()
