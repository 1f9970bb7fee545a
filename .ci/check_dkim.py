"""Checks the signed mails in a folder with dkimpy, and that no change to them goes unseen. Used by .ci/dkim."""
import glob
import re
import sys

import dkim

folder = sys.argv[1]
records = dict(line.rstrip("\n").split(" ", 1) for line in open(folder + "/records.txt"))
UNSIGNED = {b"precedence"}


def dns(name, timeout=5):
    value = records.get(name.decode().rstrip("."))
    return value and value.encode()


def sound(mail, which):
    try:
        return dkim.DKIM(mail).verify(idx=which, dnsfunc=dns)
    except dkim.DKIMException:
        return False


def flipped(mail, place):
    return mail[:place] + bytes([mail[place] ^ 1]) + mail[place + 1:]


mails = changes = 0
for path in sorted(glob.glob(folder + "/*.eml")):
    mail = open(path, "rb").read()
    assert b"\n" not in mail.replace(b"\r\n", b""), path
    fields, body = dkim.rfc822_parse(mail)
    names = [name.lower() for name, _ in fields]
    signatures = names.count(b"dkim-signature")
    assert signatures == len(records) == 2, (path, names)
    for line in mail.split(b"\r\nDate:")[0].split(b"\r\n"):
        assert len(line) <= 76, (path, line)
    algorithms = [re.search(rb"a=([a-z0-9-]+);", value)[1] for name, value in fields[:2]]
    assert algorithms == [b"rsa-sha256", b"ed25519-sha256"], algorithms
    assert all(sound(mail, which) for which in range(signatures)), path
    mails += 1

    head = mail.index(b"\r\n\r\n") + 2
    places = []
    for field in re.finditer(rb"(?m)^([A-Za-z-]+):[ \r\n]*(?=\S)", mail[:head]):
        name = field[1].lower()
        value = re.compile(rb"[A-Za-z0-9]").search(mail, field.end(), head)
        if name != b"dkim-signature" and value:
            places.append((name, value.start()))
    assert {b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"} <= {n for n, _ in places}
    # Every place of a short body, and some two hundred of a long one; a flipped blank or line end may be no change.
    letters = [m.start() for m in re.finditer(rb"[A-Za-z0-9.=-]", mail[head + 2:])]
    places += [(b"", head + 2 + at) for at in letters[:: len(letters) // 200 + 1]]
    for name, place in places:
        for which in range(signatures):
            assert sound(flipped(mail, place), which) == (name in UNSIGNED), (path, name, place)
            changes += 1
    for name in [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"MIME-Version", b"Content-Type"]:
        added = [name + b": x\r\n" + mail, mail[:head] + name + b": x\r\n" + mail[head:]]
        for changed in added:
            assert not any(sound(changed, which) for which in range(signatures)), (path, name)
            changes += signatures
    assert not sound(mail + b"x", 0) and not sound(mail + b"x", 1), path
    assert sound(mail + b"\r\n\r\n", 0) and sound(mail + b"\r\n\r\n", 1), path
assert mails > 25, mails
print(f"dkimpy: {mails} mails are sound under both signatures, and {changes} changes were seen")
