#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The events "violation" and "audit".
. "${0%/*}/lib.sh"
need_module lab_stub

caller='stub_call_once\+0x[0-9a-f]+/0x[0-9a-f]+ \[lab_stub\]'

expect_reported() { # NUMBER EXTENDED-REGEX
	expect_equal "events that match $2" "$(count_events "$2" <$tracefs/trace)" "$1"
}

begin() {
	: >$tracefs/trace
	switch violation 1
}

test_a_violation_names_page_and_both_parties() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	begin
	expect -EPERM free 1 0
	switch violation 0
	expect_reported 1 "^violation kind=foreign_free owner=one offender=two pfn=$(number pfn 0) \
alloc_caller=$caller caller=$caller$"
	expect_reported 1 ''
}

test_event_and_debugfs_list_the_same_kinds() {
	expect 0 create 0 name=one budget=8
	expect 0 create 1 name=two budget=8
	expect 1 alloc 0 0
	expect 0 plain 2
	begin
	expect -EPERM free 1 0
	expect 0 free 0 0
	expect -EALREADY free 0 0
	expect -ENOENT free 0 2
	expect 0 nullpage 3
	expect -EINVAL free 0 3
	switch violation 0
	expect_equal "kinds" "$(only_events <$tracefs/trace | sed 's/.*kind=//; s/ .*//' | xargs)" \
		"$(awk -v seen="$violations_seen" 'NR > 1 && $1 > seen { print $3 }' \
			$lab/violations | xargs)"
	expect_reported 4 '^violation '
	expect 0 putref 2
}

test_an_audit_reports_its_tags_findings_and_duration() {
	expect 0 create 0 name=one budget=64
	expect 64 alloc 0 0 times=64
	: >$tracefs/trace
	switch audit 1
	echo 1 >$lab/audit_now
	switch audit 0
	expect_reported 1 '^audit tags=[0-9]+ found=0 us=[0-9]+$'
	expect_at_least "tags" "$(only_events <$tracefs/trace | sed 's/.*tags=//; s/ .*//')" 64
}

let_the_log_speak
run_tests
