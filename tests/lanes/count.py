#!/usr/bin/env python3
"""What a run of tests came to:  count.py LOG [FAILED LANE]

LOG is CTest's JUnit file, or what a script of script.py printed. Prints how many passed, failed and were skipped: the
cases of a Boost.Test program one by one, any other test as one. A case that cannot run here prints a line "skipped: why",
or has a precondition that says why. The reasons, and what failed, go to stderr, of a script with all that it printed; the
names of what failed are appended to the file FAILED as well, after the LANE."""
import re
import sys
import xml.etree.ElementTree

PASSED = re.compile(r"^\s*(\d+) test cases? out of \d+ passed", re.M)
FAILED = re.compile(r"^\s*(\d+) test cases? out of \d+ (?:failed|timed out)", re.M)
SKIPPED = re.compile(r"^[Ss]kip(?:ped|ping)?[: ].*", re.M)
REFUSED = re.compile(r"Test [^\n]* is skipped because (?!disabled)[^\n]*")
CASE = re.compile(r'error: in "([^"]+)"')


def of_junit(text):
    """Name, whether it passed (None: skipped), output."""
    for case in xml.etree.ElementTree.fromstring(text).iter("testcase"):
        status = {"run": True, "fail": False}.get(case.get("status"))
        yield case.get("name"), status, case.findtext("system-out") or ""


def of_script(text):
    for part in re.split(r"^\d+/\d+ Test: ", text, flags=re.M)[1:]:
        name, _, output = part.partition("\n")
        yield name, "\nTest Passed." in output, output


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        text = file.read()
    passed = failed = skipped = 0
    names = []
    is_script = not text.startswith("<?xml")
    for name, status, output in (of_script if is_script else of_junit)(text):
        reasons = SKIPPED.findall(output)
        refused = REFUSED.findall(output)
        if status is None:
            skipped += 1
            print(f"  {name}: {(reasons or ['skipped'])[0]}", file=sys.stderr)
            continue
        for reason in reasons + refused:
            print(f"  {name}: {reason}", file=sys.stderr)
        good = sum(map(int, PASSED.findall(output)))
        bad = sum(map(int, FAILED.findall(output)))
        if not good and not bad:
            good, bad = int(status), int(not status)
        elif not status and not bad:  # it ended after its last case
            bad = 1
        said_why = min(len(reasons), good)
        passed, failed, skipped = passed + good - said_why, failed + bad, skipped + said_why + len(refused)
        if not status:
            if is_script:  # of CTest's it has been printed
                print(name, output, sep="\n", file=sys.stderr)
            names += [f"{name}: {case}" for case in dict.fromkeys(CASE.findall(output))] or [name]
    for name in names:
        print(f"  failed: {name}", file=sys.stderr)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.writelines(f"{sys.argv[3]}: {name}\n" for name in names)
    print(passed, failed, skipped)


main()
