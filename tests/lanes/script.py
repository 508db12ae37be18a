#!/usr/bin/env python3
"""Prints a script that runs tests of a build tree where CTest cannot run them:  script.py BUILD REGEX SECONDS

Under another kernel, another user, or a filter of system calls. It says what CTest's log says, so that ./dev counts
both alike. SECONDS bound each test.
"""
import json
import re
import shlex
import subprocess
import sys


def tests_of(build, pattern):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    for test in json.loads(listing.stdout)["tests"]:
        if re.search(pattern, test["name"]) and "command" in test:
            yield test["name"], test["command"]


def main():
    build, pattern, seconds = sys.argv[1:]
    tests = list(tests_of(build, pattern))
    if not tests:
        sys.exit(f"script.py: no test of {build} is named like {pattern}")
    print("failed=0")
    for number, (name, command) in enumerate(tests, 1):
        print(f"echo '{number}/{len(tests)} Test: {name}'; began=$SECONDS")
        print(f"if timeout {seconds} {shlex.join(command)} 2>&1 </dev/null; then echo 'Test Passed.'; "
              f"else echo 'Test Failed.'; failed=1; fi; echo \"Test time = $((SECONDS - began)) s\"")
    print("exit $failed")


main()
