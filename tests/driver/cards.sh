# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# In the guest: two cards, the second in its own network namespace, so that traffic crosses both.
# shellcheck disable=SC3043 # busybox has local
here=10.9.0.1
there=10.9.0.2

in_there() {
	nsenter --net=/proc/"$neighbour"/ns/net "$@"
}

network_up() {
	local i=0

	unshare -n sleep 1000 &
	neighbour=$!
	until [ "$(readlink /proc/$neighbour/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		usleep 50000
	done
	ip link set eth1 netns "$neighbour"
	ip addr add $here/24 dev eth0
	ip link set eth0 mtu 9000 up
	in_there ip addr add $there/24 dev eth1
	in_there ip link set eth1 mtu 9000 up
	until ping -c 1 -W 1 $there >/dev/null 2>&1; do
		[ $((i += 1)) -lt 15 ] || return 1
	done
	in_there iperf3 -s -D >/dev/null
	usleep 500000
}

network_down() {
	killall iperf3 2>/dev/null
	kill "$neighbour"
}
