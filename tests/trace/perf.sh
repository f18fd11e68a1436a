#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# perf counts labyrinth's events.
. "${0%/*}/lib.sh"
need_module lab_stub

test_perf_counts_calls_on_all_cpus() {
	calls <<-'EOC'
		expect 0 create 0 name=one budget=128 stock=128
		expect 100 alloc 0 0 times=100
		expect 0 free 0 0 times=90 in=hardirq cpu=1
		expect 60 alloc 0 0 times=60 in=nmi
	EOC
	perf stat -a -x , -e labyrinth:alloc -e labyrinth:free sh "${0%/*}/calls.sh" 2>/tmp/said ||
		fail "$(cat /tmp/said)"
	expect_called
	expect_equal "counts" "$(awk -F, '/labyrinth:/ { print $3, $1 }' /tmp/said)" "labyrinth:alloc 160
labyrinth:free 90"
}

run_tests
