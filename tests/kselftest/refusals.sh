#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Reports of refusals, for each reason except those of dry.sh, and their rate limits.
. "${0%/*}/ktap.sh"
need_module lab_stub

in_verdicts() { # EXTENDED-REGEX
	grep -qE -e "$1" $lab/verdicts
}

# A line of verdicts and of the console. A verdict is written within a second.
expect_verdict() { # EXTENDED-REGEX
	wait_until in_verdicts "^$1\$" || fail "not in verdicts: $1"
	expect_log "labyrinth: $1\$"
}

expect_no_verdict() { # EXTENDED-REGEX
	! in_verdicts "^$1" || fail "in verdicts: $1"
}

# The number of matching lines on the console.
expect_reported() { # TIMES EXTENDED-REGEX
	expect_equal "lines on the console that match $2" \
		"$(log_since | grep -cE "labyrinth: $2")" "$1"
}

# Allocate TIMES times, without success.
ask_in_vain() { # TIMES SLOT [OPTION...]
	local i=$1 slot=$2

	shift 2
	while [ $((i -= 1)) -ge 0 ]; do
		expect 0 alloc "$slot" "$slot" "$@"
	done
}

files=/sys/kernel/debug/labyrinth/owner

test_a_spent_budget_advises_a_larger_budget() {
	expect 0 create 0 name=spender budget=2
	expect 2 alloc 0 0 times=2
	ask_in_vain 3 0 in=hardirq cpu=1
	expect_verdict "budget: spender got no page: it owns as many pages as its budget allows"
	expect_verdict "  by: stub_call_once[.+].* \[lab_stub\], in hardirq on CPU 1"
	expect_verdict "  spender: owns 2 of 2 pages, 0 of them from the reserve; 0 ready, stock 0, quarantined 0"
	expect_verdict "  most of its pages: 2, by stub_call_once[.+].*; out longest: [0-9]+ ms, by stub_call_once[.+].*"
	expect_verdict "  such refusals since the last report: 3"
	expect_verdict "  change: its budget from 2 to 4 pages, by labyrinth set spender budget=4, or give pages back sooner; takes up to 8 kB, while it has the pages"
	expect_reported 1 "budget: spender"
}

test_a_budget_in_quarantine_advises_to_find_the_cause() {
	expect 0 create 0 name=keeper budget=1
	expect 1 alloc 0 0
	expect 2 getref 0
	expect 0 free 0 0
	ask_in_vain 1 0
	expect_verdict "  keeper: owns 0 of 1 pages, .* quarantined 1"
	expect_verdict "  change: what keeps pages in quarantine, charged to its budget: see its shared_page and use_after_free"
	expect 0 putref 0
}

stock_is() { # PAGES
	[ "$(table owners stocked name=early)" = "$1" ]
}

test_an_empty_stock_advises_a_larger_stock() {
	expect 0 create 0 name=early budget=40
	# Skip kernels in which an NMI may try to allocate a page.
	can_try_for_pages && return
	ask_in_vain 3 0 in=nmi cpu=1
	expect_verdict "context: early got no page: the page allocator may not be called there, and no page was ready"
	expect_verdict "  by: stub_call_once[.+].* \[lab_stub\], in nmi on CPU 1"
	expect_verdict "  such refusals since the last report: 3"
	expect_verdict "  change: its stock from 0 to 3 pages, by labyrinth set early stock=3; keeps 12 kB for this owner alone, always"
	echo 3 >$files/early/stock || fail "the advised stock is refused"
	wait_until stock_is 3 || fail "the stock is not filled"
	expect 3 alloc 0 0 times=3 in=nmi cpu=1
}

# The stock in each verdict of twice, and in each of its changes.
stocks_of_twice() {
	sed -n '/^context: twice/,/^$/s/.* its stock from 0 to \([0-9]*\) .*/\1/p' $lab/verdicts
	awk '/owner=twice / { split($1, report, "="); is[report[2]] = 1; next }
		/ change=stock / { split($1, report, "="); split($4, to, "=")
			if (is[report[2]]) print to[2] }' $lab/advice
}

test_all_reports_of_an_owner_name_the_same_stock() {
	can_try_for_pages && return
	for times in 3 7 2; do
		expect 0 create 0 name=twice budget=40
		ask_in_vain $times 0 in=nmi cpu=1
		expect 0 destroy 0
	done
	expect_equal "stocks" "$(stocks_of_twice | tr '\n' ' ')" "7 7 7 7 7 7 "
}

test_a_handle_out_of_scope_is_reported() {
	expect 0 create 0 name=private scope=2
	ask_in_vain 1 0 in=hardirq cpu=1
	expect_verdict "scope: private got no page: this task may not use the handle"
	expect_verdict "  change: the handle's scope, or the task that calls"
}

test_a_destroyed_owner_is_reported_without_numbers() {
	expect 0 create 0 name=late
	expect 0 destroy 0
	ask_in_vain 1 0
	expect_verdict "dying: late got no page: the owner is destroyed, or there never was one"
	expect_verdict "  by: stub_call_once[.+].* \[lab_stub\], in task on CPU [0-9]+"
	expect_verdict "  change: stop interrupts and work before destroying the owner"
	expect_equal "lines with unknown numbers" "$(sed -n '/^dying: late/,/^$/p' $lab/verdicts |
		grep -cE "such refusals|from [0-9]")" 0
}

# Refusals are reported before their owner is destroyed.
test_refusals_are_reported_before_their_owner_is_destroyed() {
	expect 0 create 0 name=brief budget=1
	expect 1 alloc 0 0
	ask_in_vain 7 0
	expect 0 free 0 0
	expect 0 destroy 0
	expect_reported 1 "  such refusals since the last report: 7"
	expect_reported 1 "  change: its budget from 1 to 2 pages"
}

# Each verdict collects refusals for one second, even if another owner was refused before.
test_each_verdict_sums_up_the_refusals_of_one_second() {
	expect 0 create 0 name=first budget=1
	expect 0 create 1 name=second budget=1
	expect 1 alloc 0 0
	expect 1 alloc 1 1
	ask_in_vain 1 0
	usleep 700000
	ask_in_vain 1 1
	usleep 500000
	ask_in_vain 6 1
	expect_verdict "  such refusals since the last report: 1"
	expect_verdict "  such refusals since the last report: 7"
}

test_many_violations_are_reported_once_and_summed_up() {
	expect 0 create 0 name=storm
	expect 0 plain 0
	i=0
	while [ $i -lt 50 ]; do
		echo "free 0 0" >$stub/command
		i=$((i + 1))
	done
	expect_owner storm violations 50
	wait_until in_verdicts "^plain_page: .* more of storm after that" || fail "no sum in verdicts"
	expect_reported 1 "plain_page: a page was passed"
	sum=0
	for more in $(sed -n 's/^plain_page: \([0-9]*\) more of storm after that/\1/p' $lab/verdicts); do
		sum=$((sum + more))
	done
	expect_at_least "violations in the sum" $sum 10
	expect_at_most "violations in the sum" $sum 49
	expect 0 putref 0
}

test_orphans_of_an_owner_are_reported_once_and_summed_up() {
	expect 0 create 0 name=leaver budget=40
	expect 30 alloc 0 0 times=30
	expect 30 destroy 0
	expect_reported 1 "orphan: a page was still out when its owner was destroyed"
	expect_reported 1 "orphan: 29 more of leaver after that"
	in_verdicts "^orphan: 29 more of leaver after that" || fail "not in verdicts"
}

# Create, refuse and destroy TIMES owners.
crowd() { # TIMES
	local i=0 call

	while [ $((i += 1)) -le "$1" ]; do
		for call in "create 0 name=crowd budget=1" "alloc 0 0" "alloc 0 0" "free 0 0" "destroy 0"; do
			echo "$call" >$stub/command
		done
	done
}

# Refusals and violations have separate rate limits on the console.
test_refusals_do_not_suppress_reports_of_violations() {
	expect 0 create 1 name=culprit
	expect 0 plain 1
	i=0
	while [ $i -lt 2000 ] && [ "$(log_since | grep -c ": crowd got no page")" -eq $i ]; do
		crowd 20
		i=$((i + 20))
	done
	expect_at_most "refusals until the console suppresses one" $i 1999
	echo "free 1 1" >$stub/command
	wait_until in_verdicts "^plain_page: " || fail "not in verdicts"
	expect_reported 1 "plain_page: a page was passed"
	expect 0 putref 1
}

let_the_log_speak
run_tests
