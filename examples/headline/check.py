#!/usr/bin/env python3
"""Runs linx-headline as a test: check.py PROGRAM interrupted|rootless. Exit status 77: cannot be tested here."""

import json
import os
import signal
import subprocess
import sys

NOBODY = 65534


def run(program, on_line=lambda process, event: None, **how):
    """Exit status and events of one run; `on_line` sees each event as it comes."""
    process = subprocess.Popen([program, "--json"], stdout=subprocess.PIPE, text=True, **how)
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        on_line(process, events[-1])
    return process.wait(), [each["event"] for each in events], events


def expect(condition, what, events):
    if not condition:
        print("\n".join(json.dumps(each) for each in events))
        sys.exit(f"not so: {what}")


def interrupted(program):
    """Ctrl-C while the workload runs: everything is taken down, and the status says so."""

    def interrupt(process, event):
        if event["event"] == "reached":
            process.send_signal(signal.SIGINT)

    status, words, events = run(program, interrupt)
    expect("stopping" in words and "clean" in words, "it stops and leaves nothing", events)
    expect(status == 130, f"exit status 130 (it is {status})", events)


def rootless(program):
    """An ordinary user gets what the kernel allows, and is told what was left out."""
    try:
        status, words, events = run(program, user=NOBODY, group=NOBODY, extra_groups=[])
    except PermissionError as refused:
        print(f"skipped: user {NOBODY} cannot execute the program: {refused}")
        sys.exit(77)
    expect(status == 0 and "exited" in words and "clean" in words, "it succeeds and leaves nothing", events)
    expect("blocked" in words or "limited" in words, "it has a ruleset, or says why not", events)


if os.geteuid() != 0 and sys.argv[2] == "rootless":
    print("skipped: this user is no root to become somebody else from")
    sys.exit(77)
{"interrupted": interrupted, "rootless": rootless}[sys.argv[2]](sys.argv[1])
