#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Random writes to the writable files: see fuzz_writes.c.
. "${0%/*}/ktap.sh"
need_module lab_stub

seed=${seed:-$(date +%s)}
rounds=2000
folder=$lab/owner

# Run fuzz_writes. Print its output, and note the run in /tmp/amiss if it failed.
fuzz() { # KIND FILE [NR]
	"$modules/fuzz_writes" $((seed + ${3:-0})) $rounds "$1" "$2" >/tmp/fuzz.$$.${3:-0} 2>&1 ||
		echo "$1 $2: $(tail -n 1 /tmp/fuzz.$$.${3:-0})" >>/tmp/amiss
	cat /tmp/fuzz.$$.${3:-0} >>/tmp/said
	sed 's/^/# /' /tmp/fuzz.$$.${3:-0}
}

# run-kernel.sh takes --seed to repeat a run.
expect_nothing_amiss() {
	expect_equal "failures with --seed $seed" "$(cat /tmp/amiss)" ""
	: >/tmp/amiss
}

# Each file accepted some writes of all runs and refused others; else the runs tested nothing.
expect_written() { # FILE...
	for file; do
		expect_equal "$file accepts some writes, and refuses some" "$(awk -v file="$file:" '
			$1 == file { taken += $4; refused += $6 }
			END { print (taken ? "yes" : "no"), (refused ? "yes" : "no") }
			' /tmp/said)" "yes yes"
	done
}

: >/tmp/amiss

test_invalid_writes_to_reserve_pct_change_nothing() {
	expect 0 create 0 name=one
	fuzz pct $folder/one/reserve_pct
	expect_nothing_amiss
}

test_invalid_writes_to_stock_change_nothing() {
	expect 0 create 0 name=one budget=100 stock=5
	fuzz stock=100 $folder/one/stock
	expect_nothing_amiss
	expect_at_most "stocked" "$(owner_cell one stocked)" 101
}

test_invalid_writes_to_reset_are_refused() {
	expect 0 create 0 name=one
	fuzz reset $folder/one/reset
	fuzz reset $lab/reset 1
	expect_nothing_amiss
}

# Each accepted 1 runs an audit, so the number of rounds is lower.
test_invalid_writes_to_audit_are_refused() {
	expect 0 create 0 name=one
	before=$(table audit audits)
	rounds=300
	fuzz reset $lab/audit_now
	rounds=2000
	expect_nothing_amiss
	taken=$(sed -n 's/.* \([0-9]*\) taken, .*/\1/p' /tmp/fuzz.$$.0)
	expect_equal "audits" "$(table audit audits)" \
		"$([ "$before" = - ] && echo "$taken" || echo $((before + taken)))"
}

test_invalid_writes_to_lookup_are_refused() {
	expect 0 create 0 name=one budget=100
	expect 100 alloc 0 0 times=100
	rounds=20000
	fuzz lookup $lab/lookup
	rounds=2000
	expect_nothing_amiss
	cat $lab/lookup >/dev/null || fail "lookup can no longer be read"
}

test_racing_writers_leave_valid_values() {
	on_cpus $all_cpus
	: >/tmp/said
	expect 0 create 0 name=one budget=100
	for i in 1 2 3; do
		fuzz pct+racing $folder/one/reserve_pct $i &
		fuzz stock=100+racing $folder/one/stock 1$i &
		fuzz lookup+racing $lab/lookup 2$i &
	done
	fuzz reset+racing $lab/reset 30
	wait
	expect_nothing_amiss
	expect_written $folder/one/reserve_pct $folder/one/stock $lab/lookup $lab/reset
	expect_at_most "reserve_pct" "$(owner_cell one reserve_pct)" 100
	expect_at_most "stock" "$(owner_cell one stock)" 100
	expect_put_stock 0
}

# The owner still works.
expect_put_stock() { # VALUE
	echo "$1" >$folder/one/stock || fail "the stock can no longer be set"
	expect 100 alloc 0 0 times=101
	expect 0 free 0 0 times=100
	expect_owner one owned 0
}

test_writers_can_race_with_create_and_destroy() {
	on_cpus $all_cpus
	: >/tmp/busy
	: >/tmp/said
	fuzz_on() { # KIND FILE NR
		while [ -e /tmp/busy ]; do
			fuzz "$1" "$2" "$3" >/dev/null
		done
	}
	# Short runs, so that each is started many times.
	rounds=500
	fuzz_on pct+racing $folder/one/reserve_pct 1 &
	fuzz_on stock=100+racing $folder/one/stock 2 &
	fuzz_on stock=100+racing $folder/two/stock 3 &
	fuzz_on reset+racing $folder/two/reset 4 &
	i=0
	while [ $i -lt 25 ]; do
		expect 0 create 0 name=one budget=100 stock=10
		expect 0 create 1 name=two budget=100 flags=1
		say alloc 0 0 times=50
		say alloc 1 50 times=50
		usleep 5000
		say free 0 0 times=50
		say free 1 50 times=50
		expect 0 destroy 0
		expect 0 destroy 1
		i=$((i + 1))
	done
	expect 0 create 0 name=one budget=100
	expect 0 create 1 name=two budget=100
	rm /tmp/busy
	wait
	rounds=2000
	expect_nothing_amiss
	expect_written $folder/one/reserve_pct $folder/one/stock $folder/two/stock $folder/two/reset
	expect_no_violation
	expect_put_stock 0
}

run_tests
