"""Reads every mail of the folders given with Python's own parser, by the standards it knows, and fails on any defect."""

import email
import email.policy
import glob
import sys

ONCE = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"]


def check(path):
    data = open(path, "rb").read()
    assert b"\n" not in data.replace(b"\r\n", b""), "a bare line feed"
    assert b"\r" not in data.replace(b"\r\n", b""), "a bare carriage return"
    longest = max(len(line) for line in data.split(b"\r\n"))
    assert longest <= 998, f"a line of {longest} bytes"
    head = data.split(b"\r\n\r\n")[0]
    head.decode("ascii")
    mail = email.message_from_bytes(data, policy=email.policy.default)
    for name in ONCE:
        assert len(mail.get_all(name, [])) == 1, f"{name} is not there once"
    for name, value in mail.items():
        assert not getattr(value, "defects", ()), f"{name}: {value.defects}"
        assert "\ufffd" not in str(value) and "=?" not in str(value), f"{name}: {value}"
    assert mail["From"].addresses[0].display_name, "From has no name"
    assert mail["Date"].datetime.tzinfo is not None, "a Date without a zone"
    for part in mail.walk():
        assert not part.defects, f"{part.get_content_type()}: {part.defects}"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",))
    assert text.strip() and "\ufffd" not in text, "the text part cannot be read"
    if html is not None:
        markup = html.get_content()
        assert markup.lstrip().lower().startswith("<!doctype html"), "the html part is no page"
        assert 'lang="' in markup[:300] and "\ufffd" not in markup, "the html part has no language, or cannot be read"
        assert "<script" not in markup.lower(), "a script"
    return mail["Subject"]


def main():
    paths = sorted(path for folder in sys.argv[1:] for path in glob.glob(folder + "/*.eml"))
    assert len(paths) >= 4, f"only {len(paths)} mails"
    wrong = 0
    for path in paths:
        try:
            check(path)
        except (AssertionError, UnicodeError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            wrong += 1
    print(f"{len(paths)} mails read, {wrong} of them wrong")
    sys.exit(1 if wrong else 0)


main()
