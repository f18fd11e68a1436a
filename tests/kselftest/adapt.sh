#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# LABYRINTH_ADAPT (8): a stock that adapts to the load. In NMI only the stock can give pages.
. "${0%/*}/ktap.sh"
need_module lab_stub

asked=16

stat_of() { # ROW
	awk -v row="$1" '$1 == row { print $2 }' $lab/owner/one/stats
}

# Kernels with alloc_pages_nolock() have pages for an NMI: nothing is refused there.
only_the_stock() {
	! can_try_for_pages
}

# A bulk call of PAGES gets GOT; they leave.
burst() { # GOT PAGES
	expect "$1" bulk 0 0 "$2" in=nmi
	leave "$1"
}

leave() { # PAGES
	expect 0 release 0 0 times="$1"
	expect 0 put 0 0 times="$1"
}

stock_is() { # PAGES
	[ "$(cat $lab/owner/one/stock)" = "auto $1" ] && [ "$(stat_of stocked)" = "$1" ]
}

expect_stock() { # PAGES
	wait_until stock_is "$1" ||
		fail "stock: got '$(cat $lab/owner/one/stock)' with $(stat_of stocked) ready, wanted $1"
}

grow() { # after which the stock has 125 pages
	burst $asked 100
	expect_stock 125
}

test_a_burst_is_not_refused_twice() {
	only_the_stock || return
	for flags in 8 9 10 12; do
		expect 0 create 0 name=one budget=256 stock=$asked flags=$flags
		expect_stock $asked
		grow
		burst 100 100
		expect_stock 125
		expect_equal "refusals" "$(stat_of refused_context)" 1
		expect 0 destroy 0
	done
}

test_the_stock_grows_before_a_refusal() {
	expect 0 create 0 name=one budget=256 stock=$asked flags=8
	burst $asked $asked
	expect_stock 20
	burst 16 16
	expect_stock 20
	expect_no_refusal
}

expect_no_refusal() {
	expect_equal "refusals" "$(stat_of refused_context)" 0
}

test_a_driver_that_stops_at_a_refusal_finds_its_level_by_doubling() {
	only_the_stock || return
	expect 0 create 0 name=one budget=256 stock=$asked flags=8
	for got in 16 32 64 100; do
		expect $got alloc 0 0 times=100 in=nmi
		leave $got
		usleep 100000
	done
	expect_stock 128
}

test_refusals_grow_a_stock_that_the_driver_did_not_ask_for() {
	only_the_stock || return
	expect 0 create 0 name=one budget=256 flags=8
	burst 0 40
	expect_stock 50
	burst 40 40
}

test_the_shrinker_takes_at_once_what_the_driver_did_not_ask_for() {
	only_the_stock || return
	expect 0 create 0 name=one budget=256 stock=$asked flags=8
	grow
	echo 2 >/proc/sys/vm/drop_caches
	expect_stock $asked
	grow
}

test_the_stock_stays_within_the_budget() {
	only_the_stock || return
	expect 0 create 0 name=one budget=64 stock=$asked flags=8
	burst $asked 1000
	expect_stock 64
	burst 64 1000
	expect_equal "stock" "$(stat_of stock)" 64
}

test_a_budget_that_is_used_up_does_not_grow_the_stock() {
	expect 0 create 0 name=one budget=64 stock=$asked flags=8
	expect 64 bulk 0 0 64
	usleep 100000
	stock=$(stat_of stock)
	expect 0 bulk 0 100 64
	expect_equal "refusals" "$(stat_of refused_budget)" 1
	usleep 100000
	expect_equal "stock" "$(stat_of stock)" "$stock"
}

test_a_number_ends_it_and_auto_begins_it() {
	only_the_stock || return
	expect 0 create 0 name=one budget=512 stock=$asked
	expect_equal "adapt" "$(stat_of adapt)" 0
	echo auto >$lab/owner/one/stock || fail "auto is not accepted"
	expect_equal "adapt" "$(stat_of adapt)" 1
	grow
	echo 32 >$lab/owner/one/stock || fail "32 is not accepted"
	expect_equal "adapt" "$(stat_of adapt)" 0
	expect_equal "stock" "$(cat $lab/owner/one/stock)" 32
	expect_equal "ready" "$(stat_of stocked)" 32
	burst 32 100
	usleep 100000
	expect_equal "stock" "$(cat $lab/owner/one/stock)" 32
}

test_auto_gives_at_least_what_the_driver_asked_for() {
	expect 0 create 0 name=one budget=256 stock=$asked
	echo 4 >$lab/owner/one/stock
	expect_equal "asked" "$(stat_of stock_asked)" $asked
	echo auto >$lab/owner/one/stock
	expect_stock $asked
}

test_anything_but_auto_and_a_number_is_refused() {
	expect 0 create 0 name=one budget=256 stock=$asked
	for text in "auto 20" autos AUTO "" "-1"; do
		! echo "$text" 2>/dev/null >$lab/owner/one/stock || fail "'$text' is accepted"
	done
	expect_equal "stock" "$(cat $lab/owner/one/stock)" $asked
}

run_tests
