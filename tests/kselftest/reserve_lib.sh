# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the tests that make memory short have in common.

stub=/sys/kernel/debug/labyrinth_reserve

# The smallest lists there are, so that one refill of a CPU's list takes few pages.
echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
# A reserve that is large beside such a refill, whatever the kernel chose.
echo 45056 >/proc/sys/vm/min_free_kbytes

# For tests that know from which CPU's list a page comes.
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
	# A task that is there to free memory has no mark.
	expect_equal "memalloc pages refused" "$(figure memalloc_refused)" 0
	expect_at_least "memalloc pages given where plain ones are refused" \
		$(($(figure memalloc_given) - $(figure plain_given))) 3
}

# An owner takes what it gets of a machine that was drained to min. Whoever takes
# the last page that is permitted leaves the zone at its floor, or below it by
# what one refill of the CPU's list takes.
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
