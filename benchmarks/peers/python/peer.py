#!/usr/bin/python3
"""A client of pyroute2 that times itself: prints operations a second, without its start.

peer.py add COUNT LINK | routes | links
"""

import ipaddress
import socket
import sys
import time

from pyroute2 import IPRoute


def add_routes(ip, count, link):
    first = int(ipaddress.ip_address("10.0.0.1"))
    for number in range(count):
        ip.route("add", dst=f"{ipaddress.ip_address(first + number)}/32", oif=link, scope=253)  # RT_SCOPE_LINK
    return count


def main(arguments):
    with IPRoute() as ip:
        began = time.monotonic()
        match arguments:
            case ["add", count, link]:
                done = add_routes(ip, int(count), int(link))
            case ["routes"]:
                done = sum(1 for _ in ip.get_routes(family=socket.AF_INET))
            case ["links"]:
                done = sum(1 for _ in ip.get_links())
            case _:
                sys.exit("usage: add COUNT LINK | routes | links")
        print(round(done / (time.monotonic() - began)))


main(sys.argv[1:])
