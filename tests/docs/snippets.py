#!/usr/bin/env python3
"""Compiles what pages show as C++, all of them in one translation unit:

    snippets.py TREE UNIT PAGE... -- COMPILER [ARG ...]

Each page is a namespace. In it a block with definitions is a namespace, any other the body of a coroutine. What a page
takes as given stands in tests/docs/PAGE.hpp; a block with a main() is a whole program, to which nothing is given. UNIT is
the source that is written, PAGE the name of one in docs/."""
import pathlib
import re
import subprocess
import sys

DEFINES = re.compile(r"^(linx::task|linx::result|int main|class|struct|namespace|template)", re.M)
INCLUDE = re.compile(r"^#include .*\n", re.M)


def blocks(text):
    """Line number and code of each block."""
    for found in re.finditer(r"^```cpp\n(.*?)^```", text, re.M | re.S):
        yield text[:found.start(1)].count("\n") + 1, found[1]


def unit(tree, pages):
    includes, rest, programs = [], [], []
    for page in pages:
        shown = (tree / f"docs/{page}.md").read_text(encoding="utf-8")
        given = (tree / f"tests/docs/{page}.hpp").read_text(encoding="utf-8").replace("#pragma once", "")
        includes += INCLUDE.findall(given)
        rest.append(f'namespace page_{page} {{\n#line 1 "tests/docs/{page}.hpp"\n{INCLUDE.sub(chr(10), given)}')
        for number, (line, code) in enumerate(blocks(shown), 1):
            includes += INCLUDE.findall(code)
            code = INCLUDE.sub("\n", code).replace("...", "")
            head, tail = f"namespace snippet_{number} {{", "}"
            if "int main(" in code:
                programs.append(f'namespace program_{page}_{number} {{\n#line {line} "docs/{page}.md"\n{code}\n}}')
                continue
            if not DEFINES.search(code):
                head, tail = f"linx::task<> snippet_{number}() {{ {{", "} co_return linx::success(); }"
            rest.append(f'{head}\n#line {line} "docs/{page}.md"\n{code}\n{tail}')
        rest.append("}")
    return "".join(dict.fromkeys(includes)) + "\n".join(rest + programs) + "\n"


tree, output, *arguments = sys.argv[1:]
pages, compiler = arguments[:arguments.index("--")], arguments[arguments.index("--") + 1:]
output = pathlib.Path(output)
output.write_text(unit(pathlib.Path(tree), pages), encoding="utf-8")
# Not -fsyntax-only, which ccache does not keep.
sys.exit(subprocess.run([*compiler, "-O0", "-c", output, "-o", output.with_suffix(".o")]).returncode)
