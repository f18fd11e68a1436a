#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The audit finds violations that no call has met, reports each once, and changes no other page.
. "${0%/*}/ktap.sh"
need_module lab_stub

interval=/sys/module/labyrinth/parameters/audit_interval
poison=2

audit() {
	echo 1 >$lab/audit_now || fail "the audit does not run"
}

expect_audit() { # COLUMN VALUE [COLUMN VALUE]...: of the last audit
	while [ $# -ge 2 ]; do
		expect_cell "$2" audit "$1"
		shift 2
	done
}

# The next audit finds nothing.
expect_nothing_more() {
	audit
	expect_audit found 0
	expect_no_violation
}

test_audit_has_its_columns_and_is_writable_by_root_only() {
	expect_equal "mode of audit" "$(stat -c %a $lab/audit)" 400
	expect_equal "mode of audit_now" "$(stat -c %a $lab/audit_now)" 600
	expect_equal "columns" "$(head -n 1 $lab/audit)" \
		"audits age_ms us tags owned ready quarantined orphans owners busy found"
	audit
	expect_equal "cells" "$(tail -n 1 $lab/audit | wc -w)" 11
}

test_an_audit_counts_pages_by_state() {
	expect 0 create 0 name=one budget=16 stock=4
	expect 0 create 1 name=two budget=16 flags=$poison
	expect 6 alloc 0 0 times=6
	expect 5 alloc 1 10 times=5
	expect 0 free 1 10 times=3
	expect 2 getref 0
	expect 0 free 0 0
	forget_reports
	before=$(table audit audits)
	audit
	expect_audit audits $((before + 1)) owned 7 quarantined 1 owners 2 found 0
	expect_equal "ready" "$(table audit ready)" "$(table pages count state=ready)"
	expect_at_most "age_ms" "$(table audit age_ms)" 5000
	expect 0 putref 0
	expect_no_violation
}

# A refill may still be running.
nobody_is_busy() {
	audit
	[ "$(table audit busy)" = 0 ]
}

allocs() { # by all owners
	awk '
	NR == 1 {
		for (i = 1; i <= NF; i++)
			if ($i == "allocs")
				column = i
		next
	}
	{ sum += $column }
	END { print sum + 0 }' $lab/owners
}

test_an_audit_during_calls_finds_nothing() {
	on_cpus $all_cpus
	expect 0 create 0 name=one budget=200 stock=50
	expect 0 create 1 name=two budget=200 flags=$poison
	expect 0 create 2 name=three budget=200 flags=7 stock=50
	: >/tmp/busy
	while [ -e /tmp/busy ]; do
		for owner in 0 1 2; do
			echo "bulk $owner 0 100 in=softirq cpu=1" >$stub/command
			echo "transfer $owner 1 0" >$stub/command
			echo "free 1 0" >$stub/command
			echo "free $owner 1 times=99" >$stub/command
		done
	done &
	i=0
	moved=0
	begun=$(allocs)
	# Until 10 audits have met a busy owner, at most 200 audits.
	while [ $i -lt 20 ] || [ $moved -lt 10 ] && [ $i -lt 200 ]; do
		audit
		expect_audit found 0
		[ "$(table audit busy)" = 0 ] || moved=$((moved + 1))
		i=$((i + 1))
	done
	ended=$(allocs)
	rm /tmp/busy
	wait
	expect_at_least "audits with a busy owner" $moved 10
	expect_at_least "pages allocated meanwhile" "$ended" $((begun + 200))
	say free 1 0
	forget_reports
	wait_until nobody_is_busy || fail "an owner is still busy"
	expect_nothing_more
}

test_a_reference_on_an_owned_page_is_reported_once() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	pfn=$(number pfn 0)
	audit
	expect_audit found 1
	expect_violation kind=shared_page owner=one offender=- pfn="$pfn" refcount=2 \
		alloc_caller~^stub_call_once
	expect_log "labyrinth: shared_page: "
	expect_log "labyrinth:   of: one, taken by stub_call_once"
	expect_log "labyrinth:   page: pfn $pfn, refcount 2"
	expect_owner one owned 1 quarantined 0
	expect_nothing_more
	expect 0 putref 0
	expect 0 check 0 0
}

test_a_write_to_a_ready_page_is_reported_once() {
	expect 0 create 0 name=one budget=4 flags=$poison
	expect 1 alloc 0 0 cpu=1
	expect 0 free 0 0 cpu=1
	pfn=$(number pfn 0)
	expect_nothing_more
	expect 0 poke 0
	audit
	expect_violation kind=use_after_free owner=one offender=- pfn="$pfn" \
		alloc_caller~^stub_call_once
	expect_log "labyrinth: use_after_free: "
	expect_log "labyrinth:   page: pfn $pfn, "
	expect_nothing_more
	# The page is in quarantine until the worker has checked it, which may be at once.
	expect 3 alloc 0 1 times=3 cpu=1
	expect_no_violation
}

# There are enough pages that some are still free when the audit checks them. The pages may
# belong to other users now, so the owner is destroyed without freeing them.
test_pages_freed_behind_are_reported_once_each() {
	expect 0 create 0 name=loser budget=256
	expect 256 bulk 0 0 256
	i=0
	while [ $i -lt 256 ]; do
		echo "putref $i" >$stub/command
		i=$((i + 1))
	done
	audit
	gone=$(table violations count "seq>$violations_seen" kind=freed_behind owner=loser offender=- \
		alloc_caller~^stub_call_once)
	expect_at_least "pages reported" "$gone" 100
	expect_equal "pages reported twice" "$(awk -v seen="$violations_seen" 'NR > 1 && $1 > seen' \
		$lab/violations | sed -n 's/.* loser - \([0-9]*\) .*/\1/p' | sort | uniq -d)" ""
	expect_owner loser owned $((256 - gone))
	say destroy 0
}

test_an_owner_can_allocate_after_its_pages_were_freed_behind() {
	expect 0 create 0 name=loser budget=64
	expect 64 bulk 0 0 64
	i=0
	while [ $i -lt 64 ]; do
		echo "putref $i" >$stub/command
		i=$((i + 1))
	done
	audit
	gone=$((64 - $(owner_cell loser owned)))
	expect_at_least "pages reported" "$gone" 1
	expect "$gone" bulk 0 100 65
	expect 0 check 0 100 times="$gone"
	say destroy 0
}

# Orphans of earlier tests may disappear at any time, as their pages are in use elsewhere.
test_an_orphan_is_listed_until_it_is_freed() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	expect 1 destroy 0
	for i in 1 2 3; do
		audit
		expect_audit found 0
		expect_at_least "orphans" "$(table audit orphans)" 1
		expect_rows 1 pages pfn="$pfn" owner=one state=orphan caller~^stub_call_once
	done
	expect 0 putref 0
	audit
	expect_rows 0 pages pfn="$pfn" owner=one state=orphan
}

write_audit() { # TEXT
	printf '%s' "$1" 2>/dev/null >$lab/audit_now
}

test_writes_other_than_1_are_refused_and_start_no_audit() {
	audit
	before=$(table audit audits)
	for text in 0 2 -1 x 1x '1 1' 01 +1 0x1 4294967297 99999999999999999999 \
		00000000000000000000000000000000001 '
'; do
		! write_audit "$text" || fail "'$text' is accepted"
	done
	! printf '1\000x' 2>/dev/null >$lab/audit_now || fail "1 followed by NUL and x is accepted"
	! printf 1 | dd of=$lab/audit_now bs=1 seek=1 conv=notrunc 2>/dev/null ||
		fail "1 at an offset is accepted"
	! head -c 100000 /dev/zero 2>/dev/null >$lab/audit_now || fail "zeroes are accepted"
	! { printf '1\n'; head -c 100000 /dev/zero; } | dd of=$lab/audit_now bs=200000 iflag=fullblock 2>/dev/null ||
		fail "1 followed by zeroes is accepted"
	expect_audit audits "$before"
	write_audit 1 || fail "1 is refused"
	expect_audit audits $((before + 1))
}

test_audit_interval_is_0_by_default() {
	expect_equal audit_interval "$(cat $interval)" 0
}

set_interval() { # VALUE
	echo "$1" 2>/dev/null >$interval
}

test_audit_interval_accepts_0_to_86400_only() {
	for seconds in -1 86401 4294967296 x ''; do
		! set_interval "$seconds" || fail "'$seconds' is accepted"
	done
	expect_equal audit_interval "$(cat $interval)" 0
	set_interval 86400 || fail "86400 is refused"
	expect_equal audit_interval "$(cat $interval)" 86400
	set_interval 0 || fail "0 is refused"
}

audits_since() { # NUMBER MORE
	[ "$(table audit audits)" -ge $(($1 + $2)) ] 2>/dev/null
}

test_audits_run_at_audit_interval() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 2 getref 0
	set_interval 86400
	audit
	before=$(table audit audits)
	forget_reports
	set_interval 1
	wait_until audits_since "$before" 2 || fail "no audit runs"
	expect_no_violation
	# Wait for two audits: the first may have begun before the change.
	expect 0 putref 0
	before=$(table audit audits)
	wait_until audits_since "$before" 2 || fail "audits have stopped"
	expect 2 getref 0
	before=$(table audit audits)
	wait_until audits_since "$before" 2 || fail "audits have stopped"
	expect_violation kind=shared_page owner=one
	set_interval 0
	# A running audit may still finish.
	sleep 1
	before=$(table audit audits)
	sleep 3
	expect_audit audits "$before"
	expect 0 putref 0
}

test_labyrinth_unloads_while_audits_run() {
	set_interval 1
	rmmod lab_stub
	rmmod labyrinth || fail "labyrinth cannot be unloaded"
	! insmod "$modules/labyrinth.ko" audit_interval=86401 2>/dev/null || fail "86401 is accepted"
	insmod "$modules/labyrinth.ko" audit_interval=1 || fail "labyrinth cannot be loaded again"
	expect_equal "cells before the first audit" "$(tail -n 1 $lab/audit)" "- - - - - - - - - - -"
	wait_until audits_since 0 1 || fail "no audit runs with audit_interval=1"
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
}

let_the_log_speak
run_tests
