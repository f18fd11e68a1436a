#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# trace-cmd records and reports labyrinth's events. All tests read one recording.
. "${0%/*}/lib.sh"
need_module lab_stub

# Record calls of "one", two rounds of all pages of "burst" on two CPUs, and each context.
record() {
	calls <<-'EOC'
		expect 0 create 0 name=one budget=8 stock=8
		expect 0 create 1 name=two budget=8
		expect 1 alloc 0 0
		number pfn 0 >/tmp/pfn.one
		expect 0 transfer 0 1 0
		expect 0 release 1 0
		expect 0 putref 0
		expect 0 create 4 name=full budget=1
		expect 1 alloc 4 0
		expect 0 alloc 4 1
		expect 0 create 2 name=burst budget=128
		expect 128 alloc 2 100 times=128 cpu=0
		for page in $(seq 100 227); do
			number pfn $page
		done >/tmp/pfns
		expect 0 free 2 100 times=128 cpu=1
		expect 128 alloc 2 100 times=128 cpu=1 in=softirq
		expect 0 free 2 100 times=128 cpu=0 in=hardirq
		for context in hardirq hrtimer nmi; do
			expect 0 create 3 name=$context budget=8 stock=8
			expect 8 alloc 3 300 times=8 in=$context
			expect 0 free 3 300 times=8 in=$context
		done
	EOC
	trace-cmd record -q -C mono -o /tmp/trace.dat -e labyrinth sh "${0%/*}/calls.sh" \
		>/tmp/record 2>&1
	echo "record $?" >>/tmp/record
	trace-cmd report -i /tmp/trace.dat >/tmp/report 2>&1
	echo "report $?" >>/tmp/record
	only_events </tmp/report >/tmp/events
	grep -E '^(alloc|free) owner=burst ' /tmp/events | sed 's/ owner=.* pfn=/ /; s/ caller.*//' \
		>/tmp/burst
}

test_trace_cmd_records_and_reports() {
	expect_called
	expect_equal "trace-cmd" "$(grep -E '^re' /tmp/record)" "record 0
report 0"
	grep -iE 'lost|dropped|failed|error' /tmp/record /tmp/report &&
		fail "events are missing"
}

test_an_event_names_owner_page_and_caller() {
	pfn=$(cat /tmp/pfn.one)
	for told in \
		"alloc owner=one pfn=$pfn caller=stub_call_once\+0x[0-9a-f]+" \
		"transfer from=one to=two pfn=$pfn caller=stub_call_once\+0x[0-9a-f]+" \
		"release owner=two pfn=$pfn caller=stub_call_once\+0x[0-9a-f]+" \
		"refuse owner=full reason=budget caller=stub_call_once\+0x[0-9a-f]+" \
		"refill owner=one before=0 after=8 stock=8"; do
		expect_equal "$told" "$(grep -cE "^$told( \[lab_stub\])?$" /tmp/events)" 1
	done
}

test_every_page_of_a_burst_is_reported_once() {
	expect_equal "pages of the burst" "$(sort -u /tmp/pfns | wc -l)" 128
	expect_equal "events of it" "$(wc -l </tmp/burst)" 512
	sort /tmp/pfns >/tmp/wanted
	for event in alloc free; do
		for round in 1 2; do
			# The pfn of each page's first or second event.
			awk -v event=$event -v round=$round \
				'$1 == event && ++nr[$2] == round { print $2 }' /tmp/burst |
				sort >/tmp/said
			cmp -s /tmp/said /tmp/wanted ||
				fail "$event, round $round: not the pages of the burst"
		done
	done
}

test_a_page_is_allocated_before_it_is_freed() {
	expect_equal "pages whose events are not alloc, free, alloc, free" "$(awk '
		{ went[$2] = went[$2] " " $1 }
		END { for (pfn in went) if (went[pfn] != " alloc free alloc free") print pfn }
		' /tmp/burst)" ""
}

test_calls_in_interrupts_are_reported() {
	for context in hardirq hrtimer nmi; do
		for event in alloc free; do
			expect_equal "$event in $context" \
				"$(grep -cE "^$event owner=$context .*=stub_call_once\+" /tmp/events)" 8
		done
	done
}

record
run_tests
