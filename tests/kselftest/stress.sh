#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Calls on all CPUs at once. $long makes the run long.
. "${0%/*}/ktap.sh"
need_module lab_stress

stub=$stress
factor=1
[ -z "${long-}" ] || factor=4

# Run a preset and print its counters.
run_preset() { # PRESET AMOUNT
	say "$1 $(($2 * factor))"
	echo "# $1: $answer"
	expect_match "$1" "$answer" "0 ops=[1-9]*"
	expect_match "$1" "$answer" "* doubled=0 spoiled=0 over=0 errors=0 out=0 *"
}

# Each CPU's task, softirq and hard interrupt took part.
expect_everybody_took_part() {
	least=${answer#* least=}
	expect_at_least "calls of the user that made fewest" "${least%% *}" 32
}

test_no_page_has_two_holders_and_no_page_is_lost() {
	run_preset mix 1000000
	expect_everybody_took_part
	expect_no_violation
	expect_rows 0 owners
}

test_a_page_stolen_from_another_cpu_has_one_holder() {
	run_preset steal 2500000
	expect_everybody_took_part
	expect_no_violation
}

test_a_small_budget_is_exact_on_all_cpus_at_once() {
	run_preset exact 60
	expect_no_violation
}

test_no_request_within_the_budget_is_refused_for_it() {
	run_preset never_refused 500000
	expect_everybody_took_part
	expect_rows 0 refusals "seq>$refusals_seen" owner=stress-mix reason=budget
	expect_no_violation
}

test_one_of_two_concurrent_frees_of_a_page_succeeds() {
	run_preset double_free 3000
	expect_not_in_log 'Bad page'
}

test_a_page_in_transfer_has_one_owner_at_every_instant() {
	run_preset pingpong 60000
}

# Short references are not reported either.
test_short_references_fail_no_call() {
	say references $((${long:-0} ? 60000 : 2000))
	echo "# references: $answer"
	expect_match references "$answer" "0 ops=[1-9]* refused=0 doubled=0 *"
	expect_match references "$answer" "* spoiled=0 over=0 errors=0 out=0 *"
	# Some checks met a reference.
	expect_everybody_took_part
	expect_rows 0 refusals "seq>$refusals_seen" owner~stress-refs
	expect_rows 0 owners
	expect_no_violation
}

run_tests
