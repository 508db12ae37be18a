#!/usr/bin/env python3
"""Tests of a build tree for another place:  script.py ctest|shell BUILD REGEX SECONDS

For another user or a filter of system calls it prints a CTestTestfile.cmake, for an emulated machine a shell script, which
says what count.py reads. SECONDS bound each test."""
import json
import re
import shlex
import subprocess
import sys


def tests_of(build, pattern):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    for test in json.loads(listing.stdout)["tests"]:
        if re.search(pattern, test["name"]) and "command" in test:
            serial = any(p["name"] == "RUN_SERIAL" and p["value"] for p in test.get("properties", []))
            yield test["name"], test["command"], serial


def for_ctest(tests, seconds):
    for name, command, serial in tests:
        print(f"add_test([=[{name}]=]", *(f"[=[{word}]=]" for word in command), ")")
        print(f"set_tests_properties([=[{name}]=] PROPERTIES TIMEOUT {seconds} RUN_SERIAL {'ON' if serial else 'OFF'})")


def for_shell(tests, seconds):
    print("failed=0")
    for number, (name, command, _) in enumerate(tests, 1):
        print(f"echo '{number}/{len(tests)} Test: {name}'; began=$SECONDS")
        print(f"if timeout {seconds} {shlex.join(command)} 2>&1 </dev/null; then echo 'Test Passed.'; "
              f"else echo 'Test Failed.'; failed=1; fi; echo \"Test time = $((SECONDS - began)) s\"")
    print("exit $failed")


def main():
    kind, build, pattern, seconds = sys.argv[1:]
    tests = list(tests_of(build, pattern))
    if not tests:
        sys.exit(f"script.py: no test of {build} is named like {pattern}")
    {"ctest": for_ctest, "shell": for_shell}[kind](tests, seconds)


main()
