#!/usr/bin/env python3
"""Prints the script that runs tests of a build tree in a guest:  guest_script.py BUILD REGEX

It runs the commands of CTest without CTest and says what CTest's log says, so that ./dev counts both alike.
"""
import json
import re
import shlex
import subprocess
import sys

# An emulated machine takes some 30 times as long; the tests bound their own waiting.
SECONDS = 900


def tests_of(build, pattern):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    for test in json.loads(listing.stdout)["tests"]:
        if re.search(pattern, test["name"]) and "command" in test:
            yield test["name"], test["command"]


def main():
    build, pattern = sys.argv[1:]
    tests = list(tests_of(build, pattern))
    if not tests:
        sys.exit(f"guest_script.py: no test of {build} is named like {pattern}")
    print("failed=0; export LINX_VM=1")
    for number, (name, command) in enumerate(tests, 1):
        print(f"echo '{number}/{len(tests)} Test: {name}'; began=$SECONDS")
        print(f"if timeout {SECONDS} {shlex.join(command)} 2>&1 </dev/null; then echo 'Test Passed.'; "
              f"else echo 'Test Failed.'; failed=1; fi; echo \"Test time = $((SECONDS - began)) s\"")
    print('echo "uptime $(cut -d" " -f1 /proc/uptime) s"; exit $failed')


main()
