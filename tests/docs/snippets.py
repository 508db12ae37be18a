#!/usr/bin/env python3
"""Compiles what a page shows as C++:  snippets.py PAGE CONTEXT COMPILER [ARG ...]

A block with definitions stands in a namespace of its own, any other is the body of a coroutine. CONTEXT is a header with
what the page takes as given."""
import re
import subprocess
import sys

DEFINES = re.compile(r"^(linx::task|linx::result|int main|class|struct|namespace|template)", re.M)


def blocks(text):
    """Line number and code of each block."""
    for found in re.finditer(r"^```cpp\n(.*?)^```", text, re.M | re.S):
        yield text[:found.start(1)].count("\n") + 1, found[1]


def unit(page, context):
    with open(page) as file:
        text = file.read()
    includes, rest = [f'#include "{context}"'], []
    for number, (line, code) in enumerate(blocks(text), 1):
        includes += re.findall(r"^#include .*", code, re.M)
        code = re.sub(r"^#include .*", "", code, flags=re.M).replace("...", "")
        head, tail = f"namespace snippet_{number} {{", "}"
        if not DEFINES.search(code):
            head, tail = f"linx::task<> snippet_{number}() {{ {{", "} co_return linx::success(); }"
        rest.append(f'{head}\n#line {line} "{page}"\n{code}\n{tail}')
    if not rest:
        sys.exit(f"{page} shows no C++")
    return "\n".join(includes + rest) + "\n"


page, context, *compiler = sys.argv[1:]
done = subprocess.run([*compiler, "-fsyntax-only", "-x", "c++", "-"], input=unit(page, context), text=True)
sys.exit(done.returncode)
