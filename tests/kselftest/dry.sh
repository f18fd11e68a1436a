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
	expect_verdict "  change: its reserve_pct from 10 to [0-9]+, by labyrinth set asker reserve_pct=[0-9]+(, from its next creation on)?; takes no memory, but leaves other users of the reserve [0-9]+ pages fewer$"
	expect_verdict "  or: its stock from 0 to $refused pages, by labyrinth set asker stock=$refused(, from its next creation on)?; keeps $((refused * 4)) kB for this owner alone, always$"
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

# 45,056 kB are more than the machine should spare already.
test_no_more_min_free_kbytes_is_advised_than_the_machine_bears() {
	expect_equal "changes of min_free_kbytes" "$(grep -c min_free_kbytes $lab/advice)" 0
	expect_equal "lines in verdicts" "$(grep -c min_free_kbytes $lab/verdicts)" 0
}

test_a_refusal_by_the_kernel_advises_no_reserve_pct() {
	say eat 100000
	ask dry 0 100
	expect_at_least "pages refused" "$(figure refused)" 10
	say eat 0
	expect_verdict "buddy: asker got no page: memory is short, and the kernel itself had no page to give"
	sed -n '/^buddy: asker/,/^$/p' $lab/verdicts >/tmp/buddy
	grep -qE "^  change: its stock from 0 to [0-9]+ pages, " /tmp/buddy ||
		fail "no stock: $(cat /tmp/buddy)"
	! grep -q "reserve_pct from" /tmp/buddy || fail "advice to raise reserve_pct above 100: $(cat /tmp/buddy)"
}

test_a_spent_budget_names_the_caller_that_has_most_pages() {
	ask spend 8
	expect_log "labyrinth: budget: spender got no page: it owns as many pages as its budget allows"
	expect_log "labyrinth:   most of its pages: 7, by dry_spend\+.*; out longest: [0-9]+ ms, by "
	expect_log "labyrinth:   change: its budget from 8 to 9 pages, by labyrinth set spender budget=9"
}

run_tests_on_one_cpu
