#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The stock is refilled during suspend and resume.
. "${0%/*}/ktap.sh"
need_module lab_stub

power=/sys/power
stub_parameters=/sys/module/lab_stub/parameters
echo 0 >/sys/module/suspend/parameters/pm_test_delay

# Suspend up to STAGE of pm_test, and resume.
suspend_to() { # STAGE
	echo "$1" >$power/pm_test || fail "pm_test has no stage $1"
	echo mem >$power/state 2>/dev/null || echo freeze >$power/state || fail "the machine does not suspend"
	echo none >$power/pm_test
}

# A page every 5 ms in NMI, where only the stock is available: many more than the stock.
test_a_stock_is_refilled_while_all_tasks_are_frozen() {
	expect 0 create 0 name=one budget=2000 stock=64
	expect 0 timer 0 0 1500 every=5000
	echo 3000 >$stub_parameters/sleep_ms
	suspend_to devices
	echo 0 >$stub_parameters/sleep_ms
	say timerstop 0
	echo "# frozen: $answer"
	expect_match "timer" "$answer" "got=* refused=0"
	expect_at_least "pages allocated meanwhile" "$(echo "$answer" | sed 's/got=\([0-9]*\) .*/\1/')" 96
	expect_no_violation
}

test_pages_and_stock_survive_suspend_with_one_cpu() {
	# A machine that only idles keeps its CPUs.
	grep -q deep $power/mem_sleep || return 0
	expect 0 create 0 name=one budget=100 stock=16
	expect 50 alloc 0 0 times=50 cpu=1
	expect 0 free 0 0 times=20 cpu=1
	suspend_to core
	expect 0 check 0 20 times=30
	expect 0 free 0 20 times=30 cpu=1
	expect_owner one owned 0 violations 0
	expect 16 alloc 0 0 times=16 in=nmi cpu=1
}

run_tests
