// A client of github.com/vishvananda/netlink that times itself: prints operations a second, without its start.
//
//	peer add COUNT LINK | routes | links
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func addRoutes(h *netlink.Handle, count int, link int) int {
	for i := 0; i < count; i++ {
		address := make(net.IP, 4)
		binary.BigEndian.PutUint32(address, 0x0a000001+uint32(i))
		check(h.RouteAdd(&netlink.Route{
			LinkIndex: link,
			Scope:     netlink.SCOPE_LINK,
			Dst:       &net.IPNet{IP: address, Mask: net.CIDRMask(32, 32)},
		}))
	}
	return count
}

func main() {
	h, err := netlink.NewHandle()
	check(err)
	began := time.Now()
	done := 0
	switch {
	case len(os.Args) == 4 && os.Args[1] == "add":
		count, err := strconv.Atoi(os.Args[2])
		check(err)
		link, err := strconv.Atoi(os.Args[3])
		check(err)
		done = addRoutes(h, count, link)
	case len(os.Args) == 2 && os.Args[1] == "routes":
		all, err := h.RouteList(nil, netlink.FAMILY_V4)
		check(err)
		done = len(all)
	case len(os.Args) == 2 && os.Args[1] == "links":
		all, err := h.LinkList()
		check(err)
		done = len(all)
	default:
		fmt.Fprintln(os.Stderr, "usage: add COUNT LINK | routes | links")
		os.Exit(2)
	}
	fmt.Printf("%.0f\n", float64(done)/time.Since(began).Seconds())
}
