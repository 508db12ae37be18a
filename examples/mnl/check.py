#!/usr/bin/env python3
"""The links that linx-mnl lists are those of ip(8):  check.py LINX-MNL"""
import json
import subprocess
import sys


def main(program):
    listed = subprocess.run([program], capture_output=True, text=True, check=False)
    if listed.returncode:
        sys.exit(f"{program}: {listed.returncode}: {listed.stderr}")
    told = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
    expected = [f'{link["ifindex"]}: {link["ifname"]} mtu {link["mtu"]} {"up" if "UP" in link["flags"] else "down"}'
                for link in told]
    if listed.stdout.splitlines() != expected:
        sys.exit(f"linx-mnl says\n{listed.stdout}and ip\n" + "\n".join(expected))
    wrong = subprocess.run([program, "nonsense"], capture_output=True, text=True, check=False)
    if wrong.returncode != 2 or "Usage" not in wrong.stderr:
        sys.exit(f"an argument that it does not know: {wrong.returncode}: {wrong.stderr}")


main(sys.argv[1])
