#!/usr/bin/env python3
"""Runs linx-server, talks to it from many sides, and looks at what is left:  check.py PROGRAM WAY"""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM, WAY = sys.argv[1:]
PATIENCE = 60  # the machine may be busy
wrong = []


def expect(what, got, wanted):
    if got != wanted:
        wrong.append(f"{what}: {got!r} instead of {wanted!r}")


def until(what, holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            wrong.append(f"never: {what}")
            return
        time.sleep(0.01)


class Server:
    def __init__(self, *options, tcp=False):
        self.known = None
        self.place = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.place.name, "socket")
        where = ["--port", "0"] if tcp else ["--socket", self.path]
        self.process = subprocess.Popen([PROGRAM, *options, *where], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"linx-server: listening on (\S+)\n", line)
        if not found:
            sys.exit(f"it does not listen: {line!r} {self.process.stderr.read()!r}")
        self.where = found[1]

    def connect(self):
        if not self.where.startswith("/"):
            host, port = self.where.rsplit(":", 1)
            return Client(socket.create_connection((host, int(port)), PATIENCE))
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(PATIENCE)
        one.connect(self.path)
        return Client(one)

    def descriptors(self):
        """What each of its descriptors is, in order."""
        place = f"/proc/{self.process.pid}/fd"
        found = []
        for fd in os.listdir(place):
            try:
                found.append(re.sub(r"\[\d+\]|\d+", "", os.readlink(f"{place}/{fd}")))
            except FileNotFoundError:  # closed meanwhile
                continue
        return sorted(found)

    def connections(self):
        """How many it has accepted and not closed: such a socket has the name of the one that listens."""
        with open("/proc/net/unix") as sockets:
            return sum(fields[-1] == self.path and fields[5] != "01" for fields in map(str.split, sockets))

    def spawner(self):
        if self.known is None or state(self.known) in ("", "Z"):
            self.known = self.find_spawner()
        return self.known

    def find_spawner(self):
        """Of all linx-spawners the one that has a pidfd of the server."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if open(f"/proc/{pid}/comm").read() != "linx-spawner\n":
                    continue
                for fd in os.listdir(f"/proc/{pid}/fdinfo"):
                    if f"\nPid:\t{self.process.pid}\n" in open(f"/proc/{pid}/fdinfo/{fd}").read():
                        return int(pid)
            except OSError:
                continue
        return None

    def children(self):
        """What runs, or waits to be reaped, under its spawner."""
        spawner = self.spawner()
        try:
            return open(f"/proc/{spawner}/task/{spawner}/children").read().split()
        except OSError:
            return []

    def idle(self):
        return not self.children()

    def end(self, status=0):
        spawner = self.spawner()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        expect("exit status", self.process.returncode, status)
        expect("stderr", err, "")
        expect("socket is gone", os.path.exists(self.path), False)
        if spawner:
            until("the spawner goes", lambda: state(spawner) in ("", "Z"))
        self.place.cleanup()


def state(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0]
    except OSError:
        return ""


class Client:
    def __init__(self, one):
        self.socket = one
        self.file = one.makefile("rb")

    def ask(self, *lines):
        self.socket.sendall("".join(line + "\n" for line in lines).encode())

    def answer(self):
        """Number, words, output, errors; None at the end."""
        try:
            head = self.file.readline().decode()
        except ConnectionResetError:  # it has not read all that was sent
            return None
        if not head:
            return None
        number, what, code, out, err, *cut = head.split()
        text = self.file.read(int(out)), self.file.read(int(err))
        if (len(text[0]), len(text[1])) != (int(out), int(err)):
            raise EOFError(f"an answer is cut off: {head!r}")
        return int(number), [what, int(code), *cut], text[0].decode(), text[1].decode()

    def close(self):
        self.file.close()
        self.socket.close()


def late(*_):
    raise TimeoutError("no answer")


signal.signal(signal.SIGALRM, late)
signal.alarm(280)


def jobs():
    """Each kind of answer."""
    server = Server("--time", "1", "--output", "10")
    client = server.connect()

    def one(line):
        client.ask(line)
        return client.answer()

    expect("output", one("echo out; echo err >&2; exit 3"), (1, ["exited", 3], "out\n", "err\n"))
    expect("signal", one("kill -9 $$"), (2, ["signaled", 9], "", ""))
    expect("cut", one("echo 123456789abc"), (3, ["exited", 0, "cut"], "123456789a", ""))
    number, what, out, err = one("echo $$; exec sleep 1000")
    expect("late", (number, what), (4, ["late", 0]))
    expect("an empty line", one(""), (5, ["exited", 0], "", ""))
    client.ask("sleep 0.3; echo slow", "echo fast")
    expect("as they end", [client.answer()[0], client.answer()[0]], [7, 6])
    client.ask("x" * 100_000)
    expect("a line without end", client.answer(), None)
    client.close()
    server.end()


def load():
    """Thousands of jobs; one connection in four goes in the middle. Each answer is right and comes once."""
    server = Server("--jobs", "12")
    warm = server.connect()
    warm.ask("true")
    warm.answer()
    warm.close()
    until("the first is gone", lambda: server.idle() and server.connections() == 0)
    before = server.descriptors()
    faults, answers = [], []
    highest = [0]
    watching = [True]

    def watch():
        while watching[0]:
            highest[0] = max(highest[0], len(server.children()))
            time.sleep(0.02)

    def connection(index):
        chance = random.Random(index)
        client = server.connect()
        goes = index % 4 == 3
        asked = {}
        try:
            number = 0
            for _ in range(10):
                lines = []
                for _ in range(8):
                    number += 1
                    code, word = chance.randrange(4), f"{index}.{number}"
                    asked[number] = code, word
                    lines.append(f"echo {word}; echo {word} >&2; exit {code}" if chance.randrange(20)
                                 else f"sleep 0.02; echo {word}; echo {word} >&2; exit {code}")
                client.ask(*lines)
                for _ in range(len(lines) if not goes else chance.randrange(len(lines))):
                    got, what, out, err = client.answer()
                    code, word = asked.pop(got)
                    if (what, out, err) != (["exited", code], word + "\n", word + "\n"):
                        faults.append(f"{index}: {got} {what} {out!r} {err!r} instead of {code} {word}")
                    answers.append(got)
                if goes and chance.randrange(5) == 0:
                    return
            if not goes and asked:
                faults.append(f"{index}: {len(asked)} without an answer")
        except Exception as e:  # in a thread: told at the end
            faults.append(f"{index}: {e!r}")
        finally:
            client.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    connections = [threading.Thread(target=connection, args=(index,)) for index in range(40)]
    for each in connections:
        each.start()
    for each in connections:
        each.join()
    watching[0] = False
    watcher.join()
    wrong.extend(faults[:10])
    if len(answers) < 30 * 80:
        wrong.append(f"only {len(answers)} answers")
    # One that has ended and was not reaped yet has given its permit back.
    if highest[0] > 2 * 12:
        wrong.append(f"{highest[0]} children at once")
    until("nothing runs", server.idle)
    until("no connection is left", lambda: server.connections() == 0)
    until(f"what was open before, {before}", lambda: server.descriptors() == before)
    if server.descriptors() != before:
        wrong.append(f"open now: {server.descriptors()}")
    server.end()


def disconnect():
    """What a client asked for ends with it, with all that it has started, and others go on."""
    server = Server("--jobs", "4")
    with tempfile.TemporaryDirectory() as place:
        pids = os.path.join(place, "pids")
        stays = server.connect()
        stays.ask("read x < /dev/null; sleep 2; echo there")
        goes = server.connect()
        goes.ask(f"sleep 1001 & echo $$ $! > {pids}.new; mv {pids}.new {pids}; wait", "sleep 1002", "sleep 1003", "sleep 1004",
                 "sleep 1005")
        until("it runs", lambda: os.path.exists(pids))
        running = [int(pid) for pid in open(pids).read().split()]
        goes.close()
        until("all of it ends", lambda: all(state(pid) in ("", "Z") for pid in running))
        expect("the other", stays.answer(), (1, ["exited", 0], "there\n", ""))
        stays.ask("echo next")  # no permit is lost
        expect("the next", stays.answer(), (2, ["exited", 0], "next\n", ""))
        stays.close()
        until("nothing runs", server.idle)
    server.end()


def drain():
    """After SIGTERM what runs is answered and nothing more is read; a second one does not wait."""
    server = Server()
    with tempfile.TemporaryDirectory() as place:
        mark = os.path.join(place, "mark")
        client = server.connect()
        client.ask(f"touch {mark}; sleep 1; echo done")
        until("it runs", lambda: os.path.exists(mark))
        server.process.send_signal(signal.SIGTERM)
        expect("answer", client.answer(), (1, ["exited", 0], "done\n", ""))
        expect("the end", client.answer(), None)
        client.close()
        expect("exit status", server.process.wait(PATIENCE), 0)
        server.end()

        server = Server("--drain", "1000")
        client = server.connect()
        client.ask(f"echo $$ > {mark}.new; mv {mark}.new {mark}.pid; exec sleep 1001")
        until("it runs", lambda: os.path.exists(mark + ".pid"))
        pid = int(open(mark + ".pid").read())
        server.process.send_signal(signal.SIGTERM)
        until("it does not listen", lambda: refuses(server.path))
        expect("it waits", (server.process.poll(), state(pid) != ""), (None, True))
        server.process.send_signal(signal.SIGTERM)
        expect("no answer", client.answer(), None)
        expect("exit status", server.process.wait(PATIENCE), 0)
        until("nobody is left", lambda: state(pid) in ("", "Z"))
        client.close()
        server.end()

        os.unlink(mark)
        server = Server("--drain", "0")
        client = server.connect()
        client.ask(f"touch {mark}; exec sleep 1001")
        until("it runs", lambda: os.path.exists(mark))
        server.process.send_signal(signal.SIGTERM)
        expect("no patience", client.answer(), None)
        client.close()
        server.end()


def refuses(path):
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(path) != 0


def tcp():
    """The same by TCP, on the loopback address of a network namespace of its own."""
    if "LINX_APART" not in os.environ:
        apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
        if subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("skipped: no network namespace")
            sys.exit(77)
        os.environ["LINX_APART"] = "1"
        os.execvp(apart[0], [*apart, sys.executable, "-B", *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = Server(tcp=True)
    client = server.connect()
    client.ask("echo $((6 * 7))")
    expect("answer", client.answer(), (1, ["exited", 0], "42\n", ""))
    gone = server.connect()
    gone.ask("sleep 1001")
    until("it runs", lambda: len(server.children()) == 1)
    gone.close()
    until("it ends", server.idle)
    client.close()
    server.end()


def mistakes():
    """Each is one line on stderr; a dead server's socket is replaced, a live one's is not."""
    for words, status in (([], 125), (["--port", "x"], 125), (["--port", "70000"], 125), (["--socket"], 125),
                          (["--socket", ""], 125), (["--socket", "a", "--port", "1"], 125), (["--jobs", "0", "--port", "0"], 125),
                          (["--nonsense"], 125), (["--port", "0", "word"], 125), (["--time", "-1", "--port", "0"], 125),
                          (["--socket", "/nonexistent/socket"], 1), (["--socket", "x" * 200], 1)):
        done = subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        expect(f"{words}: status", done.returncode, status)
        expect(f"{words}: output", (done.stdout, done.stderr.count("\n"), done.stderr[:13]), ("", 1, "linx-server: "))
    server = Server()
    second = subprocess.run([PROGRAM, "--socket", server.path], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=PATIENCE)
    expect("a second server", (second.returncode, "EADDRINUSE" in second.stderr), (1, True))
    server.process.kill()
    server.process.wait()
    again = subprocess.Popen([PROGRAM, "--socket", server.path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    expect("after a dead one", again.stdout.readline(), f"linx-server: listening on {server.path}\n")
    again.terminate()
    expect("exit status", again.wait(PATIENCE), 0)
    again.stdout.close()
    server.process.communicate()


{"jobs": jobs, "load": load, "disconnect": disconnect, "drain": drain, "tcp": tcp, "mistakes": mistakes}[WAY]()
for each in wrong:
    print(each)
sys.exit(1 if wrong else 0)
