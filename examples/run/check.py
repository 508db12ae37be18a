#!/usr/bin/env python3
"""Runs linx-run and compares with what the command sees:  check.py PROGRAM WAY"""
import fcntl
import json
import os
import pty
import resource
import signal
import subprocess
import sys
import tempfile
import termios

SKIPPED = 77
PROGRAM, WAY = os.path.abspath(sys.argv[1]), sys.argv[2]
ROOT = os.geteuid() == 0
# A user namespace of its own, which an ordinary user may make as well.
OWN = ["--ns", "user,pid,net", "--map-root"]
wrong = []


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          **more)


def expect(what, got, wanted):
    if got != wanted:
        wrong.append(f"{what}: {got!r} instead of {wanted!r}")


def says(wanted, *words, **more):
    done = run(*words, **more)
    expect(" ".join(words), (done.stdout.strip(), done.returncode, done.stderr), (wanted, 0, ""))


def ends(status, *words, **more):
    done = run(*words, **more)
    expect(" ".join(words), done.returncode, status)
    return done


def status():
    ends(0, "--", "true")
    ends(3, *OWN, "--", "sh", "-c", "exit 3")
    # not in a pid namespace, whose first process cannot kill itself
    ends(128 + 9, "--ns", "user,net", "--map-root", "--", "sh", "-c", "kill -9 $$")
    for words in (["--nonsense", "1", "--", "true"], ["--nice", "x", "--", "true"], ["--nice"], [],
                  ["--events", "77", "true"], ["--hostname", "a", "--", "true"], ["--cwd", "/nonexistent", "true"],
                  ["--ns", "moon", "true"], ["--ns", "", "true"], ["--ns", "--", "true"], ["--init=1", "true"], ["--help=1"],
                  ["--nice", "99999999999", "true"], ["--groups", "1,", "true"], ["-x"],
                  ["--time-offset", "boottime", "true"], ["--stdio", "file", "true"],
                  ["--kill-scope", "world", "true"], ["--kill-scope", "process", "--reap", "true"]):
        done = ends(125, *words)
        expect(f"{words}: lines on stderr", (done.stderr.count("\n"), done.stdout), (1, ""))
        expect(f"{words}: begins", done.stderr[:10], "linx-run: ")
    ends(126, *OWN, "--", "/etc/passwd")
    ends(126, *OWN, "--", "/etc")
    ends(127, *OWN, "--", "/nonexistent")
    ends(127, "--", "no-such-command-anywhere")
    says("7", "--rlimit=nofile=7", "--", "sh", "-c", "ulimit -n")
    says("8", "--rlimit", "RLIMIT_NOFILE=8", "--", "sh", "-c", "ulimit -n")
    says("--help", "printf", "%s", "--help")
    ends(0, "--help")
    with open("/dev/full", "w") as full:
        nowhere = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
    expect("help, but nowhere to print it", (nowhere.returncode, nowhere.stderr.count("\n")), (125, 1))
    # whatever is in a name, what is said of it is one line and nothing else to a terminal
    for words in (["--cwd", "/no\nsuch", "--", "true"], ["--", "/no\nsuch"], ["--nice", "\033[31m", "true"],
                  ["--no\rsuch", "true"]):
        done = run(*words)
        expect(f"{words}: on stderr", (done.stderr.count("\n"), done.stderr[:-1].isprintable()), (1, True))
    done = ends(125, "true", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5)))
    expect("no descriptor", (done.stderr.count("\n"), done.stderr[:10]), (1, "linx-run: "))
    with tempfile.TemporaryDirectory() as gone:
        ends(127, "./true", preexec_fn=lambda: (os.chdir(gone), os.rmdir(gone), os.mkdir(gone)))
    # what a shell closes is closed for the command, too, and nothing of linx-run's takes its number
    says("0", "sh", "-c", f"{PROGRAM} -- readlink /proc/self/fd/0 <&- | grep -cv /dev/null || true")
    # a signal to linx-run is one to the command
    script = "trap 'exit 7' TERM INT USR1; echo up; while :; do sleep 0.05; done"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        with subprocess.Popen([PROGRAM, "--", "sh", "-c", script], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            child.send_signal(number)
            expect(f"{number!r} is passed on", child.wait(120), 7)


def namespaces():
    says("0", "--ns", "all", "--map-root", "--", "id", "-u")
    says("1", *OWN, "--", "sh", "-c", "echo $$")
    says("inside", *OWN, "--ns", "uts", "--hostname", "inside", "--", "uname", "-n")
    says("/usr", *OWN, "--cwd", "/usr", "--", "pwd")
    says("V=a=b", *OWN, "--clear-env", "--env", "V=a=b", "--", "env")
    says("kept b", "--env", "B=b", "--", "sh", "-c", "echo $A $B", env={**os.environ, "A": "kept"})
    says("5", "--ns", "user", "--uid-map", f"5:{os.geteuid()}:1", "--gid-map", f"5:{os.getegid()}:1", "--", "id", "-u")
    expect("devnull", run("--stdio", "devnull", "--", "echo", "heard").stdout, "")
    if not ROOT:
        return
    # the maps of an ordinary user
    nobody = ["--uid", "65534", "--gid", "65534", "--groups", "", "--cwd", "/"]
    if ends_as_nobody(nobody, "test", "-x", PROGRAM):
        says("0", *nobody, "--", PROGRAM, "--ns", "all", "--map-root", "--", "id", "-u")
    else:
        print("skipped: nobody may not execute the program where it is built")


def ends_as_nobody(nobody, *words):
    return run(*nobody, "--", *words).returncode == 0


def init():
    says("2 1", *OWN, "--init", "--", "sh", "-c", "echo $$ $PPID")
    ends(143, *OWN, "--init", "--", "sh", "-c", "exit 143")
    # which process 1 could neither do to itself nor be done by SIGTERM
    ends(128 + 9, *OWN, "--init", "--", "sh", "-c", "kill -9 $$")
    said, _ = told(*OWN, "--init", "--", "sh", "-c", "kill -9 $$")
    expect("signaled", (said[-1]["event"], said[-1].get("signal")), ("signaled", 9))
    with subprocess.Popen([PROGRAM, *OWN, "--init", "--", "sh", "-c", "echo up; exec sleep 1000"],
                          stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        expect("SIGTERM past the init", child.wait(120), 128 + 15)
    # without an init, too: SIGKILL for what the kernel would drop, and what it handles as it is
    for script, status in (("echo up; exec sleep 1000", 128 + 9), ("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done", 7)):
        with subprocess.Popen([PROGRAM, *OWN, "--", "sh", "-c", script], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            child.send_signal(signal.SIGTERM)
            expect("SIGTERM to process 1", child.wait(120), status)
    for words in (["--init"], ["--init", "--enter", str(os.getpid()), "--ns", "net"]):
        done = ends(125, *words, "--", "true")
        expect(f"{words} names the remedy", "--ns pid" in done.stderr, True)


def limits():
    says("77", *OWN, "--rlimit", "nofile=77", "--", "sh", "-c", "ulimit -n")
    says("50 60", *OWN, "--rlimit", "nofile=50:60", "--", "bash", "-c", "echo $(ulimit -Sn) $(ulimit -Hn)")
    nice = str(min(os.nice(0) + 5, 19))
    says(nice, *OWN, "--nice", nice, "--", "nice")
    cpu = str(min(os.sched_getaffinity(0)))
    says(cpu, *OWN, "--cpus", cpu, "--", "awk", "/^Cpus_allowed_list/ {print $2}", "/proc/self/status")
    says("900", *OWN, "--oom-score-adj", "900", "--", "cat", "/proc/self/oom_score_adj")
    says("1", *OWN, "--no-new-privs", "--", "awk", "/^NoNewPrivs/ {print $2}", "/proc/self/status")


def identity():
    if not ROOT:
        print("skipped: other ids need root")
        sys.exit(SKIPPED)
    says("1234 2345 2345 7 8", "--uid", "1234", "--gid", "2345", "--groups", "7,8", "--", "sh", "-c",
         "echo $(id -u) $(id -g) $(id -G)")
    says("2345", "--uid", "1234", "--gid", "2345", "--", "id", "-G")  # none of root's groups
    says("2345", "--uid", "1234", "--gid", "2345", "--groups", "", "--", "id", "-G")


def time():
    with open("/proc/uptime") as file:
        before = float(file.read().split()[0])
    done = run("--ns", "user,time", "--map-root", "--time-offset", "boottime=1000000", "--time-offset",
               "monotonic=500000", "--", "cat", "/proc/uptime", "/proc/self/timens_offsets")
    expect("--time-offset", (done.returncode, done.stderr), (0, ""))
    words = done.stdout.split() or ["0"]
    if not 1000000 <= float(words[0]) - before < 1100000:
        wrong.append(f"uptime {words[0]} after {before}")
    expect("timens_offsets", words[2:], ["monotonic", "500000", "0", "boottime", "1000000", "0"])
    done = ends(124, *OWN, "--timeout", "0.3", "--", "sleep", "1000")
    expect("--timeout: lines on stderr", done.stderr.count("\n"), 1)
    ends(3, "--timeout", "1000", "--", "sh", "-c", "exit 3")
    # nobody reads what it writes, or is told: the time passes all the same
    reading, writing = os.pipe()
    with subprocess.Popen([PROGRAM, "--timeout", "0.3", "--stdio", "pty", "--", "yes"], stdout=writing,
                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        expect("output that nobody reads", child.wait(120), 124)
    done = run("--timeout", "0.3", "--events", str(writing), "--", "true", pass_fds=[writing])
    expect("events that nobody reads", done.returncode, 124)


def scope():
    # run() returns when nobody has its pipes any more
    daemon = "(setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' &)"
    ends(124, "--timeout", "1", "--", "sh", "-c", "sleep 1000 & sleep 1000")
    ends(124, "--timeout", "1", "--", "sh", "-c", f"sleep 1000 & {daemon}; sleep 1000")
    says("hi", "--reap", "--", "sh", "-c", f"{daemon}; echo hi")
    says("hi", "--kill-scope", "session", "--reap", "--", "sh", "-c", "sleep 1000 & echo hi")
    # what nobody has asked to be ended
    left = "setsid sleep 1000 >/dev/null 2>&1 & echo $!"
    for words in ([left], ["--kill-scope", "process", f"{left}; exec sleep 1000"],
                  ["--kill-scope", "group", f"sleep 1000 & {left}; sleep 1000"],
                  ["--kill-scope", "session", f"sleep 1000 & {left}; sleep 1000"]):
        done = run("--timeout", "2", *words[:-1], "--", "sh", "-c", words[-1])
        expect(f"{words}", done.returncode, 124 if words[-1].endswith("sleep 1000") else 0)
        os.kill(int(done.stdout), signal.SIGKILL)  # it is there
    # the leader of a group of its own is not where a Ctrl-C goes: it is passed on
    master, slave = pty.openpty()
    child = subprocess.Popen([PROGRAM, "--kill-scope", "session", "--", "sh", "-c", "echo up; exec sleep 1000"], stdin=slave,
                             stdout=slave, stderr=slave, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    read_until(master, b"up")
    os.write(master, b"\x03")
    expect("Ctrl-C to the leader of a group", child.wait(120), 128 + 2)
    # linx-run itself is killed
    with subprocess.Popen([PROGRAM, "--", "sh", "-c", f"{daemon}; echo up; sleep 1000; :"], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        expect("nobody is left to speak", child.stdout.read(), b"")


def told(*words):
    """The events, and how it ended."""
    reading, writing = os.pipe()
    done = run("--events", str(writing), *words, pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as lines:
        return [json.loads(line) for line in lines], done


def events():
    said, _ = told(*OWN, "--", "sh", "-c", "exit 4")
    expect("events", [each["event"] for each in said], ["ready", "running", "exited"])
    expect("code", said[-1]["code"], 4)
    if not 0 < said[0]["us"] <= said[1]["us"] <= said[2]["us"] or said[0]["pid"] <= 0:
        wrong.append(f"events: {said}")
    said, _ = told("--", "sh", "-c", "kill -15 $$")
    expect("signaled", (said[-1]["event"], said[-1]["signal"]), ("signaled", 15))
    said, _ = told(*OWN, "--", "/nonexistent")
    expect("failed", ([each["event"] for each in said], said[-1]["errno"], said[-1]["stage"]),
           (["ready", "failed"], 2, "execve"))
    said, done = told("--ns", "user,net", "--map-root", "--abort", "--", "echo", "ran")
    expect("--abort", ([each["event"] for each in said], done.returncode, done.stdout), (["ready", "aborted"], 0, ""))
    expect("--abort says so", "nothing was run" in done.stderr, True)
    # what a run would fail with, a dry run does, too
    for options, command, wanted in (
            (["--cwd", "/nonexistent", "--nice", "5"], "true", (2, "chdir", 125)),
            (["--cpus", "4000"], "true", (22, "sched", 125)), ([], "/nonexistent", (2, "execve", 127)),
            ([*OWN, "--init"], "/etc", (13, "execve", 126)), ([*OWN, "--uid", "77"], "true", (22, "ids", 125))):
        said, done = told("--abort", *options, "--", command)
        expect(f"--abort {options} {command}", ([each["event"] for each in said], said[-1].get("errno"),
                                                said[-1].get("stage"), done.returncode), (["ready", "failed"], *wanted))
    said, done = told("--", "no-such-command-anywhere")
    expect("not in $PATH", ([each["event"] for each in said], said[0]["errno"], done.returncode), (["failed"], 2, 127))
    # who reads them is gone: his affair; they cannot be written: said once, and the command has its status
    for target, complaints in (("3>&1 >&2 | true", 0), ("3>/dev/full", 1)):
        done = subprocess.run(["bash", "-c", f"{PROGRAM} --events 3 -- sh -c 'sleep 0.2; exit 7' {target}; "
                                             "echo ${PIPESTATUS[0]} >&2"], stderr=subprocess.PIPE, text=True, timeout=120)
        expect(f"events {target}", (done.stderr.split()[-1], done.stderr.count("--events")), ("7", complaints))
    with open("/dev/null") as unwritable:
        done = run("--events", str(unwritable.fileno()), "--", "true", pass_fds=[unwritable.fileno()])
        expect("for reading only", (done.returncode, "reading only" in done.stderr), (125, True))


def enter():
    reading, writing = os.pipe()
    target = subprocess.Popen([PROGRAM, "--events", str(writing), "--ns", "all", "--map-root", "--", "sleep", "1000"],
                              pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as lines:
        while (said := json.loads(lines.readline()))["event"] != "running":
            pass
        pid = said["pid"]
        kinds = ["user", "net", "mnt", "uts", "ipc", "cgroup"]
        inside = [os.readlink(f"/proc/{pid}/ns/{kind}") for kind in kinds]
        done = run("--enter", str(pid), "--ns", "user,net,mount,uts,ipc,cgroup", "--", "sh", "-c",
                   f"for k in {' '.join(kinds)}; do readlink /proc/self/ns/$k; done")
        expect("--enter", (done.stdout.split(), done.stderr), (inside, ""))
        says(os.readlink("/proc/self/ns/uts"), "--enter", str(pid), "--ns", "user,net", "--", "readlink",
             "/proc/self/ns/uts")
        ends(0, "--enter", str(pid), "--", "true")
        os.kill(pid, signal.SIGKILL)
        expect("the target's end", target.wait(120), 128 + 9)
    ends(125, "--enter", str(pid), "--", "true")


def terminal():
    done = run("--stdio", "pty", "--", "tty")
    expect("tty", (done.stdout[:9], done.returncode), ("/dev/pts/", 0))
    # the end of the input is that of the command's
    done = subprocess.run([PROGRAM, "--stdio", "pty", "--", "cat"], input="typed\n", capture_output=True, text=True,
                          timeout=120)
    expect("cat", (done.stdout.split(), done.returncode), (["typed", "typed"], 0))
    done = run("--stdio", "pty", "--", "seq", "100000")
    expect("seq", done.stdout.split() == [str(n) for n in range(1, 100001)], True)
    # the last option counts
    says("not a tty", "--stdio", "pty", "--stdio", "inherit", "--", "sh", "-c", "tty || true")
    # whoever reads the output goes: the command is hung up; nobody can take it: it is ended
    done = subprocess.run(["bash", "-c", f"{PROGRAM} --stdio pty -- seq 1000000 | head -n 1; echo ${{PIPESTATUS[0]}}"],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    expect("head", (done.stdout.split(), done.stderr), (["1", str(128 + 1)], ""))
    with open("/dev/full", "w") as full:
        done = subprocess.run([PROGRAM, "--stdio", "pty", "--", "sleep", "0"], stdout=full, timeout=120,
                              stdin=subprocess.DEVNULL)
        expect("no output, full", done.returncode, 0)
        done = subprocess.run([PROGRAM, "--stdio", "pty", "--", "yes"], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=120, stdin=subprocess.DEVNULL)
        expect("full", (done.returncode, "no space left" in done.stderr), (125, True))
    # between two terminals: Ctrl-C goes to the command, and the outer one is afterwards as it was
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (31, 77))
    before = termios.tcgetattr(slave)
    child = on_terminal(slave, "stty size; exec sleep 1000")
    read_until(master, b"31 77")
    os.write(master, b"\x03")
    expect("Ctrl-C", child.wait(120), 128 + 2)
    expect("the terminal afterwards", termios.tcgetattr(slave), before)
    # a failure before the command runs leaves it so, too
    child = on_terminal(slave, "true", "--cwd", "/nonexistent")
    expect("failed", child.wait(120), 125)
    expect("the terminal after a failure", termios.tcgetattr(slave), before)
    # the size is that of the terminal at standard output where the input is none
    subprocess.run([PROGRAM, "--stdio", "pty", "--", "stty", "size"], stdin=subprocess.DEVNULL,
                   stdout=slave, timeout=120)
    read_until(master, b"31 77")
    # the outer window changes while the command runs: SIGWINCH, and its terminal has the new size
    child = on_terminal(slave, "trap 'stty size; exit 5' WINCH; echo up; while :; do sleep 0.05; done")
    read_until(master, b"up")
    termios.tcsetwinsize(master, (40, 101))
    read_until(master, b"40 101")
    expect("SIGWINCH", child.wait(120), 5)


def on_terminal(slave, script, *words):
    return subprocess.Popen([PROGRAM, *words, "--stdio", "pty", "--", "sh", "-c", script], stdin=slave, stdout=slave,
                            stderr=slave, start_new_session=True,
                            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))


def read_until(master, word):
    text = b""
    while word not in text:
        text += os.read(master, 4096)


if subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode != 0:
    print("skipped: no user namespace may be created here")
    sys.exit(SKIPPED)
globals()[WAY]()
if wrong:
    sys.exit("\n".join(wrong))
