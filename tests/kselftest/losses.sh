#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# However often a rule is broken, the machine loses no memory.
. "${0%/*}/ktap.sh"
. "${0%/*}/misuse_lib.sh"
need_module lab_stub lab_test_misuse

# Each scenario is played so often for what it may lose, and before that until the kernel's
# caches and tables have grown to what that takes. A page lost each time would be $times; all
# else on the machine moves a few, such as page tables and stacks of what has just run.
times=50 warm_up=10 tolerance=25
[ -z "${long-}" ] || times=200 warm_up=40 tolerance=50

# Owners come and go by the thousand, each after grace periods. These wait for all CPUs, and
# are ten times as short with one.
test_no_scenario_loses_memory_however_often_it_is_played() {
	one_cpu_only 1
	# KASAN keeps what was freed, until it has so much that the oldest goes for the newest.
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

test_owners_whose_modules_are_gone_lose_no_memory() {
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
	# Of four each in stock; the processes that load and unload leave some behind, too.
	expect_at_most "pages lost" $lost $rounds
	one_cpu_only 0
}

let_the_log_speak
run_tests
