#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that a stock network driver drains: $driver receives $frames frames into a socket that
# nobody reads, so each frame's buffer and sk_buff stay allocated. A driver replaces each buffer
# that it received at once: for a frame it allocates one buffer and one sk_buff.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

statistics=/sys/class/net/eth0/statistics
slab=/sys/kernel/slab/skbuff_head_cache
block=32768	# of page fragments: order 3
block_pages=8
tolerance_pct=5

card_up() {
	local module

	for module in $depends $driver; do
		insmod "$modules/$module.ko" || return
	done
	needed="$needed $driver"
	[ ! -e /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
	ip addr add 10.9.0.1/24 dev eth0
	ip link set eth0 up
	wait_until grep -qx 1 /sys/class/net/eth0/carrier
}

# Receive frames, and keep them. Sets $received to the packets that the driver counts.
receive() { # [COMMAND]
	local before

	rm -f /tmp/said
	mkfifo /tmp/said
	read -r before <$statistics/rx_packets
	"$modules/sink" $statistics/rx_packets "$frames" "$@" >/tmp/said &
	sink=$!
	# On a drained machine the shell must not start a process.
	read -r _ </tmp/said
	read -r received <$statistics/rx_packets
	received=$((received - before))
	echo "# $driver: $received packets"
	expect_at_least "packets received" "$received" $((frames / 2))
	expect_equal "packets dropped" "$(cat $statistics/rx_dropped)" 0
}

let_go() {
	kill "$sink"
	wait "$sink" 2>/dev/null
}

# Pages for this number of frames: blocks of buffers, and slabs of sk_buffs.
expected() { # FRAMES
	echo $(($1 * block_pages / (block / $(buffer_size)) +
		($1 << $(cat $slab/order)) / $(cat $slab/objs_per_slab)))
}

# The bytes that the driver takes for a buffer.
buffer_size() {
	case $driver in
	# e1000_frag_len(): the largest frame with its VLAN tag and checksum, and 64 bytes before
	# it, rounded up to a cache line; then struct skb_shared_info.
	e1000) echo $(((1522 + 64 + 63) / 64 * 64 + 320)) ;;
	virtio_net) cat /sys/class/net/eth0/queues/rx-0/virtio_net/mergeable_rx_buffer_size ;;
	esac
}

# The sum of COLUMN over the functions of the driver.
driver_sum() { # TABLE COLUMN
	awk -v column="$2" -v module="[$driver]" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
		NR > 1 && index($NF, module) { sum += $at }
		END { print sum + 0 }' "$lab/$1"
}

# Print "HELD FUNCTION" for each function of the driver in dippers.
driver_functions() {
	awk -v module="[$driver]" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == "held") at = i }
		NR > 1 && index($NF, module) && $at > 0 { sub(/[+].*/, "", $NF); held[$NF] += $at }
		END { for (name in held) print held[name], name }' $lab/dippers
}

# The card's ring has 256 buffers. A block is freed with the last of its buffers.
only_the_ring_is_left() {
	[ "$(driver_sum dippers held)" -le "$(expected 512)" ]
}

show() { # TABLE
	sed 's/^/# /' "$lab/$1"
}

expect_agreement() { # WHAT GOT WANTED
	local off

	off=$((1000 * ($2 - $3) / ($3)))
	echo "# $driver: $1: $2, expected: $3, difference: $off per mille"
	expect_at_least "$1" "$((100 * $2))" $(((100 - tolerance_pct) * $3))
	expect_at_most "$1" "$((100 * $2))" $(((100 + tolerance_pct) * $3))
}

drain() {
	card_up || fail "$driver has no link"
	echo reserve >$watch
	receive $stub/command
	show dippers
	grep 'by others' $lab/verdicts | sed 's/^/# /'
}

test_the_refusal_of_an_owner_names_the_driver_first() {
	drain
	expect_refusal owner=refused reason=floor
	grep -q "by others: [0-9]*; seen to be taken from it: [a-z0-9_.]* \[$driver\] [0-9]*" $lab/verdicts ||
		fail "not named: $(cat $lab/verdicts)"
}

test_the_report_has_the_pages_of_each_function_of_the_driver() {
	driver_functions >/tmp/functions
	expect_at_least "functions" "$(wc -l </tmp/functions)" 2
	while read -r held function; do
		grep -q "[:,] $function \[$driver\] $held\([, ]\|\$\)" $lab/verdicts ||
			fail "not in the report: $function $held"
	done </tmp/functions
}

test_the_pages_agree_with_the_packets_that_the_driver_counts() {
	expect_agreement "pages held" "$(driver_sum dippers held)" "$(expected "$received")"
}

test_the_pages_of_freed_packets_are_subtracted() {
	let_go
	wait_until only_the_ring_is_left || fail "pages held: $(driver_sum dippers held)"
	echo "# $driver: $(driver_sum dippers held) pages held after the free"
}

test_a_watched_driver_agrees_under_ordinary_traffic_too() {
	echo off >$watch
	echo "$driver" >$lab/watch_module
	receive
	show takers
	sed 's/^/# /' $lab/watch_module
	expect_agreement "pages taken" "$(driver_sum takers pages)" "$(expected "$received")"
	expect_equal "pages from below min" "$(driver_sum takers below_min)" 0
	let_go
	echo - >$lab/watch_module
}

run_tests
