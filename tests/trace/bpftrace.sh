#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# bpftrace counts and prints labyrinth's events.
. "${0%/*}/lib.sh"
need_module lab_stub

observe() { # PROGRAM
	bpftrace -c "sh ${0%/*}/calls.sh" -e "$1" >/tmp/said 2>&1 || fail "$(cat /tmp/said)"
	expect_called
}

expect_counted() { # LINE...: exactly these counts
	expect_equal "counts" "$(grep '^@' /tmp/said | sort)" "$(printf '%s\n' "$@")"
}

test_bpftrace_counts_calls_by_owner() {
	calls <<-'EOC'
		expect 0 create 0 name=one budget=128
		expect 0 create 1 name=two budget=128 stock=128
		expect 0 create 2 name=idle budget=8 stock=8
		expect 100 alloc 0 0 times=100
		expect 0 free 0 0 times=90
		expect 70 alloc 1 100 times=70 in=hardirq cpu=1
		expect 0 free 1 100 times=60 in=nmi
		expect 60 alloc 1 100 times=60 in=nmi
	EOC
	observe 'tracepoint:labyrinth:alloc { @allocs[args->owner] = count(); }
		tracepoint:labyrinth:free { @frees[args->owner] = count(); }'
	expect_counted "@allocs[one]: 100" "@allocs[two]: 130" "@frees[one]: 90" "@frees[two]: 60"
}

test_bpftrace_counts_refusals_by_reason() {
	calls <<-'EOC'
		expect 0 create 0 name=one budget=8
		expect 8 alloc 0 0 times=8
		for _ in 1 2 3; do
			expect 0 alloc 0 8
		done
		expect 0 free 0 0 times=8
		expect 0 create 1 name=mine budget=8 scope=1
		expect 0 alloc 1 0 in=hardirq
		expect 0 alloc 1 0 in=softirq
		expect 0 destroy 1
		expect 0 alloc 1 0
	EOC
	observe 'tracepoint:labyrinth:refuse { @[args->owner, args->reason] = count(); }'
	expect_counted "@[mine, dying]: 1" "@[mine, scope]: 2" "@[one, budget]: 3"
}

test_bpftrace_shows_all_fields_of_violations_and_audits() {
	calls <<-'EOC'
		expect 0 create 0 name=one
		expect 0 create 1 name=two
		expect 1 alloc 0 0
		number pfn 0 >/tmp/pfn
		expect -EPERM free 1 0
		expect 0 free 0 0
		expect -EALREADY free 0 0
		echo 1 >$lab/audit_now
	EOC
	observe 'tracepoint:labyrinth:violation { @[args->kind, args->owner, args->offender, args->pfn,
			ksym(args->alloc_caller), ksym(args->caller)] = count(); }
		tracepoint:labyrinth:audit /args->tags > 0 && args->us > 0/ {
			@found[args->found] = count(); }'
	caller=stub_call_once
	pfn=$(cat /tmp/pfn)
	expect_counted "@[double_free, one, one, $pfn, $caller, $caller]: 1" \
		"@[foreign_free, one, two, $pfn, $caller, $caller]: 1" "@found[0]: 1"
}

run_tests
