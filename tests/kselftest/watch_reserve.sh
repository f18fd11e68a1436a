#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Drivers that do not use labyrinth are named as users of the reserve. For a small machine.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

dipper() { # COLUMN
	table dippers "$1" caller~^unported_take
}

test_a_driver_below_min_is_counted_and_named_in_a_refusal() {
	echo reserve >$watch
	ask unported 500
	expect_equal "pages taken" "$(figure took)" 500
	expect_rows 1 dippers caller~'^unported_take[.+].*lab_reserve' order=0 \
		gfp='GFP_ATOMIC|__GFP_NOWARN' context=task
	for column in times pages held below_min; do
		expect_equal $column "$(dipper $column)" 500
	done
	expect_equal unseen "$(dipper unseen)" 0
	expect_equal refused "$(dipper refused)" 0
	expect_at_least "percent of the reserve" "$(dipper depth_pct)" 1
	expect_at_most "percent of the reserve" "$(dipper depth_pct)" 100
	expect_refusal owner=refused reason=floor
	grep -q 'by others: [0-9]*; seen to be taken from it: .*unported_take \[lab_reserve\] 500' $lab/verdicts ||
		fail "no driver is named: $(grep 'by others' $lab/verdicts)"
}

test_pages_that_are_freed_are_subtracted() {
	ask unported_free 200
	expect_equal held "$(dipper held)" 300
	expect_equal pages "$(dipper pages)" 500
	ask unported_free 300
	expect_equal held "$(dipper held)" 0
}

test_a_driver_that_the_kernel_refuses_is_counted() {
	ask unported 30000
	refused=$(dipper refused)
	expect_equal "requests refused" "$refused" 1
	expect_at_least "percent of the reserve" "$(dipper depth_pct)" 95
	ask unported_free 30000
	expect_equal held "$(dipper held)" 0
}

test_a_new_watch_begins_at_zero() {
	echo off >$watch
	expect_equal held "$(dipper held)" -
	expect_at_least pages "$(dipper pages)" 500
	echo all >$watch
	expect_rows 0 dippers caller~^unported_take
	echo reserve >$watch
}

test_labyrinth_itself_is_no_dipper() {
	echo off >$watch
	echo reserve >$watch
	ask dry 0 100
	expect_rows 0 dippers caller~labyrinth
	expect_rows 0 dippers caller~dry_eat
	echo off >$watch
}

test_a_module_is_watched_with_what_it_would_need() {
	echo lab-reserve >$lab/watch_module
	ask unported 300
	expect_equal pages "$(table takers pages caller~^unported_take)" 300
	# The hoard may have filled the map.
	expect_equal "held and unseen" $(($(table takers held caller~^unported_take) + $(table takers unseen caller~^unported_take))) 300
	expect_match watch_module "$(cat $lab/watch_module)" \
		"module=lab_reserve on=1 ms=* held=* unseen=* peak=* budget=* stock=[01] reserve_pct=*"
	# The module's other function that allocates took all memory above min.
	expect_at_least "pages" "$(table takers pages caller~^reserve_)" 1000
	expect_rows 0 takers caller~lab_stub
	ask unported_free 300
	expect_equal held "$(table takers held caller~^unported_take)" 0
	ask unported 30000
	expect_equal refused "$(table takers refused caller~^unported_take)" 1
	ask unported_free 30000
	pages=$(table takers pages caller~^unported_take)
	echo - >$lab/watch_module
	expect_match watch_module "$(cat $lab/watch_module)" "module=lab_reserve on=0 *"
	ask unported 10
	expect_equal "pages after the end" "$(table takers pages caller~^unported_take)" "$pages"
	ask unported_free 10
}

test_what_is_no_name_of_a_module_is_refused() {
	for name in "" "a b" ../x "$(printf %060d 0)"; do
		! echo "$name" 2>/dev/null >$lab/watch_module || fail "'$name' is accepted"
	done
	expect_match watch_module "$(cat $lab/watch_module)" "module=lab_reserve on=0 *"
}

run_tests_on_one_cpu
