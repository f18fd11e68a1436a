#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Owners leave the fast path and return to it while other CPUs call. Any event does that.
# "release" is used because no CPU runs its call site: the kernel patches code as an event is
# switched, and QEMU with CPUs in parallel may run a stale translation of patched code.
. "${0%/*}/lib.sh"
need_module lab_stub lab_stress

# Allocate the whole budget and free it until /tmp/stop exists, a line each round. A single
# lost page makes the next round one page short.
all_of_the_budget() {
	while [ ! -e /tmp/stop ] && [ -z "$failed" ]; do
		expect 1024 alloc 0 0 times=1024 cpu=1
		expect 0 free 0 0 times=1024 cpu=1
		echo round
	done
}

mix() {
	while [ ! -e /tmp/stop ]; do
		echo "mix 1000000" >$stress/command
		cat $stress/answer
	done
}

uptime() {
	local seconds

	IFS=. read -r seconds _ </proc/uptime
	echo "$seconds"
}

# Switch the event on and off while COMMAND runs, until COMMAND has printed LINES lines to
# /tmp/said. The time of a switch and of a line depend on the machine.
toggle_while() { # LINES COMMAND...
	local worker times=0 lines=$1 end=$(($(uptime) + 100))

	shift
	on_cpus $all_cpus
	rm -f /tmp/stop
	"$@" >/tmp/said 2>&1 &
	worker=$!
	while [ "$times" -lt 15 ] || [ "$(wc -l </tmp/said)" -lt "$lines" ]; do
		[ "$(uptime)" -lt "$end" ] || { fail "too slow"; break; }
		switch release 1
		switch release 0
		times=$((times + 1))
	done
	touch /tmp/stop
	wait $worker
	echo "# toggled $times times"
}

test_no_page_is_lost_while_events_are_switched() {
	expect 0 create 0 name=one budget=1024
	toggle_while 20 all_of_the_budget
	rounds=$(grep -cx round /tmp/said)
	echo "# $rounds rounds"
	expect_equal "failed calls" "$(grep -vx round /tmp/said)" ""
	expect_owner one allocs $((rounds * 1024)) frees $((rounds * 1024)) owned 0
	expect 1024 alloc 0 0 times=1024
	expect 0 alloc 0 1024
	expect_no_violation
}

test_a_page_has_one_holder_while_events_are_switched() {
	toggle_while 1 mix
	expect_equal "runs with errors" "$(grep -v \
		'^0 ops=[1-9].* doubled=0 spoiled=0 over=0 errors=0 out=0 ' /tmp/said)" ""
	expect_no_violation
	expect_rows 0 owners
}

# With record-cmd, the kernel would also enable tracepoints of the scheduler.
echo 0 >$tracefs/options/record-cmd
run_tests
