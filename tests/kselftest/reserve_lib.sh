# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Helpers of the tests that make memory short.

stub=/sys/kernel/debug/labyrinth_reserve

# The smallest per-CPU lists, so that one refill takes few pages.
echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
# A reserve that is large compared to such a refill.
echo 45056 >/proc/sys/vm/min_free_kbytes

# For tests that depend on the per-CPU list that a page comes from.
run_tests_on_one_cpu() {
	local status

	one_cpu_only 1
	run_tests
	status=$?
	one_cpu_only 0
	return $status
}

figure() { # KEY: of the last answer
	local rest=" $answer "

	case $rest in
	*" $1="*) rest=${rest#*" $1="}; echo "${rest%% *}" ;;
	*) echo "no-$1" ;;
	esac
}

ask() { # COMMAND...
	say "$@"
	echo "# $*: $answer"
}

expect_sweep() {
	ask sweep
	expect_equal mismatches "$(figure mismatches)" 0
	expect_at_least levels "$(figure levels)" 300
	expect_at_most "comparisons lost" "$(figure unstable)" 10
	for request in plain dma dma32; do
		expect_at_least "$request pages given" "$(figure ${request}_given)" 3
		expect_at_least "$request pages refused" "$(figure ${request}_refused)" 3
	done
	# A PF_MEMALLOC task may ignore the watermarks.
	expect_equal "memalloc pages refused" "$(figure memalloc_refused)" 0
	expect_at_least "memalloc pages given in addition to plain ones" \
		$(($(figure memalloc_given) - $(figure plain_given))) 3
}

# An owner allocates all it gets on a machine that was drained to min. Its last page leaves
# the zone at the owner's floor, or below by as many pages as one refill of a per-CPU list takes.
expect_no_more_than_its_share() { # PERCENT
	ask share "$1"
	tolerance=$(figure tolerance)
	expect_at_most "pages below a floor" "$(figure undershot)" "$tolerance"
	expect_at_least "pages wanted" "$(figure wanted)" $((2 * tolerance))
	expect_at_most "pages got" "$(figure got)" $(($(figure wanted) + tolerance))
	expect_at_most "pages from the reserve" "$(figure from_reserve)" "$(figure got)"
	expect_at_least "pages from the reserve" "$(figure from_reserve)" \
		$(($(figure got) - tolerance))
}

expect_share() { # PERCENT
	expect_no_more_than_its_share "$1"
	expect_equal "pages left above the floors" "$(figure left)" 0
	expect_at_least "pages got" "$(figure got)" $(($(figure wanted) - tolerance))
}
