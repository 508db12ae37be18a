#!/usr/bin/env python3
"""Runs linx-ip in a network namespace of its own and compares what it says with ip(8):  check.py PROGRAM WAY"""
import ctypes
import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

import twins

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
    linx("link", "add", "v2", "type", "veth", "peer", "v3")
    linx("link", "set", "v2", "up")
    linx("addr", "add", "10.0.0.1/24", "brd", "+", "dev", "v0")
    linx("addr", "add", "10.9.0.1", "peer", "10.9.0.2/32", "dev", "v0", "valid_lft", "9000", "preferred_lft", "8000")
    linx("addr", "add", "2001:db8::1/64", "dev", "v0", "nodad", "noprefixroute")
    linx("route", "add", "10.1.0.0/16", "via", "10.0.0.2", "metric", "7", "mtu", "lock", "1300", "initcwnd", "20")
    linx("route", "add", "10.2.0.0/16", "nexthop", "via", "10.0.0.2", "weight", "2", "nexthop", "via", "10.0.0.3")
    linx("route", "add", "blackhole", "10.3.0.0/16", "table", "100")
    linx("-6", "route", "add", "2001:db8:1::/48", "dev", "v0", "src", "2001:db8::1")
    linx("-6", "route", "add", "2001:db8:9::/48", "dev", "v0", "expires", "9000", "pref", "high")
    linx("route", "add", "10.11.0.0/16", "via", "10.0.0.2", "realms", "3/7")
    linx("route", "add", "10.12.0.0/16", "nexthop", "via", "10.0.0.2", "realms", "9", "nexthop", "via", "10.0.0.3")
    linx("rule", "add", "from", "10.1.0.0/16", "iif", "v0", "fwmark", "0x1", "lookup", "100", "priority", "50")
    linx("rule", "add", "to", "10.2.0.0/16", "dport", "80-90", "blackhole", "priority", "60")
    linx("rule", "add", "from", "10.8.0.0/16", "realms", "3/7", "suppress_ifgroup", "3", "lookup", "100", "priority", "70")
    linx("neigh", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", "v0")
    linx("neigh", "add", "proxy", "10.0.0.9", "dev", "v0")
    linx("nexthop", "add", "id", "1", "via", "10.0.0.2", "dev", "v0")
    linx("nexthop", "add", "id", "2", "via", "10.0.0.3", "dev", "v0")
    linx("nexthop", "add", "id", "10", "group", "1/2,3")
    linx("nexthop", "add", "id", "11", "blackhole")
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
    elif where.endswith(("_life_time", ".expires")) and abs(ours - theirs) < 300:
        pass  # it runs
    elif ours != theirs:
        yield f"{where}: {ours} here, {theirs} by ip(8)"


def await_own_addresses():
    """The kernel gives both ends an address of their own, and for a second makes sure that nobody else has it."""
    for _ in range(600):
        found = [a for one in json.loads(run("-j", "addr", "show").stdout) for a in one.get("addr_info", [])
                 if a.get("scope") == "link" and a["family"] == "inet6"]
        if len(found) == 2 and not any(a.get("tentative") for a in found):
            return
        time.sleep(0.1)


def settled(command):
    """What linx-ip says twice in a row: a table may still change by itself."""
    said = linx("-j", *command).stdout
    for _ in range(100):
        time.sleep(0.1)
        again = linx("-j", *command).stdout
        if again == said:
            break
        said = again
    return json.loads(said or "[]")


TUN_SET_NAME, TUN_SET_LINK_TYPE, ARPHRD_IPGRE = 0x400454ca, 0x400454cd, 778


def tunnel_end(name):
    """A link whose addresses are those of a GRE tunnel, on kernels without one: a tun that says it is."""
    try:
        device = os.open("/dev/net/tun", os.O_RDWR)
    except OSError:
        return None
    fcntl.ioctl(device, TUN_SET_NAME, struct.pack("16sH22x", name.encode(), 0x1001))  # IFF_TUN | IFF_NO_PI
    fcntl.ioctl(device, TUN_SET_LINK_TYPE, ARPHRD_IPGRE)
    linx("link", "set", name, "up")
    linx("addr", "add", "2001:db8:7::1/64", "dev", name, "nodad")
    linx("neigh", "add", "2001:db8:7::7", "lladdr", "192.0.2.7", "dev", name)
    return device


def compare():
    world()
    kept_open = tunnel_end("t0")
    if kept_open is None:
        print("skipped: there is no /dev/net/tun")
    await_own_addresses()
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


# Newer than some ip(8) that is about, and told by the kernels of today.
NEWER = {"mst_enabled", "fdb_max_learned", "fdb_n_learned", "localbypass", "bclim", "mab", "neigh_vlan_suppress",
         "backup_nhid", "coupled_control", "inner_proto_inherit", "df"}

# What a link is made with, in the words of both. What is made first is below the others.
KINDS = [
    "type ifb",
    "mtu 1400 txqueuelen 77 numtxqueues 2 address 02:00:00:00:00:07 type dummy",
    "type bridge",
    "type bridge forward_delay 400 hello_time 200 max_age 800 ageing_time 3000 priority 100 group_fwd_mask 8 "
    "group_address 01:80:c2:00:00:07 mcast_snooping 0 mcast_router 2 no_linklocal_learn 1 mcast_hash_max 1024 "
    "mcast_last_member_interval 200 mcast_last_member_count 3 mcast_igmp_version 3 nf_call_iptables 1",
    "type bridge vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 7 vlan_stats_enabled 1",
    "link below type vlan id 100 protocol 802.1ad reorder_hdr off gvrp on ingress-qos-map 1:2 3:4 egress-qos-map 2:5",
    "type bond mode 802.3ad miimon 100 updelay 200 downdelay 300 xmit_hash_policy layer3+4 lacp_rate fast",
    "type bond mode active-backup arp_interval 1000 arp_ip_target 10.0.0.1,10.0.0.2 arp_validate all",
    "type vxlan id 42 remote 10.0.0.2 local 10.0.0.1 dev below dstport 4789 srcport 1000 2000 ttl 7 tos 0x10 df set "
    "ageing 77 maxaddress 99 nolearning proxy rsc l2miss l3miss noudpcsum udp6zerocsumtx",
    "type vxlan id 43 group ff05::7 dev below dstport 4789 flowlabel 0x12345 gbp",
    "type vxlan id 44 group 239.1.1.1 dev below dstport 4789",
    "type vxlan external dstport 4790",
    "type geneve id 42 remote 10.0.0.2 ttl 7 tos 0x10 df set dstport 99 noudpcsum",
    "link below type macvlan mode bridge bcqueuelen 77",
    "link below type macvlan mode source macaddr set 02:00:00:00:00:01 02:00:00:00:00:02",
    "link below type macvtap mode private",
    "link below type ipvlan mode l3s private",
    "link below type ipvtap mode l2 vepa",
    "type vrf table 100",
    "type wireguard",
    "type gre local 10.0.0.1 remote 10.0.0.2 ttl 9 key 7 iseq ocsum dev below fwmark 5",
    "type gretap local 10.0.0.1 remote 10.0.0.2 tos 0x20 ikey 1.2.3.4",
    "type ip6gre local 2001:db8::1 remote 2001:db8::2 hoplimit 9 encaplimit none tclass 0x20 flowlabel inherit key 9",
    "type ip6gretap local 2001:db8::1 remote 2001:db8::2 tclass inherit flowlabel 0x12345 dscp inherit",
    "type ipip local 10.0.0.1 remote 10.0.0.2 ttl 9",
    "type sit local 10.0.0.1 remote 10.0.0.2 ttl 9 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8",
    "type ip6tnl local 2001:db8::1 remote 2001:db8::2 mode ipip6 hoplimit 9 encaplimit 7",
]


def said_of(name, program):
    one = json.loads(run("-j", "-d", "link", "show", "dev", name).stdout if program == "ip" else
                     linx("-j", "link", "show", "dev", name).stdout)[0]
    return one


def without_newer(value):
    if isinstance(value, dict):
        return {key: without_newer(each) for key, each in value.items() if key not in NEWER}
    return value


def comparable(one):
    """What does not differ between two links made alike."""
    info = one.get("linkinfo", {})
    data = {key: value for key, value in info.get("info_data", {}).items()
            if not key.endswith(("_timer", "bridge_id", "root_id"))}
    return {"mtu": one["mtu"], "txqlen": one.get("txqlen"), "kind": info.get("info_kind"), "data": data,
            "queues": one["num_tx_queues"]}


def kinds():
    """A link of each kind made by both programs from the same words is the same; and both say the same of it."""
    run("link", "add", "below", "type", "ifb")
    run("link", "set", "below", "up")
    wrong, skipped = [], set()
    for words in KINDS:
        made = run("link", "add", "name", "theirs", *words.split(), check=False)
        kind = words.split("type ")[1].split()[0]
        if made.returncode != 0:
            if "Unknown device type" not in made.stderr and "not supported" not in made.stderr:
                wrong.append(f"ip(8) does not make {words}: {made.stderr}")
            skipped.add(kind)
            continue
        theirs = said_of("theirs", "ip")
        wrong += differences(without_newer(said_of("theirs", "linx")), theirs, words)
        run("link", "del", "theirs")
        ours = linx("link", "add", "name", "ours", *words.split(), check=False)
        if ours.returncode != 0:
            wrong.append(f"linx-ip does not make {words}: {ours.stderr}")
            continue
        if comparable(said_of("ours", "ip")) != comparable(theirs):
            wrong.append(f"{words}: {comparable(said_of('ours', 'ip'))} here, {comparable(theirs)} by ip(8)")
        linx("link", "del", "ours")
    if skipped:
        print(f"skipped: this kernel does not make {', '.join(sorted(skipped))} with these options")
    return wrong + changes()


def changes():
    """Options of a link and of a port that are there."""
    linx("link", "add", "br0", "type", "bridge")
    linx("link", "add", "name", "v0", "type", "veth", "peer", "name", "v1")
    linx("link", "set", "br0", "type", "bridge", "ageing_time", "4000", "priority", "7")
    linx("link", "set", "dev", "v0", "master", "br0", "up", "promisc", "on", "arp", "off")
    linx("link", "set", "v1", "up")
    linx("link", "set", "v0", "type", "bridge_slave", "cost", "7", "isolated", "on", "learning", "off", "state", "3")
    linx("link", "property", "add", "dev", "v0", "altname", "outside-of-the-house")
    wrong = []
    for name in ["br0", "v0", "v1"]:
        wrong += differences(without_newer(said_of(name, "linx")), said_of(name, "ip"), name)
    port = said_of("v0", "ip")
    data = port["linkinfo"]["info_slave_data"]
    if [data["cost"], data["isolated"], data["learning"], data["state"]] != [7, True, False, "forwarding"]:
        wrong.append(f"the port: {data}")
    if "NOARP" not in port["flags"] or "PROMISC" not in port["flags"] or port["altnames"] != ["outside-of-the-house"]:
        wrong.append(f"the link: {port}")
    if said_of("br0", "ip")["linkinfo"]["info_data"]["priority"] != 7:
        wrong.append("the bridge has not got its priority")
    linx("link", "property", "del", "dev", "v0", "altname", "outside-of-the-house")
    # a setting that is refused takes the pair with it, as for a link made by one request
    done = linx("link", "add", "w0", "mtu", "1", "type", "veth", "peer", "w1", check=False)
    if done.returncode != 1 or "w0" in run("link", "show").stdout:
        wrong.append(f"a pair with a wrong mtu: {done.returncode}: {done.stderr}")
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
        (["monitor", "link", "frob"], 2, "\"frob\" is not watched: link, address"),
        (["link", "add", "x0"], 2, "type KIND is missing"),
        (["link", "add", "x0", "type", "frob"], 2, "\"frob\" is no kind of link"),
        (["link", "add", "x0", "type", "vxlan", "id", "7", "frob"], 2, "\"frob\" is no option of vxlan: "),
        (["link", "add", "x0", "type", "bridge", "vlan_filtering", "maybe"], 2, "vlan_filtering: \"maybe\" is not on"),
        (["link", "add", "x0", "type", "vlan", "id", "7"], 2, "needs a device below"),
        (["link", "add", "x0", "type", "veth", "frob"], 2, "\"frob\" is no option of veth"),
        (["route", "flush"], 2, "needs to be told which"),
        (["addr", "flush"], 2, "needs to be told which"),
        (["neigh", "flush"], 2, "needs to be told which"),
        (["rule", "del"], 2, "needs to be told which"),
        (["rule", "add"], 2, "needs a selector or an action"),
        (["maddress", "show"], 2, "\"maddress\" is an object that ip(8) has and linx-ip has not"),
        (["route", "save"], 2, "\"save\" is a command that ip(8) has and linx-ip has not"),
        (["link", "frob", "lo"], 2, "link has no command \"frob\": add, set, delete, show"),
        (["-4", "-6", "route"], 2, "only one of them can hold"),
        (["-br", "route"], 2, "-brief is for link and addr"),
        (["neigh", "get", "10.0.0.1"], 2, "neigh get ADDRESS dev NAME"),
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


CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def new_world():
    """Another network namespace, as a file, made like all of them."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
    run("-b", "-", input=twins.WORLD)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def inside(namespace, program, words, **more):
    return run(*words, program=program, check=False, preexec_fn=lambda: LIBC.setns(namespace, CLONE_NEWNET), **more)


# What runs, and what the programs do not decide.
RUNNING = {"valid_life_time", "preferred_life_time", "expires", "ifindex", "used", "confirmed", "updated", "cache_info",
           "probes", "refcnt", "uid", "stats64"}


def settled_values(value):
    if isinstance(value, dict):
        return {key: settled_values(each) for key, each in value.items() if key not in RUNNING}
    return [settled_values(each) for each in value] if isinstance(value, list) else value


def state(namespace, with_rules_of_v6=False):
    """All that ip(8) says of a namespace, sorted: the kernel lists neighbours as its table of them is mixed."""
    objects = "addr show\nroute show table all\nrule show\nneigh show nud all\nneigh show proxy\nnexthop show\n"
    told = inside(namespace, "ip", ["-j", "-d", "-b", "-"], input=objects).stdout
    if with_rules_of_v6:
        told += inside(namespace, "ip", ["-j", "-d", "-6", "rule", "show"]).stdout
    lists = [settled_values(json.loads(line)) for line in told.splitlines() if line.strip()]
    for link in lists[0]:
        if link["ifname"] in ("v8", "v9"):
            del link["address"]  # by chance
    return [sorted(each, key=json.dumps) for each in lists]


def first_difference(one, other):
    for ours, theirs in zip(one, other):
        for a, b in zip(ours, theirs):
            if a != b:
                return f"{json.dumps(a)} here, {json.dumps(b)} by ip(8)"
        if len(ours) != len(theirs):
            return f"{len(ours)} here, {len(theirs)} by ip(8): {json.dumps(ours)}, {json.dumps(theirs)}"
    return "" if len(one) == len(other) else "more kinds of objects in one of them"


def same():
    """The same words change the same."""
    ours, theirs = new_world(), new_world()
    wrong = [each for each in [first_difference(state(ours), state(theirs))] if each]
    for line in twins.SAME:
        here = inside(ours, PROGRAM, line.split())
        there = inside(theirs, "ip", line.split())
        if (here.returncode == 0) != (there.returncode == 0):
            wrong.append(f"{line}: {here.returncode} here, {there.returncode} by ip(8): {here.stderr}{there.stderr}")
        if here.returncode != 0 and here.stderr.count("\n") != 1:
            wrong.append(f"{line}: refused in other than one line: {here.stderr}")
        if there.returncode != 0 and here.returncode != 0:
            continue  # what it did all the same is seen behind the next one
        of_rules = "ru" in line.split()[:2] or "rule" in line
        if difference := first_difference(state(ours, of_rules), state(theirs, of_rules)):
            wrong.append(f"{line}: {difference}")
            for each in (ours, theirs):
                os.close(each)
            ours, theirs = new_world(), new_world()
    before = state(ours)
    for line, reason in twins.REFUSED.items():
        done = inside(ours, PROGRAM, line.split())
        if done.returncode != 2 or reason not in done.stderr:
            wrong.append(f"{line}: {done.returncode}, and not 2 with {reason}: {done.stderr}")
    if difference := first_difference(state(ours), before):
        wrong.append(f"what was refused was done: {difference}")
    return wrong


def chosen(text):
    """What the objects of a listing are told apart by."""
    keys = ("ifname", "dst", "priority", "id", "local", "gateway", "via", "dev", "type", "prefixlen")
    return sorted(json.dumps({key: each.get(key) for key in keys if key in each} |
                             {"inside": chosen(json.dumps(each.get("addr_info", [])))})
                  for each in json.loads(text or "[]") if each)


def without_named(ours, theirs):
    """Both, without what ip(8) leaves out because it was asked for, or is the usual."""
    pairs = [(json.loads(one), json.loads(other)) for one, other in zip(ours, theirs)]
    return ([{key: value for key, value in one.items() if key in other} for one, other in pairs],
            [{key: value for key, value in other.items() if key in one} for one, other in pairs])


def shown():
    """The same words choose the same."""
    namespace = new_world()
    wrong = []
    for line in twins.SHOWN:
        words = line.split()
        here, there = inside(namespace, PROGRAM, ["-j", *words]), inside(namespace, "ip", ["-j", "-d", *words])
        if (here.returncode == 0) != (there.returncode == 0):
            wrong.append(f"{line}: {here.returncode} here, {there.returncode} by ip(8): {here.stderr}{there.stderr}")
        if here.returncode != 0:
            continue
        ours, theirs = chosen(here.stdout), chosen(there.stdout)
        if len(ours) != len(theirs):
            wrong.append(f"{line}: {ours} here, {theirs} by ip(8)")
            continue
        ours, theirs = without_named(ours, theirs)
        key = lambda each: json.dumps(each, sort_keys=True)
        if sorted(ours, key=key) != sorted(theirs, key=key):
            wrong.append(f"{line}: {ours} here, {theirs} by ip(8)")
    for words in (["link", "show"], ["-j", "addr"], ["-br", "link"], ["--help"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True)
        if done.returncode != 1 or "standard output" not in done.stderr:
            wrong.append(f"{words} on a device that is full: {done.returncode}: {done.stderr}")
    for object_name in ("link", "addr"):
        here, there = (inside(namespace, program, ["-br", object_name]).stdout for program in (PROGRAM, "ip"))
        if [each.split() for each in here.splitlines()] != [each.split() for each in there.splitlines()]:
            wrong.append(f"-br {object_name}: {here} here, {there} by ip(8)")
    return wrong


def monitor():
    """Each kind of object is told of under its own word, and nothing of the others."""
    run("link", "set", "lo", "up")
    run("link", "add", "v0", "type", "veth", "peer", "name", "v1")
    run("link", "set", "v0", "up")
    run("link", "set", "v1", "up")
    wrong = []
    for word, change, key, value in [
        ("link", ["link", "set", "v0", "alias", "seen"], "ifalias", "seen"),
        ("address", ["addr", "add", "10.5.5.5/32", "dev", "lo"], "local", "10.5.5.5"),
        ("route", ["route", "add", "10.6.0.0/16", "dev", "v0"], "dst", "10.6.0.0/16"),
        ("rule", ["rule", "add", "from", "10.7.0.0/16", "lookup", "100", "priority", "77"], "src", "10.7.0.0"),
        ("neigh", ["neigh", "add", "10.8.0.1", "lladdr", "02:00:00:00:00:08", "dev", "v0"], "dst", "10.8.0.1"),
        ("nexthop", ["nexthop", "add", "id", "9", "dev", "v0"], "id", 9),
        ("qdisc", ["-force"], "kind", "pfifo"),
    ]:
        with subprocess.Popen([PROGRAM, "-j", "monitor", word], stdout=subprocess.PIPE, text=True) as process:
            # it prints nothing until something happens: wait until its socket is bound to its groups
            while not listening(process.pid):
                time.sleep(0.02)
            if word == "qdisc":
                run("qdisc", "add", "dev", "v0", "root", "pfifo", program="tc")
            else:
                run(*change)
            for line in process.stdout:
                seen = json.loads(line)
                if seen.get(key) == value:
                    if seen["event"] != "set":
                        wrong.append(f"monitor {word}: {seen}")
                    break
            process.terminate()
            process.stdout.read()
        if process.wait() != 0:
            wrong.append(f"monitor {word} ended with {process.returncode}")
    return wrong


def names():
    """Names, aliases and other names are bytes: what is no UTF-8 is escaped, never ends a listing, and is found."""
    name, alias, other = b"x\xff0", b"out\xfeside \\ \x1b[1m", b"other-name-\xc3\x28-\xed\xa0\x80"
    shown_name, shown_alias, shown_other = "x\\xff0", "out\\xfeside \\x5c \x1b[1m", "other-name-\\xc3(-\\xed\\xa0\\x80"
    wrong = []

    def ask(*words, status=0):
        done = subprocess.run([PROGRAM, *words], capture_output=True)
        if done.returncode != status:
            wrong.append(f"{words}: {done.returncode}: {done.stderr}")
        try:
            return done.stdout.decode()
        except UnicodeDecodeError as failed:
            wrong.append(f"{words}: {failed}")
            return done.stdout.decode(errors="replace")

    def told(*words):
        return json.loads(ask("-j", *words) or "[]")

    ask("link", "add", "name", name, "type", "veth", "peer", "name", "v1")
    ask("link", "set", name, "alias", alias, "up")
    ask("link", "set", "v1", "up")
    ask("link", "property", "add", "dev", name, "altname", other)
    ask("addr", "add", "10.0.0.1/24", "dev", other)
    ask("neigh", "add", "10.0.0.2", "lladdr", "02:00:00:00:00:02", "dev", name)
    ask("rule", "add", "iif", name, "lookup", "100", "priority", "77")
    for words in (["link", "show"], ["addr", "show"], ["link", "show", "dev", name], ["link", "show", other]):
        one = [each for each in told(*words) if each["ifname"] == shown_name]
        if len(one) != 1 or one[0]["ifalias"] != shown_alias or one[0]["altnames"] != [shown_other]:
            wrong.append(f"{words}: {one}")
    if len(told("link", "show")) != 3 or [each["link"] for each in told("link", "show", "v1")] != [shown_name]:
        wrong.append("a link is missing, or has another name")
    for words, key in ((["route", "show", "dev", name], "dev"), (["neigh", "show", "dev", name], "dev"),
                       (["rule", "show", "priority", "77"], "iif"), (["addr", "show", "dev", other], "ifname")):
        if [each[key] for each in told(*words)][:1] != [shown_name]:
            wrong.append(f"{words}: {told(*words)}")
    for words in (["link"], ["-br", "link"], ["-br", "addr"], ["addr"], ["route"], ["neigh"], ["rule"]):
        text = ask(*words)
        if shown_name not in text or "\x1b" in text or len(text.splitlines()) != len(told(*words[-1:])):
            wrong.append(f"{words}: {text}")
    for more in (["-j"], []):
        with subprocess.Popen([PROGRAM, *more, "monitor", "link"], stdout=subprocess.PIPE, text=True) as process:
            while not listening(process.pid):
                time.sleep(0.02)
            ask("link", "set", name, "mtu", "1400" if more else "1300")
            line = process.stdout.readline()
            process.terminate()
        if shown_name not in (json.loads(line)["ifname"] if more else line) or "\x1b" in line:
            wrong.append(f"monitor {more}: {line}")
    return wrong


def listening(pid):
    """Whether one of its sockets is in a multicast group."""
    with open(f"/proc/{pid}/net/netlink", encoding="ascii") as table:
        rows = [row.split() for row in table.read().splitlines()[1:]]
    return any(int(row[3], 16) != 0 and (int(row[2]) == pid or int(row[2]) > 1 << 31) for row in rows)


HOUSE = {
    "protocol": 200,
    "links": [
        {"name": "v0", "kind": "veth", "peer": "v1", "mtu": 1400, "up": True},
        {"name": "v1", "master": "br0", "up": True},
        {"name": "x0", "kind": "vxlan", "on": "v0", "up": True,
         "options": {"id": 42, "group": "239.1.1.1", "dstport": 4789, "learning": False}},
        {"name": "br0", "kind": "bridge", "up": True, "options": {"ageing_time": 6000, "priority": 7}},
    ],
    "addresses": [{"link": "v0", "address": "10.0.0.1/24"}],
    "neighbours": [{"link": "v0", "address": "10.0.0.7", "lladdr": "02:00:00:00:00:07"}],
    "routes": [{"to": "default", "via": "10.0.0.254"}, {"to": "10.2.0.0/16", "type": "blackhole"}],
    "rules": [{"priority": 1000, "from": "10.4.0.0/16", "table": 100}],
}


def reconcile():
    """From nothing; a second pass applies nothing; what is dropped goes, what is foreign stays; drift is mended."""
    wrong = []
    run("link", "set", "lo", "up")
    run("link", "add", "f0", "type", "ifb")
    run("link", "set", "f0", "up")
    run("addr", "add", "192.168.0.1/24", "dev", "f0")
    run("rule", "add", "from", "192.168.0.0/24", "lookup", "99", "priority", "99")
    with tempfile.TemporaryDirectory(prefix="linx-ip-") as folder:
        file, state = os.path.join(folder, "net.json"), os.path.join(folder, "applied.json")

        def write(document):
            with open(file, "w", encoding="ascii") as out:
                json.dump(document, out)

        def report(*more, status=0):
            done = linx("-j", "reconcile", file, "--state", state, *more, check=False)
            if done.returncode != status:
                wrong.append(f"reconcile {more}: {done.returncode}, not {status}: {done.stdout}{done.stderr}")
            return json.loads(done.stdout or "{}")

        def foreign():
            return run("addr", "show", "f0").stdout + run("rule", "show", "priority", "99").stdout

        before = foreign()
        write(HOUSE)
        plan = report("--dry-run")["plan"]
        if "add link v0 veth v1" not in plan or "v0" in run("link", "show").stdout or os.path.exists(state):
            wrong.append(f"a dry run: {plan}")
        first = report()
        if [first["converged"], first["failed"], first["pending"]] != [True, None, []] or not first["applied"]:
            wrong.append(f"the first pass: {first}")
        second = report()
        if second != {"converged": True, "applied": [], "failed": None, "pending": []}:
            wrong.append(f"the second pass: {second}")
        info = said_of("x0", "ip")["linkinfo"]["info_data"]
        if [info["id"], info["learning"], info["link"]] != [42, False, "v0"]:
            wrong.append(f"the vxlan: {info}")
        if "default via 10.0.0.254" not in run("route", "show", "proto", "200").stdout:
            wrong.append("the route is not there")

        # a document that is wrong changes nothing and says where
        write({**HOUSE, "links": [{**HOUSE["links"][0], "mtuu": 7}]})
        done = linx("reconcile", file, "--state", state, check=False)
        if done.returncode != 2 or "net.json: links[0].mtuu: there is no such key" not in done.stderr:
            wrong.append(f"a wrong document: {done.returncode}: {done.stderr}")

        # what is dropped goes, and only that
        write({**HOUSE, "rules": [], "links": [each for each in HOUSE["links"] if each["name"] != "x0"]})
        run("rule", "add", "from", "10.9.0.0/16", "lookup", "100", "priority", "1002")
        third = report()
        if sorted(third["applied"]) != ["remove link x0 vxlan", "remove rule 1000: from 10.4.0.0/16 lookup 100 proto 4"]:
            wrong.append(f"the third pass: {third}")
        if "1002:" not in run("rule", "show").stdout:
            wrong.append("a rule of nobody's is gone")

        # a refusal is told with what was not reached; what was made before it is ours, and goes with the next wish
        write({**HOUSE, "routes": [{"to": "10.5.0.0/16", "via": "10.99.0.1"}],
               "addresses": HOUSE["addresses"] + [{"dev": "v0", "local": "10.0.8.1/24"}]})
        failed = report(status=1)
        with open(state, encoding="ascii") as kept:
            ours = json.load(kept)
        if failed["converged"] or "10.5.0.0/16" not in failed["failed"]["step"]:
            wrong.append(f"a refusal: {failed}")
        if {"dev": "v0", "local": "10.0.8.1/24"} not in ours["addresses"] or "rules" in ours:
            wrong.append(f"what is ours after a refusal: {ours}")
        if "10.0.8.1" not in run("addr", "show", "v0").stdout:
            wrong.append("the address before the refusal is not there")

        # what the kernel makes of a value is told, and not put down to somebody else
        write({"protocol": 200, "links": [{"name": "q0", "type": "bridge", "options": {"mcast_query_interval": 50}}]})
        altered = report(status=1 if released(5, 16) else 0)
        if released(5, 16) and "multicast_query_interval 1000 ms" not in altered["altered"][0]["found"]:
            wrong.append(f"a value that the kernel does not take as it is: {altered}")
        if "10.0.8.1" in run("addr", "show").stdout:
            wrong.append("what a refused call had made is nobody's")

        wrong += mended(file, state, write)
        write({"protocol": 200})
        last = report()
        if not last["converged"] or run("route", "show", "proto", "200").stdout.strip() or foreign() != before:
            wrong.append(f"the end: {last}")
        left = {each["ifname"] for each in json.loads(run("-j", "link", "show").stdout)}
        if left != {"lo", "f0"}:
            wrong.append(f"links are left: {left}")
    return wrong


def released(*version):
    return tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2]) >= version


def mended(file, state, write):
    write(HOUSE)
    wrong = []
    with subprocess.Popen([PROGRAM, "-j", "reconcile", file, "--state", state, "--watch"], stdout=subprocess.PIPE,
                          text=True) as process:
        if not json.loads(process.stdout.readline())["converged"]:
            wrong.append("a watch that does not begin")
        while not listening(process.pid):
            time.sleep(0.02)
        run("rule", "del", "priority", "1000")
        run("link", "set", "br0", "type", "bridge", "ageing_time", "3000")
        seen = []
        repairs = {"add rule 1000: from 10.4.0.0/16 lookup 100 proto 4", "change link br0 bridge ageing_time 60000 ms"}
        while not repairs <= set(seen):
            seen += json.loads(process.stdout.readline())["applied"]
        process.terminate()
        process.stdout.read()
    if process.wait() != 0:
        wrong.append(f"the watch ended with {process.returncode}")
    return wrong


enter()
problems = {"compare": compare, "kinds": kinds, "batch": batch, "mistakes": mistakes, "same": same, "shown": shown,
            "monitor": monitor, "names": names,
            "reconcile": reconcile}[WAY]()
print(*problems, sep="\n")
sys.exit(1 if problems else 0)
