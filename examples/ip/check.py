#!/usr/bin/env python3
"""Runs linx-ip in a network namespace of its own and compares what it says with ip(8):  check.py PROGRAM WAY"""
import json
import os
import subprocess
import sys
import time

SKIPPED = 77
PROGRAM, WAY = sys.argv[1:]


def run(*words, program="ip", check=True, **more):
    done = subprocess.run([program, *words], capture_output=True, text=True, **more)
    if check and done.returncode != 0:
        sys.exit(f"{program} {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
    return done


def enter():
    """A fresh network namespace, in a fresh user namespace for an ordinary user: by running itself again."""
    if "LINX_CHECK_INSIDE" in os.environ:
        return
    command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--user", "--map-root-user"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        print("skipped: no network namespace may be created here")
        sys.exit(SKIPPED)
    os.environ["LINX_CHECK_INSIDE"] = "1"
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def linx(*words, **more):
    return run(*words, program=PROGRAM, **more)


def world():
    """Made with linx-ip as far as it goes."""
    linx("link", "set", "lo", "up")
    linx("link", "add", "v0", "type", "veth", "peer", "v1")
    linx("link", "set", "v0", "mtu", "1400", "alias", "outside", "up")
    linx("link", "set", "v1", "up")
    linx("addr", "add", "10.0.0.1/24", "brd", "+", "dev", "v0")
    linx("addr", "add", "10.9.0.1", "peer", "10.9.0.2/32", "dev", "v0", "valid_lft", "9000", "preferred_lft", "8000")
    linx("addr", "add", "2001:db8::1/64", "dev", "v0", "nodad", "noprefixroute")
    linx("route", "add", "10.1.0.0/16", "via", "10.0.0.2", "metric", "7", "mtu", "lock", "1300", "initcwnd", "20")
    linx("route", "add", "10.2.0.0/16", "nexthop", "via", "10.0.0.2", "weight", "2", "nexthop", "via", "10.0.0.3")
    linx("route", "add", "blackhole", "10.3.0.0/16", "table", "100")
    linx("-6", "route", "add", "2001:db8:1::/48", "dev", "v0", "src", "2001:db8::1")
    linx("rule", "add", "from", "10.1.0.0/16", "iif", "v0", "fwmark", "0x1", "lookup", "100", "priority", "50")
    linx("rule", "add", "to", "10.2.0.0/16", "dport", "80-90", "blackhole", "priority", "60")
    linx("neigh", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "v0")
    linx("neigh", "add", "proxy", "10.0.0.9", "dev", "v0")
    linx("nexthop", "add", "id", "1", "via", "10.0.0.2", "dev", "v0")
    linx("nexthop", "add", "id", "2", "via", "10.0.0.3", "dev", "v0")
    linx("nexthop", "add", "id", "10", "group", "1,2/3")
    linx("route", "add", "10.7.0.0/16", "nhid", "10")


# What ip(8) says of the same thing in the same words. Each key that linx-ip prints must stand there with the same
# value; lists of objects are compared object by object.
def differences(ours, theirs, where):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                yield f"{where}.{key}: ip(8) does not say it (we: {value})"
            else:
                yield from differences(value, theirs[key], f"{where}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{where}: {len(ours)} here, {len(theirs)} by ip(8)"
        for n, (one, other) in enumerate(zip(ours, theirs)):
            yield from differences(one, other, f"{where}[{n}]")
    elif ours != theirs:
        yield f"{where}: {ours} here, {theirs} by ip(8)"


def settled(command):
    """What linx-ip says twice in a row: routes and addresses of IPv6 come up by themselves."""
    said = linx("-j", *command).stdout
    for _ in range(100):
        time.sleep(0.1)
        again = linx("-j", *command).stdout
        if again == said:
            break
        said = again
    return json.loads(said or "[]")


def compare():
    world()
    commands = [["link", "show"], ["addr", "show"], ["route", "show"], ["route", "show", "table", "all"],
                ["-6", "route", "show"], ["rule", "show"], ["-6", "rule", "show"], ["neigh", "show"],
                ["neigh", "show", "proxy"], ["nexthop", "show"], ["stats", "show", "dev", "lo"]]
    wrong = []
    for command in commands:
        ours = settled(command)
        more = ["group", "link"] if command[0] == "stats" else []
        theirs = json.loads(run("-j", "-d", *command, *more).stdout or "[]")
        if not ours:
            wrong.append(f"{' '.join(command)}: nothing")
        # ip(8) dumps the families of "table all" in another order
        for one in (ours, theirs):
            if command[0] == "route":
                one.sort(key=lambda r: (r.get("table", ""), r["dst"], r.get("dev", ""), r.get("metric", 0)))
            if command[0] == "neigh":
                one.sort(key=lambda n: n["dst"])
        wrong += differences(ours, theirs, " ".join(command))
        text = linx(*command).stdout.splitlines()
        if len(text) != len(ours):
            wrong.append(f"{' '.join(command)}: {len(text)} lines of text for {len(ours)} objects")
    got = json.loads(linx("-j", "route", "get", "10.1.2.3").stdout)[0]
    if got["gateway"] != "10.0.0.2" or got["dev"] != "v0":
        wrong.append(f"route get: {got}")
    return wrong


def batch():
    world()
    lines = [f"route add 10.{64 + n // 250}.{n % 250}.0/24 via 10.0.0.2" for n in range(2000)]
    done = linx("-b", "-", input="\n".join(["# two thousand", *lines]))
    listed = len(json.loads(run("-j", "route", "show").stdout))
    wrong = [] if listed >= 2000 else [f"{listed} routes after 2000 were added"]
    bad = linx("-b", "-", input="route add 10.0.7.0/24 via 192.0.2.1\nneigh add x\n\nroute add 10.200.0.0/16 dev v0\n",
               check=False)
    if bad.returncode == 0 or "-:1: " not in bad.stderr or "-:2: " not in bad.stderr or "-:4: " in bad.stderr:
        wrong.append(f"a batch with two wrong lines: {bad.returncode}: {bad.stderr}")
    if "10.200.0.0/16" not in run("route", "show").stdout:
        wrong.append("the good line of a bad batch was not carried out")
    linx("route", "flush", "table", "main")
    if run("route", "show").stdout.strip():
        wrong.append("routes are left after a flush")
    return wrong


def mistakes():
    """Each is told in one line that names what is wrong; 2 for words, 1 for what the kernel refused."""
    wrong = []
    for words, status, text in [
        (["route", "add", "10.0.0"], 2, "10.0.0"),
        (["route", "add", "10.0.0.1/8", "dev", "lo"], 2, "10.0.0.1/8"),
        (["addr", "add", "10.0.0.1/24"], 2, "dev"),
        (["addr", "add", "10.0.0.1/24", "dev", "nope"], 2, "nope"),
        (["frob", "show"], 2, "frob"),
        (["link", "set", "lo", "mtu", "x"], 2, "mtu"),
        (["link", "del", "nope"], 1, "nope"),
        (["route", "add", "10.1.0.0/16", "via", "192.0.2.1"], 1, "unreachable"),
        (["-n", "no-such-namespace", "link", "show"], 1, "no-such-namespace"),
        ([], 2, "--help"),
    ]:
        done = linx(*words, check=False)
        said = done.stderr
        if done.returncode != status or text not in said or said.count("\n") != 1:
            wrong.append(f"linx-ip {' '.join(words)}: {done.returncode} (not {status}): {said}")
    return wrong


def monitor():
    run("link", "set", "lo", "up")
    with subprocess.Popen([PROGRAM, "-j", "monitor", "link", "address"], stdout=subprocess.PIPE, text=True) as process:
        # the first line comes once it listens: change something until it does
        seen = []
        os.set_blocking(process.stdout.fileno(), False)
        for attempt in range(500):
            run("link", "set", "lo", "mtu", str(60000 + attempt))
            line = process.stdout.readline()
            if line:
                seen.append(json.loads(line))
                break
        os.set_blocking(process.stdout.fileno(), True)
        run("addr", "add", "10.5.5.5/32", "dev", "lo")
        for line in process.stdout:
            seen.append(json.loads(line))
            if seen[-1].get("local") == "10.5.5.5":
                break
        process.terminate()
        process.stdout.read()
    wrong = []
    if process.wait() != 0:
        wrong.append(f"the monitor ended with {process.returncode}")
    if seen[0]["ifname"] != "lo" or seen[-1]["event"] != "set":
        wrong.append(f"{seen[0]} ... {seen[-1]}")
    return wrong


enter()
problems = {"compare": compare, "batch": batch, "mistakes": mistakes, "monitor": monitor}[WAY]()
print(*problems, sep="\n")
sys.exit(1 if problems else 0)
