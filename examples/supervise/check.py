#!/usr/bin/env python3
"""Runs linx-supervise, kills what it keeps, and looks:  check.py PROGRAM WAY"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

PROGRAM, WAY = sys.argv[1:]
PATIENCE = 60  # the machine may be busy
wrong = []


def expect(what, got, wanted):
    if got != wanted:
        wrong.append(f"{what}: {got!r} instead of {wanted!r}")


def command(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read().replace("\0", " ").strip()
    except OSError:
        return ""


def becomes(what, pid, wanted):
    """The shell runs first, and becomes the command; in between it shows none."""
    deadline = time.monotonic() + PATIENCE
    while command(pid) != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    expect(what, command(pid), wanted)


def holds(what, path, wanted):
    deadline = time.monotonic() + PATIENCE
    while True:
        with open(path) as file:
            text = file.read()
        if text == wanted or time.monotonic() > deadline:
            return expect(what, text, wanted)
        time.sleep(0.01)


def started(*words):
    return subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            stdin=subprocess.DEVNULL)


def until(program, pattern):
    """The first line that matches; what came before is skipped."""
    for line in program.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    wrong.append(f"no line like {pattern}")
    return re.search("()", "0")


def ended(program, status):
    try:
        out, err = program.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
        raise
    expect("exit status", program.returncode, status)
    return out, err


def late(*_):
    raise TimeoutError("nothing more is said")


signal.signal(signal.SIGALRM, late)
signal.alarm(100)
SLEEPERS = ["first=exec sleep 1001", "second=exec sleep 1002", "third=exec sleep 1003"]


def lines():
    """Kill one and it comes back under another pid; the others stay."""
    with started(*SLEEPERS) as program:
        pids = [int(until(program, name + r": running \(pid (\d+)\)")[1]) for name in ("first", "second", "third")]
        for number, pid in enumerate(pids):
            becomes("runs", pid, f"sleep 100{number + 1}")
        os.kill(pids[1], signal.SIGKILL)
        until(program, r"second: ended .*killed by signal 9")
        again = int(until(program, r"second: running \(pid (\d+)\)")[1])
        expect("another process", again != pids[1], True)
        becomes("comes back", again, "sleep 1002")
        expect("the others", [command(pids[0]), command(pids[2])], ["sleep 1001", "sleep 1003"])
        program.send_signal(signal.SIGTERM)
        out, err = ended(program, 0)
        expect("stderr", err, "")
        expect("nobody is left", [command(pid) for pid in (pids[0], again, pids[2])], ["", "", ""])


def order():
    """Stops in reverse order, one after the other; a second signal does not wait for the grace."""
    with started(*SLEEPERS) as program:
        until(program, "third: running")
        program.send_signal(signal.SIGINT)
        out, err = ended(program, 0)
        ends = re.findall(r"^(\w+): ended", out, re.M)
        expect("order", ends, ["third", "second", "first"])
    stubborn = "trap 'echo no' TERM; echo up; while :; do sleep 0.05; done"
    with started("--grace", "1000", "stubborn=" + stubborn) as program:
        until(program, "^up")
        program.send_signal(signal.SIGINT)
        until(program, "^no")
        program.send_signal(signal.SIGINT)
        ended(program, 0)
    # killed itself, it leaves them their grace, which here is longer than the library's five seconds
    with tempfile.NamedTemporaryFile("r") as asked:
        patient = f"trap 'sleep 6; echo done > {asked.name}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        with started("--grace", "100", "patient=" + patient) as program:
            until(program, "^up")
            program.send_signal(signal.SIGKILL)
            holds("done within its grace", asked.name, "done\n")


def terminal():
    """The table: the pid in it is killed, and the table tells of the next one. Ctrl-C is typed."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, [PROGRAM, *SLEEPERS])
    seen = ""

    def shows(pattern):
        nonlocal seen
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, seen)):
            if time.monotonic() > deadline or not select.select([master], [], [], PATIENCE)[0]:
                wrong.append(f"the table never shows {pattern}")
                return None
            try:
                seen += os.read(master, 4096).decode()
            except OSError:
                wrong.append(f"ended before it showed {pattern}")
                return None
        return found

    first = shows(r"second +running +(\d+) +0 ")
    shows(r"3 of 3 run")
    if first:
        becomes("runs", first[1], "sleep 1002")
        os.kill(int(first[1]), signal.SIGKILL)
        again = shows(r"second +running +(\d+) +1 +\d+ s +killed by signal 9")
        if again:
            becomes("comes back", again[1], "sleep 1002")
        os.write(master, b"\x03")
        shows(r"ended, 0 of 3 run")
    status = os.waitpid(pid, 0)[1]
    expect("exit status", os.waitstatus_to_exitcode(status), 0)


def unread():
    """Nobody reads: a pipe that is full, a terminal that is stopped by Ctrl-S. The programs come back all the same."""
    with tempfile.TemporaryDirectory() as place:
        pids = os.path.join(place, "pids")
        again = f"echo $$ >> {pids}; exec sleep 1001"

        def comes_back(what, program):
            for count in (1, 2, 3):
                deadline = time.monotonic() + PATIENCE
                while time.monotonic() < deadline:
                    known = open(pids).read().split() if os.path.exists(pids) else []
                    if len(known) == count:
                        break
                    time.sleep(0.01)
                expect(what + ": started", len(known), count)
                becomes(what, int(known[-1]), "sleep 1001")
                os.kill(int(known[-1]), signal.SIGKILL)
            program.send_signal(signal.SIGTERM)
            expect(what + ": exit status", program.wait(PATIENCE), 0)
            os.unlink(pids)

        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writing, True)
        comes_back("pipe", subprocess.Popen([PROGRAM, "--max-restarts", "9", "a=" + again], stdout=writing,
                                            stdin=subprocess.DEVNULL))
        master, slave = pty.openpty()
        termios.tcflow(slave, termios.TCOOFF)
        comes_back("stopped terminal", subprocess.Popen([PROGRAM, "--max-restarts", "9", "a=" + again], stdin=slave,
                                                        stdout=slave, start_new_session=True))


def ends():
    """All have finished: 0. One ends again and again: 1, and the others are stopped."""
    with started("--restart", "transient", "a=exit 0", "b=true") as program:
        ended(program, 0)
    with started("--max-restarts", "2", "--window", "100", "good=exec sleep 1001", "bad=exit 3") as program:
        good = int(until(program, r"good: running \(pid (\d+)\)")[1])
        out, err = ended(program, 1)
        expect("says why", ("'bad'" in err, "exited with code 3" in err), (True, True))
        expect("good is stopped", command(good), "")


def file():
    """What the file says holds; what a program writes is in its log."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "all.json")
        with open(path, "w") as out:
            json.dump({"strategy": "one_for_all", "max_restarts": 5, "children": [
                {"id": "one", "command": ["/bin/sleep", "1001"], "grace": 1},
                {"id": "two", "command": "echo $PLACE; pwd; exec sleep 1002", "env": {"PLACE": "here"}, "cwd": "/tmp"}]},
                out)
        with started("--log", place, "--file", path) as program:
            pids = [int(until(program, name + r": running \(pid (\d+)\)")[1]) for name in ("one", "two")]
            log = os.path.join(place, "two.log")
            holds("log", log, "here\n/tmp\n")  # before it is ended for the other's sake
            os.kill(pids[0], signal.SIGKILL)
            again = [int(until(program, name + r": running \(pid (\d+)\)")[1]) for name in ("one", "two")]
            expect("both are others", set(pids) & set(again), set())
            holds("log", log, "here\n/tmp\n" * 2)
            program.send_signal(signal.SIGHUP)
            ended(program, 0)


def mistakes():
    """Each is one line on stderr and 125, before anything is started."""
    for text in ('{"children": [{"id": "a", "command": "true", "colour": 1}]}', '{"children": [{"id": "a"}]}', "[]", "{",
                 "", '{"children": [1]}', '{"children": {}}', '{"children": [{"id": "a", "command": []}]}',
                 '{"children": [{"id": "a", "command": ""}]}', '{"children": [{"id": "a", "command": "true", "cwd": ""}]}',
                 '{"max_restarts": -1, "children": []}', '{"max_restarts": 99999999999, "children": []}',
                 '{"window": "long", "children": []}', '{"window": 0, "children": [{"id": "a", "command": "true"}]}',
                 '{"children": [{"id": "a", "command": "true", "env": {"A": 1}}]}'):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as bad:
            bad.write(text)
            bad.flush()
            with started("--file", bad.name) as program:
                out, err = ended(program, 125)
                expect(f"{text}: output", (out, err.count("\n"), "json.exception" in err), ("", 1, False))
    for words in ([], ["nonsense"], ["=x"], ["a="], ["a=true", "a=true"], ["--window", "x", "a=true"], ["--window"],
                  ["--strategy", "all", "a=true"], ["--nonsense", "1", "a=true"], ["--file", "/nonexistent"],
                  ["--file", "/etc/passwd"], ["--file", "/etc"], ["--log", "/nonexistent", "a=true"], ["-x"],
                  ["--log", "/etc/passwd", "a=true"], ["--log", "", "a=true"], ["--window", "0", "a=true"], ["--max-restarts", "-1", "a=true"]):
        with started(*words) as program:
            out, err = ended(program, 125)
            expect(f"{words}: output", (out, err.count("\n"), err[:16]), ("", 1, "linx-supervise: "))


{"lines": lines, "order": order, "terminal": terminal, "unread": unread, "ends": ends, "file": file, "mistakes": mistakes}[WAY]()
for each in wrong:
    print(each)
sys.exit(1 if wrong else 0)
