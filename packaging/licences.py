#!/usr/bin/env python3
"""Writes the licences of all crates that the programs are made of: `licences.py FILE`.

Reads what cargo resolves for this system, without what only tests and builds need, and each crate's own licence
files. Ends with an error for a crate that brings neither a licence file nor a name of one.
"""

import json
import pathlib
import platform
import subprocess
import sys

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")


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
    """The licence files of a crate."""
    folder = pathlib.Path(crate["manifest_path"]).parent
    files = (file for file in sorted(folder.iterdir()) if file.is_file() and file.name.upper().startswith(NAMES))
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]


def main():
    lines = ["Kyso is made of these crates, each under its own licence. The texts follow.", ""]
    by_text, bare = {}, []
    for crate in shipped():
        name = f"{crate['name']} {crate['version']}"
        lines.append(f"{name}: {crate['license'] or 'see its file below'}")
        found = texts(crate)
        if not found and not crate["license"]:
            bare.append(name)
        for text in found:
            by_text.setdefault(text, []).append(name)
    if bare:
        sys.exit(f"licences: neither a file nor a name: {', '.join(bare)}")
    for text, names in by_text.items():
        lines += ["", "=" * 80, ", ".join(dict.fromkeys(names)), "-" * 80, text]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
