#!/usr/bin/env python3
"""Readers who never try twice: asks bantin until COUNT requests are done and the file END is there, ten minutes at most.

    readers.py COUNT END

Half of them keep their connections, half make a new one for each request. A request has failed when no whole answer of 200
came to it, for whatever reason. Prints how many there were, how many failed with the first reasons, and the longest.
Exit 1 when one failed.
"""
import asyncio, collections, pathlib, sys, time

COUNT, END = int(sys.argv[1]), pathlib.Path(sys.argv[2])
PATHS = ["/feeds/tin/rss.xml", "/feeds/tin/atom.xml", "/feeds/tin/feed.json", "/", "/feeds/", "/sources/so/rss.xml"]
READERS, PATIENCE, MOST = 16, 60, 600
began = time.monotonic()
done, longest, failed = 0, 0.0, collections.Counter()


async def answer(stream):
    head = (await stream.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
    await stream.readexactly(int(lines["content-length"]))
    return int(head.split()[1]), lines.get("connection") == "close"


async def reader(number):
    global done, longest
    keeps, connection = number % 2 == 0, None
    while (done < COUNT or not END.exists()) and time.monotonic() - began < MOST:
        path = PATHS[(done + number) % len(PATHS)]
        asked = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                if connection is None:
                    connection = await asyncio.open_connection("127.0.0.1", 8080)
                wish = "keep-alive" if keeps else "close"
                connection[1].write(f"GET {path} HTTP/1.1\r\nHost: tin\r\nConnection: {wish}\r\n\r\n".encode())
                status, close = await answer(connection[0])
            if status != 200:
                failed[f"{path}: {status}"] += 1
        except Exception as error:
            failed[f"{path}: {type(error).__name__} {error}, {'kept' if keeps else 'new'} connection"] += 1
            close = True
        done += 1
        longest = max(longest, time.monotonic() - asked)
        if (close or not keeps) and connection is not None:
            connection[1].close()
            connection = None


async def main():
    await asyncio.gather(*map(reader, range(READERS)))


asyncio.run(main())
seconds = time.monotonic() - began
print(f"{done} requests in {seconds:.0f} s, {sum(failed.values())} failed, the longest took {longest:.1f} s")
for reason, count in failed.most_common(8):
    print(f"    {count} times {reason}")
sys.exit(bool(failed) or done < COUNT)
