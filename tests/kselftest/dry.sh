#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Reports and advice after a shortage of memory, and whether the advice helps.
# For a small machine.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

# The last number advised for CHANGE.
advised() { # CHANGE
	sed -n "s/^report=[0-9]* change=$1 from=[0-9]* to=\\([0-9]*\\) .*/\\1/p" $lab/advice | tail -n 1
}

# No request is refused any more, except for as many as one refill of a per-CPU list takes.
expect_helped() { # WHAT
	expect_at_most "pages refused with $1" "$(figure refused)" "$(figure tolerance)"
	expect_at_most "tolerance" "$(figure tolerance)" 63
}

expect_verdict() { # EXTENDED-REGEX: a line on the console and in debugfs
	expect_log "labyrinth: $1"
	grep -qE -e "^$1" $lab/verdicts || fail "not in verdicts: $1"
}

test_a_verdict_names_caller_reason_zones_owners_and_changes() {
	ask dry 0 10
	refused=$(figure refused)
	expect_at_least "pages refused" "$refused" 150
	expect_verdict "floor: asker got no page: memory is short, and its share of the atomic reserve is used up"
	expect_verdict "  by: dry_ask\+.* \[lab_reserve\], in (task|softirq) on CPU 0"
	expect_verdict "  asker: owns [0-9]+ of 1000 pages, [0-9]+ of them from the reserve; 0 ready, stock 0, quarantined 0"
	expect_verdict "  it may have 10 percent of the reserve, which is what lies between min and GFP_ATOMIC's floor"
	expect_verdict "  node 0 DMA32, in pages: free [0-9]+ \(CMA 0, highatomic [0-9]+\), min [0-9]+, this owner's floor [0-9]+, GFP_ATOMIC's [0-9]+, lowmem_reserve 0, in per-CPU lists [0-9]+"
	expect_verdict "  node 0 DMA, in pages: free "
	eaten=$(sed -n 's/.*of them by owners here: eater \([0-9]*\).*/\1/p' $lab/verdicts | tail -n 1)
	expect_at_least "pages from the reserve that are reported for the eater" "$eaten" \
		$(($(figure eaten) - 200))
	expect_verdict "  owners that have most: eater $(figure eaten)"
	expect_verdict "  such refusals since the last report: $refused"
	files=/sys/kernel/debug/labyrinth/owner/asker
	expect_verdict "  change: its stock from 0 to $refused pages, by $files/stock$"
	expect_verdict "  or: its reserve_pct from 10 to [0-9]+, by $files/reserve_pct$"
	expect_verdict "  or: vm.min_free_kbytes from 450[0-9]+ to [0-9]+$"
}

test_verdict_and_refusal_have_the_same_zone_figures() {
	free=$(sed -n 's/^  node 0 DMA32, in pages: free \([0-9]*\) .*/\1/p' $lab/verdicts | tail -n 1)
	expect_cell "$free" refusals free owner=asker "free=$free"
}

test_the_advised_stock_is_sufficient() {
	ask dry 0 10
	expect_at_least "pages refused before" "$(figure refused)" 100
	stock=$(advised stock)
	ask dry "$stock" 10
	expect_helped "a stock of $stock"
}

test_the_advised_reserve_pct_is_sufficient() {
	ask dry 0 10
	expect_at_least "pages refused before" "$(figure refused)" 100
	ask dry 0 "$(advised reserve_pct)"
	expect_helped "more of the reserve"
}

test_advised_min_free_kbytes_is_sufficient() {
	ask dry 0 30
	wanted=$(advised vm.min_free_kbytes)
	expect_at_least "pages refused before" "$(figure refused)" 100
	# The eater takes as many pages as before, not 3/4 of the larger reserve.
	say eat "$(figure eaten)"
	echo "$wanted" >/proc/sys/vm/min_free_kbytes
	ask dry 0 30
	echo 45056 >/proc/sys/vm/min_free_kbytes
	expect_helped "$wanted kB"
	say eat 0
}

test_a_refusal_by_the_kernel_advises_no_reserve_pct() {
	say eat 100000
	ask dry 0 100
	expect_at_least "pages refused" "$(figure refused)" 10
	say eat 0
	expect_verdict "buddy: asker got no page: memory is short, and the kernel itself had no page to give"
	sed -n '/^buddy: asker/,/^$/p' $lab/verdicts >/tmp/buddy
	grep -qE "^  or: vm.min_free_kbytes from 450[0-9]+ to [0-9]+$" /tmp/buddy ||
		fail "no min_free_kbytes: $(cat /tmp/buddy)"
	! grep -q "reserve_pct from" /tmp/buddy || fail "advice to raise reserve_pct above 100: $(cat /tmp/buddy)"
}

test_a_spent_budget_names_the_caller_that_has_most_pages() {
	ask spend 8
	expect_log "labyrinth: budget: spender got no page: it owns as many pages as its budget allows"
	expect_log "labyrinth:   most of its pages: 7, by dry_spend\+.*; out longest: [0-9]+ ms, by "
	expect_log "labyrinth:   change: its budget from 8 to 9 pages, where the driver creates it"
}

run_tests_on_one_cpu
