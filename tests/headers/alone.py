#!/usr/bin/env python3
"""Compiles each public header of a room by itself:  alone.py TREE ROOM WORKDIR COMPILER [ARG ...]"""
import pathlib
import subprocess
import sys

tree, room, work, *compiler = sys.argv[1:]
tree, work = pathlib.Path(tree), pathlib.Path(work)
failed = 0
for header in sorted((tree / "include/linx" / room).rglob("*.hpp")):
    name = header.relative_to(tree / "include").as_posix()
    unit = work / (name.replace("/", ".") + ".cpp")
    unit.write_text(f"#include <{name}>\n#include <{name}>\n", encoding="utf-8")
    # Not -fsyntax-only, which ccache does not keep and which saves nothing where nothing is called.
    failed |= subprocess.run([*compiler, "-O0", "-c", unit, "-o", unit.with_suffix(".o")]).returncode
sys.exit(failed)
