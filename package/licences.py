#!/usr/bin/env python3
"""Prints the licences of all crates that are linked into bantin, with their texts: usr/share/doc/bantin/THIRD-PARTY.

Exit 1 names crates whose licence nobody has agreed to yet, or that come without a text where the licence asks for one.
"""
import collections, json, pathlib, re, subprocess, sys

# Those that a program under MIT or Apache-2.0 may be linked with. MPL-2.0 asks for nothing more of unchanged files than to
# say where they are.
GOOD = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT", "MIT-0",
        "MPL-2.0", "Unicode-3.0", "Unlicense", "Zlib"}
# These have one text, which asks for no line of the author's.
COMMON = {"Apache-2.0": "/usr/share/common-licenses/Apache-2.0", "MPL-2.0": "/usr/share/common-licenses/MPL-2.0"}
TEXTS = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|UNLICENSE|COPYRIGHT)([-._].*)?", re.IGNORECASE)


def cargo(*args):
    return subprocess.run(["cargo", *args, "--locked"], check=True, stdout=subprocess.PIPE, text=True).stdout


def is_good(expression):
    """Reads SPDX, and the slash that crates wrote before it: some way through the ORs must be good in all its parts."""
    words = re.findall(r"[()]|[^\s()/]+|/", expression)

    def either():
        found = both()
        while words and words[0] in ("OR", "/"):
            words.pop(0)
            other = both()
            found = found or other
        return found

    def both():
        found = one()
        while words and words[0] == "AND":
            words.pop(0)
            other = one()
            found = found and other
        return found

    def one():
        word = words.pop(0)
        if word == "(":
            found = either()
            words.pop(0)
            return found
        if words and words[0] == "WITH":
            del words[:2]
        return word in GOOD

    return either() and not words


def texts_in(folder):
    return [file for file in [*sorted(folder.glob("*")), *sorted(folder.glob("*/*"))]
            if TEXTS.fullmatch(file.name) and file.is_file() and file.suffix not in (".rs", ".toml", ".html")]


def main():
    tree = cargo("tree", "--edges", "normal", "--prefix", "none", "--format", "{p}")
    linked = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    here = re.search(r"host: (\S+)", subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout)[1]
    all_of_them = json.loads(cargo("metadata", "--format-version", "1", "--filter-platform", here))["packages"]
    packages = [package for package in all_of_them
                if (package["name"], "v" + package["version"]) in linked and package["name"] != "bantin"]
    texts, wrong, lines = collections.OrderedDict(), [], []
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        name, licence = f'{package["name"]} {package["version"]}', package["license"] or "none"
        if not is_good(licence):
            wrong.append(f"{name}: {licence}")
        folder = pathlib.Path(package["manifest_path"]).parent
        # Of C code that a crate brings along (aws-lc, zstd), the texts lie one folder further down.
        files = texts_in(folder)
        if not files and package["repository"]:
            # Of a family of crates, some leave the text to a sister.
            sisters = [other for other in packages
                       if other["repository"] == package["repository"] and other["license"] == package["license"]]
            files = [file for sister in sisters for file in texts_in(pathlib.Path(sister["manifest_path"]).parent)]
        if not files:
            files = [pathlib.Path(path) for spdx, path in COMMON.items() if spdx in licence][:1]
        if not files and "0BSD" not in licence and "Unlicense" not in licence:
            # MIT and its like: the text is always the same, and the line of the author stands in the manifest.
            files = [pathlib.Path(__file__).parent.parent / "LICENSE-MIT"] if "MIT" in licence else []
            if not files:
                wrong.append(f"{name}: {licence}, and no text of it")
        numbers = []
        for file in files:
            text = file.read_text(errors="replace").strip()
            numbers.append(texts.setdefault(" ".join(text.split()), (len(texts) + 1, text))[0])
        authors = ", ".join(re.sub(r"\s*<.*?>", "", author) for author in package["authors"])
        lines.append(f"{name}: {licence}; texts {', '.join(map(str, dict.fromkeys(numbers))) or 'none'}"
                     + (f"; by {authors}" if authors else "") + f"\n    {package['repository'] or package['homepage'] or ''}")
    if wrong:
        sys.exit("licences.py: not agreed to: " + "; ".join(wrong))
    print("bantin is linked with the crates below, unchanged. Each stands with its licence, the numbers of the texts that it came "
          "with,\nwho wrote it, and where its source is. SQLite, inside libsqlite3-sys, is in the public domain.\n")
    print("\n".join(lines))
    for number, text in texts.values():
        print(f"\n{'=' * 78}\nText {number}\n\n{text}")


main()
