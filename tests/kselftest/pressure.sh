#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The shrinker frees recycled pages when memory is short, and no other pages.
. "${0%/*}/ktap.sh"
need_module lab_stub

shrink() {
	echo 2 >/proc/sys/vm/drop_caches
}

stock_is() { # OWNER PAGES
	[ "$(owner_cell "$1" stocked)" -ge "$2" ]
}

test_the_shrinker_frees_recycled_pages() {
	expect 0 create 0 name=one budget=1000
	expect 1000 alloc 0 0 times=1000
	expect 0 free 0 0 times=1000
	expect_owner one stocked 1000
	shrink
	expect_owner one owned 0 stocked 0
	expect_rows 0 pages owner=one state=ready
}

test_the_shrinker_keeps_the_stock() {
	expect 0 create 0 name=one budget=1000 stock=100
	expect 500 alloc 0 0 times=500
	expect 0 free 0 0 times=500
	# Pages without a place in the table are not ready; 400 are enough for the shrinker.
	wait_until stock_is one 400 || fail "fewer than 400 pages are ready"
	usleep 100000
	shrink
	expect_owner one owned 0 stocked 100
	expect 100 alloc 0 0 times=100 in=nmi
}

test_the_shrinker_keeps_owned_and_quarantined_pages() {
	expect 0 create 0 name=one budget=16
	expect 2 alloc 0 0 times=2
	expect 2 getref 1
	expect 0 free 0 1
	shrink
	expect_owner one owned 1 stocked 0 quarantined 1
	expect 0 check 0 0
	expect 0 putref 1
}

run_tests
