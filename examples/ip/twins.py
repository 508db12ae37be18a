"""The same command lines as ip(8) and as linx-ip, in two namespaces that were alike before.

Both stay in lockstep: after each line the kernel's state of both is compared, and whether both refused.
"""

# What makes the two alike. Without addresses that the kernel would choose at its leisure.
WORLD = """
link set lo up
link add v0 address 02:00:00:00:00:10 type veth peer name v1 address 02:00:00:00:00:11
link set v0 addrgenmode none
link set v1 addrgenmode none
link property add dev v0 altname wan altname a-name-that-is-rather-long
link set v0 up
link set v1 up
link add br0 address 02:00:00:00:00:12 type bridge
link set br0 addrgenmode none
addr add 192.0.2.1/24 dev v0
addr add 2001:db8::1/64 dev v0 nodad
addr add 192.0.2.2/24 dev v0 label v0:b
addr add 198.51.100.1/24 dev v1 scope link valid_lft 90000 preferred_lft 80000
route add 10.1.0.0/16 via 192.0.2.7 metric 7
route add 10.1.2.0/24 via 192.0.2.8 proto static
route add default via 192.0.2.9
route add blackhole 10.3.0.0/16 table 100
rule add from 10.1.0.0/16 table 100 pref 1000
rule add from 10.1.2.0/24 to 10.9.0.0/16 table 101 pref 1001
rule add pref 1002 blackhole from 10.4.0.0/16
rule add pref 1003 table 77
rule add pref 1004 from 10.8.0.0/16 realms 3/7 table 100
neigh add 192.0.2.7 lladdr 02:00:00:00:00:77 dev v0
neigh add 192.0.2.8 lladdr 02:00:00:00:00:78 dev v0 nud noarp
nexthop add id 1 via 192.0.2.7 dev v0
nexthop add id 3 via 192.0.2.8 dev v0
"""

# Both do the same, be it to refuse.
SAME = """
route flush
rule del
rule add
addr flush
neigh flush
route add default via 2001:db8::2 dev v0
route del default via 2001:db8::2 dev v0
-4 route add default via 2001:db8::2 dev v0
-6 route add 10.77.0.0/16 dev v0
route add 10.77.0.0/16 via 2001:db8::2
route add 10.77.0.0/16 via inet6 2001:db8::2
route add local 10.9.9.9 dev v0
route add broadcast 10.9.9.255 dev v0
route add anycast 10.9.9.7 dev v0
route add multicast 224.1.0.0/16 dev v0
route add throw 10.55.0.0/16
route add local 10.9.9.10 dev v0 table 5
route add table 5 local 10.9.9.11 dev v0
route del local 10.9.9.9 dev v0
route add dev v0 10.56.0.0/16
route add to 10.57.0.0/16 dev v0
route add to unreachable 10.58.0.0/16
route add 10.59.0.0/16 10.60.0.0/16 dev v0
route add 10.59.0.0/16 via 192.0.2.7 via 192.0.2.8
route add 10.59.0.0/16 frob 7 dev v0
route add 10.59.0.0/16 dev v0 weight 7
route add 10.61.0.0/16 dev v0 mtu lock 1300 advmss 1200 hoplimit 3 initcwnd 20 window 9000
route add 10.62.0.0/16 dev v0 tos 10
route add 2001:db8:5::/48 dev v0 pref high
route add 2001:db8:6::/48 dev v0 expires 90000
-6 route add 2001:db8::/32 nexthop dev v0 nexthop dev v1
route add 10.63.0.0/16 nexthop via 192.0.2.7 weight 3 nexthop via 192.0.2.8
route add 10.63.0.0/16 dev v0 nexthop via 192.0.2.8
route replace 10.1.0.0/16 via 192.0.2.8 metric 7
route change 10.1.0.0/16 via 192.0.2.7 metric 7
route append 10.1.0.0/16 via 192.0.2.8 metric 7
route a 10.64.0.0/16 dev wan
route add 10.65.0.0/16 dev a-name-that-is-rather-long
r d 10.65.0.0/16
ro del 10.64.0.0/16
route del 10.3.0.0/16 table 100
route del 10.1.2.0/24
route frob 10.1.2.0/24
route flush dev v1
route flush root 10.60.0.0/14
route flush table 5
addr add 127.0.0.2/8 dev lo
addr add 127.5.0.2/8 dev v0
addr add 127.6.0.2/8 dev v0 scope link
addr add dev v0 local 10.3.3.1/24
addr add 10.3.4.1/24 brd + dev v0
addr add 10.3.4.2/24 brd + brd + dev v0
addr add 10.3.5.1/24 10.3.5.2/24 dev v0
addr add 10.3.6.1 peer 10.3.6.2/32 dev v0
addr add 10.3.6.1 peer 10.3.6.2 peer 10.3.6.3 dev v0
addr add 10.3.7.1/24 valid_lft 90000 valid_lft 200 dev v0
addr add 10.3.7.1/24 frob dev v0
addr add 10.3.7.1/24
addr add 10.3.7.1/24 dev wan metric 7 noprefixroute
addr change 192.0.2.1/24 dev v0 preferred_lft 80000 valid_lft 90000
addr replace 192.0.2.99/24 dev v0 preferred_lft 80000 valid_lft 90000
addr change 192.0.2.98/24 dev v0
a a 10.3.8.1/24 dev v0
address del 10.3.8.1/24 dev v0
addr d 10.3.7.1/24 dev a-name-that-is-rather-long
addr flush dev v1
addr flush to 10.3.0.0/16
rule add from 10.7.0.0/16
rule del from 10.7.0.0/16
-6 rule add from 2001:db8:7::/48 table 7
-4 rule add from 2001:db8:8::/48 table 7
-6 rule add table 9 pref 900
-6 rule del pref 900
rule add 10.4.0.0/16 table 7
rule add frob
rule add pref 1010 fwmark 0x5/0xf table 9
rule add pref 1011 ipproto tcp dport 80-90 table 9
rule add pref 1012 uidrange 5-9 table 9
rule add pref 1013 tos 0x10 table 9
rule add pref 1014 l3mdev
rule add pref 1015 from 10.8.0.0/16 nop
rule add pref 1016 from 10.8.0.0/16 goto 32766
rule add pref 1017 table main suppress_prefixlength 0
rule add pref 1018 table main suppress_ifgroup 5
rule add order 1019 from 10.8.0.0/16 prohibit
rule add not from 10.8.0.0/16 iif v0 table 12 prio 1020
rule del pref 1003
rule del pref 1002
rule del pref 1016
rule del pref 4444
rule del blackhole
ru d pref 1000
rule a table 5 pref 1021
rule flush table 9
neighbour add 192.0.2.20 lladdr 02:00:00:00:00:20 dev v0
neighbor add 192.0.2.21 lladdr 02:00:00:00:00:21 dev wan
n add 192.0.2.22 lladdr 02:00:00:00:00:22 dev v0 nud permanent
neigh add to 192.0.2.23 lladdr 02:00:00:00:00:23 dev v0
neigh add proxy 192.0.2.24 dev v0
neigh add 192.0.2.25 192.0.2.26 lladdr 02:00:00:00:00:25 dev v0
neigh add 192.0.2.25 lladdr 02:00:00:00:00:25 lladdr 02:00:00:00:00:26 dev v0
neigh add 192.0.2.25 lladdr 02:00:00:00:00:25
neigh add 192.0.2.25 dev v0
neigh add 192.0.2.25 frob dev v0
neigh change 192.0.2.22 lladdr 02:00:00:00:00:2a dev v0 nud permanent
neigh replace 192.0.2.27 lladdr 02:00:00:00:00:27 dev v0
neigh del 192.0.2.20 dev v0
ne d 192.0.2.21 dev wan
neigh flush dev v0 nud permanent
-6 nexthop add id 4 dev v0
nexthop add id 5 dev v0
nexthop add id 12 group 1,3
nexthop add id 13 group 1,3/3
nexthop add id 14 group 1/3,2
nexthop add id 15 blackhole
nexthop add id 16 frob
nexthop del id 5
nex d id 15
link add v9 index 77 type veth peer name v8
link del v9
link add v9 numtxqueues 2 type veth peer v8 index 90 mtu 1400
link del v8
link add v9 type veth peer name v8 name v7
link add v9 type veth frob v8
link add v9 mtu 1400 mtu 1300 type veth peer name v8
link add v9 index 77 index 78 type ifb
link add v9 v8 type ifb
link add v9 frob 7 type ifb
link set v0 mtu 1400 mtu 1300
link set v0 txqlen 4 qlen 5
link set v0 dev v1 up
link set v0 frob 7
link set dev wan mtu 1400
link set a-name-that-is-rather-long mtu 1410
link change v0 mtu 1420
l s v0 mtu 1430
li set v0 master br0
link set v0 nomaster
link set v0 group default
link set
link frob v0
link flush
frob show
""".strip().splitlines()

# ip(8) takes these, and the last word, or one of them, holds; linx-ip says which words are in each other's way.
REFUSED = {
    "route add 10.70.0.0/16 dev v0 mtu 1300 mtu 1200": '"mtu" is there twice',
    "route add 10.70.0.0/16 dev v0 metric 5 metric 6": '"metric" is there twice',
    "route add 10.70.0.0/16 dev v0 table 5 table 6": '"table" is there twice',
    "route add 10.70.0.0/16 dev v0 proto 5 protocol 6": '"protocol" after "proto"',
    "route add 10.70.0.0/16 dev v0 scope link scope host": '"scope" is there twice',
    "route add 10.70.0.0/16 dev v0 tos 4 tos 8": '"tos" is there twice',
    "addr add 10.71.0.1/24 dev v0 dev v1": '"dev" is there twice',
    "addr add 10.71.0.1/24 dev v0 scope link scope host": '"scope" is there twice',
    "addr add 10.71.0.1/24 dev v0 metric 3 metric 4": '"metric" is there twice',
    "neigh add 192.0.2.70 dev v0 dev v1 lladdr 02:00:00:00:00:70": '"dev" is there twice',
    "rule add from 10.72.0.0/16 from 10.73.0.0/16 table 5": '"from" is there twice',
    "rule add pref 4 priority 5 table 5": '"priority" after "pref"',
    "rule add table 4 lookup 5": '"lookup" after "table"',
    "rule add blackhole table 9": '"table" after "blackhole"',
    "nexthop add id 41 id 42 dev v0": '"id" is there twice',
    "link set v0 up down": '"down" after "up"',
    "link set v0 alias a alias b": '"alias" is there twice',
    "link set v0 address 02:00:00:00:00:01 address 02:00:00:00:00:02": '"address" is there twice',
}

# What is chosen, by both.
SHOWN = """
link show
link show v0
link show dev v0
link show wan
link show a-name-that-is-rather-long
l sh lo
link list up
link show type veth
link show type bridge
link show master br0
link show nomaster
link show group default
link show up type veth
link show group nope
link show dev
link show frob
link show v0 v1
addr
a s lo
-4 addr
-6 addr
-f inet6 addr show
addr show wan
addr show dev a-name-that-is-rather-long
addr show scope link
addr show scope global
addr show to 192.0.2.0/24
addr show to 2001:db8::/32
addr show up
addr show label v0:*
addr show dynamic
addr show permanent
addr show type veth
addr show dev v0 scope global secondary
addr show frob
route
route show table all
-4 route show table all
-6 route show table all
route show table local
route list table 100
route show default
route show 10.1.0.0/16
route show exact 10.1.0.0/16
route show root 10.0.0.0/8
route show match 10.1.2.3
route show match 10.1.2.0/24
route show to root 10.1.0.0/16
-6 route show 2001:db8::/64
route show via 192.0.2.7
route show dev v1
route show dev wan
route show proto static
route show proto kernel
route show scope link
route show table 100 type blackhole
route show metric 7
route show frob
route show dev frob
route show table frob
route get 10.1.2.3
route get to 10.1.2.3
route get 10.1.2.3 from 192.0.2.1
route get 198.51.100.7 dev v1
route get 198.51.100.7 oif v1 mark 7
route get 2001:db8::7
route get fibmatch 10.1.2.3
route get
route get frob
rule
-6 rule
rule show pref 1000
rule list table main
rule show from 10.1.0.0/16
rule show from 10.0.0.0/8
rule show to 10.9.0.0/16
rule show frob
neigh
n show dev v0
neighbour show wan
neigh show nud permanent
neigh show nud noarp
neigh show to 192.0.2.7
neigh show 192.0.2.0/24
neigh show nud frob
nexthop
nexthop show id 3
nexthop get id 1
nexthop show dev wan
-details link show v0
-json -d link show v0
-s link show v0
-o link show v0
link help
route help
help
-frob link
""".strip().splitlines()
