#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, send $size from one card to the other by TCP, $rounds times with each driver in
# turn: the unmodified one, the switched one, and the switched one with a stock. Print for each
# transfer:
#
#	throughput VARIANT KBIT-PER-SECOND
#
# The clock is one tick per instruction, and the only CPU is busy throughout, so the rate shows
# the instructions of the whole way, from the sender's system call to the receiver's.
# shellcheck disable=SC3043,SC2154 # busybox has local; cards.sh sets variables
set -e
modules=${modules:-/lib/labyrinth}
rounds=${rounds:-10}
size=${size:-16M}
stock=${stock:-256}
# shellcheck source=tests/driver/cards.sh
. $modules/cards.sh

transfer() { # VARIANT MODULE [PARAMETER...]
	local variant=$1

	shift
	insmod "$@"
	network_up
	iperf3 -c $there -n "$size" -i 0 -f k >/tmp/log 2>&1
	awk -v variant="$variant" '/ receiver$/ {
		for (i = 2; i <= NF; i++)
			if ($i == "Kbits/sec")
				print "throughput", variant, $(i - 1) }' /tmp/log
	network_down
	wait "$neighbour" || true
	rmmod "$driver"
}

insmod $modules/labyrinth.ko
for round in $(seq "$rounds"); do
	transfer plain $modules/plain/"$driver".ko
	transfer switched $modules/switched/"$driver".ko
	transfer stock $modules/switched/"$driver".ko labyrinth_stock="$stock"
done
