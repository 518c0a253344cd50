#!/usr/bin/env python3
"""Writes the licences of all crates that the programs are made of: `licences.py FILE`.

Reads what cargo resolves for this system, without what only tests and builds need, and each crate's own licence
files. A crate that brings none gets the text of a licence that it names, with its authors. Ends with an error where
no text can be had.
"""

import json
import pathlib
import platform
import re
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")
# Texts that this repository has, the most wanted first.
STANDARD = {"MIT": "LICENSE-MIT", "Apache-2.0": "LICENSE-APACHE"}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def shipped():
    """The crates that are linked, by name and version, without this package itself."""
    target = f"{platform.machine()}-unknown-linux-gnu"
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen, ahead = set(), [root]
    while ahead:
        crate = ahead.pop()
        if crate in seen:
            continue
        seen.add(crate)
        for dependency in nodes[crate]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                ahead.append(dependency["pkg"])
    crates = (packages[crate] for crate in seen - {root})
    return sorted(crates, key=lambda crate: (crate["name"], crate["version"]))


def texts(crate):
    """The licence files of a crate, or the text of a licence that may be chosen for it; none if that is not known."""
    folder = pathlib.Path(crate["manifest_path"]).parent
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name.upper().startswith(NAMES)]
    if files:
        return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]
    choice = [name.strip() for name in (crate["license"] or "").replace("/", " OR ").split(" OR ")]
    return [written(crate, file) for name, file in STANDARD.items() if name in choice][:1]


def written(crate, file):
    """This repository's own copy of a licence, with a crate's authors for ours."""
    holders = ", ".join(crate["authors"]) or f"the authors of {crate['name']}"
    text = (ROOT / file).read_text(encoding="utf-8").strip()
    return re.sub(r"(?m)^Copyright \(c\) .*$", lambda _: f"Copyright (c) {holders}", text)


def main():
    lines = ["Kyso is made of these crates, each under its own licence. The texts follow.", ""]
    by_text, bare = {}, []
    for crate in shipped():
        name = f"{crate['name']} {crate['version']}"
        lines.append(f"{name}: {crate['license'] or 'see its file below'}")
        found = texts(crate)
        if not found:
            bare.append(name)
        for text in found:
            by_text.setdefault(text, []).append(name)
    if bare:
        sys.exit(f"licences: no text can be had: {', '.join(bare)}")
    for text, names in by_text.items():
        lines += ["", "=" * 80, ", ".join(dict.fromkeys(names)), "-" * 80, text]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
