#!/usr/bin/env python3
"""Compiles each public header with nothing before it but what it includes itself:

    alone.py TREE WORKDIR PART PARTS COMPILER [ARG ...]

Most of such a compilation reads Asio. So a header that includes another, directly or not, comes behind it in the same
source: all that stands there then is its own. The headers are split into as few chains of this kind as there can be, the
chains into PARTS that run beside each other; PART counts from 0."""
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r"^\s*#\s*include\s*<(linx/[^>]+)>", re.M)


def brought_by(tree):
    """Header -> the headers of the tree that it includes, directly or not."""
    files = {path.relative_to(tree).as_posix(): path for path in sorted((tree / "linx").rglob("*.hpp"))}
    direct = {name: INCLUDE.findall(path.read_text(encoding="utf-8")) for name, path in files.items()}
    known = {}

    def all_of(name):
        if name not in known:
            known[name] = set()  # of one that includes itself
            for other in direct[name]:
                known[name] |= {other} | all_of(other)
        return known[name]

    return {name: all_of(name) for name in files}


def chains(brings):
    """A cover by as few chains as possible: as many headers as possible follow another (a matching)."""
    before = {}

    def follow(first, seen):
        for name in brings:
            if first in brings[name] and name not in seen:
                seen.add(name)
                if name not in before or follow(before[name], seen):
                    before[name] = first
                    return True
        return False

    for name in brings:
        follow(name, set())
    after = {first: name for name, first in before.items()}
    for name in brings:
        if name not in before:
            chain = [name]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            yield chain


def main():
    tree, work, part, parts, *compiler = sys.argv[1:]
    failed = 0
    for chain in list(chains(brought_by(pathlib.Path(tree) / "include")))[int(part)::int(parts)]:
        unit = pathlib.Path(work) / (chain[-1].replace("/", ".") + ".cpp")
        unit.write_text("".join(f"#include <{name}>\n" for name in chain), encoding="utf-8")
        # Not -fsyntax-only, which ccache does not keep and which saves nothing where nothing is called.
        failed |= subprocess.run([*compiler, "-O0", "-c", unit, "-o", unit.with_suffix(".o")]).returncode
    sys.exit(failed)


main()
