#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The events through tracefs: when they are emitted, and that they change no result.
. "${0%/*}/lib.sh"
need_module lab_stub

begin() { # EVENT|all...
	: >$tracefs/trace
	for event; do
		switch "$event" 1
	done
}

end() {
	switch all 0
}

expect_reported() { # NUMBER EXTENDED-REGEX
	expect_equal "events that match $2" "$(count_events "$2" <$tracefs/trace)" "$1"
}

# The third flag after the CPU is the context.
expect_reported_in() { # NUMBER OWNER FLAGS
	expect_equal "events of $2 with flag $3" \
		"$(grep -cE "\] ..[$3].. .* owner=$2 " $tracefs/trace)" "$1"
}

test_events_show_the_context_of_the_call() {
	for owner in task softirq hardirq nmi; do
		expect 0 create 0 name=$owner budget=8 stock=8
		begin alloc free
		expect 8 alloc 0 0 times=8 in=$owner cpu=1
		expect 0 free 0 0 times=8 in=$owner cpu=1
		end
		case $owner in
		task) expect_reported_in 16 task . ;;
		softirq) expect_reported_in 16 softirq s ;;
		hardirq) expect_reported_in 16 hardirq hH ;;
		nmi) expect_reported_in 16 nmi zZ ;;
		esac
		expect 0 destroy 0
	done
}

test_disabled_events_report_nothing() {
	expect 0 create 0 name=one budget=8
	begin all
	expect 8 alloc 0 0 times=8
	end
	expect_reported 8 '^alloc owner=one '
	expect 0 free 0 0 times=8
	expect 8 alloc 0 0 times=8
	expect_reported 8 ''
}

test_only_the_enabled_event_is_reported() {
	expect 0 create 0 name=one budget=8
	for event in alloc free refuse; do
		begin $event
		expect 8 alloc 0 0 times=8
		expect 0 alloc 0 8
		expect 0 free 0 0 times=8
		end
		expect_reported "$(count_events "^$event " <$tracefs/trace)" ''
		[ $event = refuse ] || expect_reported 8 "^$event owner=one "
	done
	expect_reported 1 '^refuse owner=one reason=budget '
}

test_either_of_two_events_can_be_disabled_first() {
	expect 0 create 0 name=one budget=8
	for first in alloc free; do
		begin alloc free
		switch $first 0
		expect 8 alloc 0 0 times=8
		expect 0 free 0 0 times=8
		expect_reported 8 '^(alloc|free) owner=one '
		expect_reported 0 "^$first "
		end
	done
}

test_an_owner_created_while_events_are_on_is_traced() {
	begin alloc free
	expect 0 create 0 name=late budget=8
	for _ in 1 2 3; do
		expect 8 alloc 0 0 times=8
		expect 0 free 0 0 times=8
	done
	end
	expect_reported 24 '^alloc owner=late '
	expect_reported 24 '^free owner=late '
}

test_one_of_two_tracers_can_leave() {
	mkdir $tracefs/instances/other
	expect 0 create 0 name=one budget=8
	begin alloc
	echo 1 >$tracefs/instances/other/events/labyrinth/alloc/enable
	echo 0 >$tracefs/instances/other/events/labyrinth/alloc/enable
	expect 8 alloc 0 0 times=8
	end
	expect_reported 8 '^alloc owner=one '
	rmdir $tracefs/instances/other
}

test_bulk_calls_report_each_page() {
	expect 0 create 0 name=one budget=64
	begin all
	expect 64 bulk 0 0 64
	expect 64 freebulk 0 0 64
	expect 64 bulk 0 0 64 in=hardirq
	expect 64 freebulk 0 0 64 in=hardirq
	end
	expect_reported 128 '^alloc owner=one '
	expect_reported 128 '^free owner=one '
}

test_a_failed_call_emits_no_event() {
	expect 0 create 0 name=one budget=8
	expect 0 create 1 name=two budget=8
	expect 1 alloc 0 0
	begin all
	expect -EPERM free 1 0
	expect -EPERM release 1 0
	expect -EPERM transfer 1 0 0
	expect -EOPNOTSUPP release 0 0 in=nmi
	end
	expect_reported 0 '^(alloc|free|release|transfer) '
}

run_tests
