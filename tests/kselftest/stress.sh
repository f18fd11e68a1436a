#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All CPUs at once. $quick asks for a short run, $long for a long one.
. "${0%/*}/ktap.sh"
need_module lab_stress

stub=$stress
factor=2
[ -z "${quick-}" ] || factor=1
[ -z "${long-}" ] || factor=4

# Runs a preset, and shows what it counted.
run_preset() { # PRESET AMOUNT
	say "$1 $(($2 * factor))"
	echo "# $1: $answer"
	expect_match "$1" "$answer" "0 ops=[1-9]*"
	expect_match "$1" "$answer" "* doubled=0 spoiled=0 over=0 errors=0 out=0 *"
}

# Each CPU's task, softirq and hard interrupt took part.
expect_everybody_took_part() {
	least=${answer#* least=}
	expect_at_least "calls of the idlest" "${least%% *}" 32
}

test_no_page_has_two_holders_and_none_is_lost() {
	run_preset mix 1000000
	expect_everybody_took_part
	expect_no_violation
	expect_rows 0 owners
}

test_a_page_taken_from_another_cpu_has_one_holder() {
	run_preset steal 2500000
	expect_everybody_took_part
	expect_no_violation
}

test_a_small_budget_is_exact_on_all_cpus_at_once() {
	run_preset exact 60
	expect_no_violation
}

test_who_never_holds_more_than_the_budget_is_never_refused_for_it() {
	run_preset never_refused 500000
	expect_everybody_took_part
	expect_rows 0 refusals "seq>$refusals_seen" owner=stress-mix reason=budget
	expect_no_violation
}

test_of_two_cpus_that_give_a_page_away_exactly_one_succeeds() {
	run_preset double_free 3000
	expect_not_in_log 'Bad page'
}

test_a_page_in_transfer_has_one_owner_at_every_instant() {
	run_preset pingpong 60000
}

# Nor is it anybody's fault that pages are referenced for an instant.
test_references_that_come_and_go_make_no_call_fail() {
	say references $((${long:-0} ? 60000 : ${quick:-0} ? 2000 : 5000))
	echo "# references: $answer"
	expect_match references "$answer" "0 ops=[1-9]* refused=0 doubled=0 *"
	expect_match references "$answer" "* spoiled=0 over=0 errors=0 out=0 *"
	# They were met, by check at least.
	expect_everybody_took_part
	expect_rows 0 refusals "seq>$refusals_seen" owner~stress-refs
	expect_rows 0 owners
	expect_no_violation
}

run_tests
