#!/usr/bin/env python3
"""House rules that a compiler does not check. `check.py RULE...` or `check.py all`; prints file:line: what is wrong."""

import pathlib
import re
import sys

import coroutine_forms

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".cpp", ".hpp"}
TEXT = CODE | {".md", ".txt", ".cmake", ".py", ".in", ".json", ".S", ".sh", ""}
TREES = ("include", "src", "spawner", "tests", "examples", "benchmarks", "docs", "cmake")

# (tree, lines): a longer file has most likely grown a second reason to exist.
LONGEST = {"include": 300, "src": 450, "spawner": 450, "tests": 500, "examples": 450, "benchmarks": 450}

# Headers that cost each translation unit of a consumer seconds, or that drag a C library's names into it.
NOT_IN_PUBLIC_HEADERS = re.compile(
    r"boost/asio\.hpp|boost/outcome\.hpp|boost/outcome/result\.hpp|boost/asio/experimental/"
    r"|libmnl/|libnftnl/|seccomp\.h|sys/capability\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def files(*trees, suffixes=CODE):
    for tree in trees:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.is_file() and path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def read(path):
    return path.read_text(encoding="utf-8")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def complaint(path, line, what):
    return f"{path.relative_to(ROOT)}:{line}: {what}"


def rooms():
    """Room -> the rooms it may include, from the linx_room() calls."""
    table = {}
    for call in re.finditer(r"^\s*linx_room\((\w+)([^)]*)\)", read(ROOT / "CMakeLists.txt"), re.M):
        depends = re.search(r"DEPENDS((?:\s+[a-z]\w*)*)", call[2])
        table[call[1]] = {call[1], *(depends[1].split() if depends else [])}
    return table


def includes():
    """Dependencies between rooms point one way, and public headers include only public and light headers."""
    table = rooms()
    for path in files("include/linx", "src", "tests", "spawner"):
        parts = path.relative_to(ROOT).parts
        public = parts[0] == "include"
        if parts[0] == "spawner":
            room, allowed = "spawner", {"process"}
        else:
            room = parts[2] if public else parts[1]
            if room not in table:
                continue
            allowed = table[room]
        text = read(path)
        for found in INCLUDE.finditer(text):
            name = found[2]
            line = line_of(text, found.start())
            target = name.removeprefix("linx/").split("/")[0]
            if public and found[1] == '"':
                yield complaint(path, line, f'a public header includes the private "{name}"')
            elif target in table and target not in allowed:
                yield complaint(path, line, f"room {room} must not know room {target} (CMakeLists.txt, linx_room)")
            elif public and NOT_IN_PUBLIC_HEADERS.match(name) and room not in name: # a bridge shows its library
                yield complaint(path, line, f"a public header must not include <{name}>")
            elif parts[0] == "spawner" and target == "process" and not name.startswith("process/protocol"):
                yield complaint(path, line, "the spawner shares only process/protocol*.hpp with the library")


def sizes():
    """A file has one reason to exist and fits one sitting."""
    for tree, limit in LONGEST.items():
        for path in files(tree):
            lines = read(path).count("\n")
            if lines > limit:
                yield complaint(path, lines, f"{lines} lines, more than {limit}: is there a second reason in it?")


def in_front_of_suite(text):
    """The first line between the includes and the suite that is neither blank nor a comment."""
    for number, line in enumerate(text[:text.index("BOOST_AUTO_TEST_SUITE(")].splitlines(), 1):
        if line.strip() and not re.match(r"\s*(#|//)", line):
            return number
    return None


def suites():
    """tests/<room>/NAME.cpp holds one suite <room>_<NAME>, which CTest runs by that name; all else stands in it."""
    for room in rooms():
        for path in files(f"tests/{room}"):
            if path.suffix != ".cpp" or path.with_suffix(".hpp").exists():  # what tests share is no test
                continue
            expected = f"{room}_{path.name.removesuffix('.cpp')}".replace(".", "_")
            text = read(path)
            names = re.findall(r"^BOOST_AUTO_TEST_SUITE\(\s*(\w+)", text, re.M)
            if names != [expected]:
                yield complaint(path, 1, f"needs exactly one BOOST_AUTO_TEST_SUITE({expected}), has {names or 'none'}")
            elif not re.search(r"^BOOST_(AUTO|FIXTURE|DATA)_TEST_CASE", text, re.M):
                yield complaint(path, 1, "has no test case")
            elif (before := in_front_of_suite(text)) is not None:
                yield complaint(path, before, "stands in front of the suite, where sources of one unit collide")


def headers():
    """A public header is included once, says what it declares, and is what the source of its name includes first."""
    for path in files("include/linx"):
        text = read(path)
        if "#pragma once" not in text:
            yield complaint(path, 1, "has no #pragma once")
        if "///" not in text and "detail" not in path.parts:
            yield complaint(path, 1, "documents nothing with ///")
        room = path.relative_to(ROOT).parts[2]
        source = ROOT / "src" / room / (path.stem + ".cpp")
        name = path.relative_to(ROOT / "include").as_posix()
        alone = source.exists() and not source.with_suffix(".hpp").exists()
        if alone and [found[2] for found in INCLUDE.finditer(read(source))][:1] != [name]:
            yield complaint(source, 1, f"does not include <{name}> first, so nothing proves that it stands alone")


def docs():
    """Each room has its guide."""
    for room in rooms():
        if (ROOT / "src" / room).is_dir() and not (ROOT / "docs" / f"{room}.md").is_file():
            yield complaint(ROOT / "docs", 1, f"docs/{room}.md is missing")


def readme():
    """The program in the README is the one that the install test builds and runs."""
    shown = ROOT / "README.md"
    program = read(ROOT / "tests/install/consumer/main.cpp").strip()
    if not shown.exists() or f"```cpp\n{program}\n```" not in read(shown):
        yield complaint(shown, 1, "does not show tests/install/consumer/main.cpp word for word")


def forms():
    """Expressions next to co_await that g++ 12.2 compiles wrongly without a word."""
    for path in files("include", "src", "tests", "examples", "benchmarks"):
        for line, what in coroutine_forms.problems(read(path)):
            yield complaint(path, line, what)


def words():
    """Nothing is unfinished by its own words, and nothing names the machine it was written on."""
    banned = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|(?<![\w.$}/])/(work|root|home)/")
    own = [p for p in sorted(ROOT.iterdir()) if p.is_file() and p.name != ".git"]  # a file, in a linked worktree
    paths = own + list(files(*TREES, suffixes=TEXT))
    for path in paths:
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue
        for found in banned.finditer(text):
            yield complaint(path, line_of(text, found.start()), f"'{found[0]}' has no place in the tree")


RULES = (includes, sizes, suites, headers, docs, readme, forms, words)


def main(arguments):
    known = {rule.__name__: rule for rule in RULES}
    wanted = list(known) if arguments == ["all"] else arguments
    if not wanted or any(name not in known for name in wanted):
        sys.exit(f"usage: check.py all | {' | '.join(known)}")
    wrong = [line for name in wanted for line in known[name]()]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
