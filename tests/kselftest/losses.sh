#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Breaking a rule any number of times loses no memory.
. "${0%/*}/ktap.sh"
. "${0%/*}/misuse_lib.sh"
need_module lab_stub lab_test_misuse

# Each scenario first runs $warm_up times, until the kernel's caches and tables have grown, then
# $times times. One page lost per run would be $times pages. The tolerance is for other users,
# such as page tables and stacks of processes that have just run.
times=50 warm_up=10 tolerance=25
[ -z "${long-}" ] || times=200 warm_up=40 tolerance=50

# Thousands of owners are created and destroyed, each after grace periods. A grace period waits
# for all CPUs and is ten times as short with one.
test_no_repeated_scenario_loses_memory() {
	one_cpu_only 1
	# Fill KASAN's quarantine first, so that each further free releases an older object.
	! kernel_symbol ' kasan_quarantine_put$' >/dev/null || direct "well_behaved 3000"
	for scenario in $leisure $haste well_behaved $(echo "$cases" | sed 's/ .*//'); do
		local out=0 errno=0 kind='' reports=0

		! echo "$cases" | grep -q "^$scenario " || { look_up "$scenario"; reports=$times; }
		! is_late "$scenario" || reports=0
		direct "$scenario $warm_up"
		forget_reports
		direct "$scenario $times"
		echo "# $scenario: lost $(cell lost)"
		expect_match "$scenario" "$answer" \
			"errno=$errno out=$((out * times)) refused=0 reused=0 amiss=0 *"
		expect_rows "$reports" violations "seq>$violations_seen"
		expect_rows "$reports" violations "seq>$violations_seen" kind="$kind"
		expect_at_most "$scenario: pages lost" "$(cell lost)" $tolerance
		expect_nothing_left
	done
	one_cpu_only 0
}

memory() {
	direct memory
	echo "$answer"
}

test_owners_of_unloaded_modules_lose_no_memory() {
	local i=0 rounds=50 before lost

	one_cpu_only 1
	while [ $i -lt 10 ]; do
		owner_module_comes_and_goes
		i=$((i + 1))
	done
	i=0
	before=$(memory)
	while [ $i -lt $rounds ]; do
		owner_module_comes_and_goes
		i=$((i + 1))
	done
	lost=$((before - $(memory)))
	echo "# module gone: lost $lost"
	# Each owner had 4 pages in stock. The processes that load and unload lose some pages, too.
	expect_at_most "pages lost" $lost $rounds
	one_cpu_only 0
}

let_the_log_speak
run_tests
