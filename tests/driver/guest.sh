#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run traffic between the two network cards of a virtual machine, with the unmodified
# driver, the driver switched to labyrinth, and the switched driver with a stock; with
# memory plentiful and short. Prints KTAP and a table of figures.
# shellcheck disable=SC3043 # busybox has local
modules=${modules:-/lib/labyrinth}
seconds=${seconds:-2}
stock=${stock:-256}
burst=${burst:-1800}
lab=/sys/kernel/debug/labyrinth
pressure=/sys/module/lab_pressure/parameters
table=/tmp/table
failed=0 nr=0 deepest_of_all=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" = 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $variant: $*"
}

expect() { # WORDS, then a test(1) expression
	local words=$1 status=0

	shift
	[ "$@" ] || { status=1; echo "# $words: [ $* ] does not hold"; }
	result $status "$words"
}

# shellcheck source=tests/driver/cards.sh
. $modules/cards.sh

card() { # COUNTER: the sum of both cards
	{ ethtool -S eth0; in_there ethtool -S eth1; } 2>/dev/null |
		awk -v name="$1:" '$1 == name { sum += $2 } END { print sum + 0 }'
}

owner() { # COLUMN: of the driver's owner; 0 without one
	awk -v name="$driver" -v column="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$2 == name { value = $at[column] }
		END { print value + 0 }' $lab/owners 2>/dev/null || echo 0
}

rows() { # TABLE [PATTERN]
	tail -n +2 "$lab/$1" | grep -c "${2:-.}"
}

# ---- one measurement

counters="rx_bytes rx_packets tx_packets alloc_rx_buff_failed"
figures="allocs refused"

note() { # PREFIX: set PREFIX_COUNTER for each counter
	local name

	for name in $counters; do
		eval "$1_$name=$(card "$name")"
	done
	for name in $figures; do
		eval "$1_$name=$(owner "$name")"
	done
}

since() { # COUNTER: its growth from "note before" to "note after"
	eval "echo \$((after_$1 - before_$1))"
}

# Sample every 50 ms how deep the zones are in the atomic reserve, in percent. The pause is
# a read without a writer: a new process would wait for memory.
deepest_begin() {
	local line depth

	: >/tmp/depth
	touch /tmp/look
	while [ -e /tmp/look ]; do
		while read -r line; do
			# shellcheck disable=SC2086 # columns
			set -- $line
			[ "${11}" = depth_pct ] || echo "${11}"
		done <$lab/zones >>/tmp/depth
		# shellcheck disable=SC3045 # busybox has read -t
		read -r -t 0.05 line <&3
	done &
	looker=$!
}

deepest_end() { # sets $deepest
	rm /tmp/look
	wait $looker
	deepest=$(sort -n /tmp/depth | tail -n 1)
}

# The received rate, and the sender's retransmissions or the share of lost packets.
rate() { # LOG
	awk '/ receiver$/ { for (i = 2; i <= NF; i++) if ($i == "Mbits/sec") rate = $(i - 1)
		if (/%\)/) { lost = $(NF - 1); gsub(/[()]/, "", lost) } }
		/ sender$/ && !/%\)/ { repeats = $(NF - 1) }
		END { print (rate == "" ? "-" : rate), (lost != "" ? lost : repeats "") }' "$1"
}

traffic() { # WHEN WHAT IPERF-OPTIONS...
	local when=$1 what=$2 length=$seconds status bytes packets figure

	shift 2
	[ "$when" = short ] || length=1
	deepest_begin
	note before
	timeout $((length + 60)) iperf3 -c $there -t "$length" -i 0 -f m "$@" >/tmp/log 2>&1
	status=$?
	note after
	deepest_end
	[ $status = 0 ] || sed 's/^/# /' /tmp/log
	expect "$when, $what: iperf3 succeeds" $status = 0
	bytes=$(since rx_bytes)
	packets=$(since rx_packets)
	expect "$when, $what: frames were received" "$bytes" -gt 65536
	[ "$deepest" -le "$deepest_of_all" ] || deepest_of_all=$deepest
	figure=$(rate /tmp/log)
	echo "$variant $when $what $deepest $figure $((bytes >> 20)) $(($(since tx_packets) - packets))" \
		"$(since alloc_rx_buff_failed) $(since allocs) $(since refused)" >>$table
	return $status
}

# Stop at the first failure: the next would wait as long.
all_traffic() { # WHEN
	traffic "$1" tcp-there || return
	traffic "$1" tcp-here -R || return
	[ "$variant" = stock ] || traffic "$1" udp-there -u -b 200M -l 8000
}

under_pressure() {
	deepest_of_all=0
	echo 1 >$pressure/hold
	all_traffic short
	expect "short: a zone was below its min" $deepest_of_all -gt 0
	echo "# $variant: $(cat $pressure/held) pages are held"
	echo 0 >$pressure/hold
}

free_kb() {
	awk '$1 == "MemFree:" { print $2 }' /proc/meminfo
}

run() { # VARIANT MODULE [PARAMETER...]
	local module=$2 free pages

	variant=$1
	shift 2
	free=$(free_kb)
	insmod "$module" "$@" && network_up
	result $? "the cards reach each other"
	{ [ "$variant" = stock ] || all_traffic ease; } && under_pressure
	if [ "$variant" != plain ]; then
		sed 's/^/# /' $lab/owners
		tail -n +2 $lab/refusals | awk '$4 { n[$4]++ } END { for (r in n)
			print "# of the last " NR " refusals, " r ": " n[r] }'
		# A frame below the driver's copybreak leaves its page in the ring.
		pages=$((($(card rx_bytes) - $(card rx_packets) * 256) / 4096))
		expect "all frames came in pages of labyrinth" "$(owner allocs)" -ge "$pages"
		expect "no violation" "$(owner violations)" = 0
	fi
	network_down
	rmmod "$driver"
	result $? "the driver can be unloaded"
	if [ "$variant" != plain ]; then
		expect "its owner is destroyed" "$(rows owners " $driver ")" = 0
		expect "no page is left" "$(rows pages)" = 0
		expect "no violation after unload" "$(rows violations)" = 0
	fi
	# The tolerance is far below one page per frame.
	expect "no memory is lost" "$(free_kb)" -ge $((free - (16 << 10)))
}

mkfifo /tmp/pause
exec 3<>/tmp/pause
echo "KTAP version 1"
insmod $modules/labyrinth.ko
# The reserve is larger than a burst: with no page left, the network stack's own small
# allocations would fail as well.
echo 16384 >/proc/sys/vm/min_free_kbytes
insmod $modules/lab_pressure.ko truce_ms=0 burst="$burst"
run plain $modules/plain/"$driver".ko
run switched $modules/switched/"$driver".ko
run stock $modules/switched/"$driver".ko labyrinth_stock="$stock"
variant=labyrinth
rmmod labyrinth
result $? "can be unloaded"
echo "1..$nr"
{
	echo "driver memory what depth_pct Mbit/s repeated MiB dropped alloc_failed allocs refused"
	cat $table
} | awk '{ for (i = 1; i <= NF; i++) printf (i < 4 ? "%-10s" : "%13s"), $i; print "" }' | sed 's/^/# /'
exit $failed
