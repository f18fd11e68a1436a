#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run tools/drgn/labyrinth.py on the live kernel, and save the tables for a core of it.
. "${0%/*}/ktap.sh"
need_module lab_stub
script=$modules/drgn/labyrinth.py

python() {
	/usr/bin/python3 -B "$@"
}

# Run the script: its output is in $said, its exit status in $status.
run() { # ARGS...
	said=$(python "$script" --module="$modules/labyrinth.ko" "$@" 2>&1)
	status=$?
}

expect_said() { # STATUS PATTERN
	expect_equal "status" "$status" "$1"
	expect_match "said" "$said" "$2"
}

# A table without the ages, which change by themselves.
without_ages() {
	awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "age_ms") age = i; else if ($i == "use") use = i }
		NR > 1 { if (age) $age = "-"; if (use) $use = "-" }
		{ print }'
}

# Expect the script and debugfs to print the same. Retry while a worker changes the table.
expect_same() { # TABLE
	local before='' after=x tries=0

	while [ "$before" != "$after" ] && [ $((tries += 1)) -lt 10 ]; do
		before=$(without_ages <$lab/$1)
		run "$1"
		after=$(without_ages <$lab/$1)
	done
	expect_equal "status" "$status" 0
	expect_equal "$1" "$(echo "$said" | without_ages)" "$after"
}

some_owners() {
	expect 0 create 0 name=nic-rx budget=24 stock=8 flags=4
	expect 5 alloc 0 0 times=5 in=hardirq cpu=1
	expect 3 alloc 0 5 times=3 in=softirq
	expect 0 create 1 name=disk-tx budget=8 pct=-1
	expect 8 alloc 1 20 times=10
	expect 2 getref 21
	expect 0 free 1 21
	expect 0 create 2 name=zeroes budget=500 flags=1
	expect 40 alloc 2 40 times=40 in=hardirq cpu=0
	expect 0 free 2 40 times=20
	expect 0 create 3 name=lost
	expect 3 alloc 3 30 times=3
	expect 3 destroy 3
	expect 0 transfer 0 2 0
	expect 0 transfer 0 2 2
	expect 0 free 2 2
	expect 0 create 4 name=scoped scope=2 pct=100
	say free 0 1
	say free 0 1
}

test_missing_module_is_reported() {
	rmmod lab_stub
	rmmod labyrinth
	run owners
	expect_said 3 "labyrinth.py: The module labyrinth is not loaded in that kernel, $(uname -r)."
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
}

test_only_root_may_read() {
	said=$("$modules/setpriv" --reuid=65534 --regid=65534 --clear-groups \
		/usr/bin/python3 -B "$script" owners 2>&1)
	status=$?
	expect_said 5 "labyrinth.py: Only root may read /proc/kcore: run this command as root."
}

test_owners_without_owners_prints_only_the_column_names() {
	expect_same owners
	expect_equal "lines" "$(echo "$said" | wc -l)" 1
}

test_owners_and_pages_match_debugfs() {
	some_owners
	expect_same owners
	expect_equal "lines" "$(echo "$said" | wc -l)" 5
	first=$(table pages age_ms owner=disk-tx)
	expect_same pages
	for state in owned ready quarantined orphan; do
		expect_match "a page that is $state" "$said" "* $state *"
	done
	age=$(echo "$said" | awk '$2 == "disk-tx" { age = $4 } END { print age }')
	expect_at_least "age" "$age" "$first"
	expect_at_most "age" "$age" "$(table pages age_ms owner=disk-tx)"
	run pages --owner=disk-tx
	expect_equal "pages of one" "$(echo "$said" | without_ages)" \
		"$(without_ages <$lab/owner/disk-tx/pages)"
}

test_orphans_of_an_unloaded_module_match_debugfs() {
	some_owners
	expect 0 leave 1
	rmmod lab_stub
	expect_same pages
	expect_match "orphans" "$said" "* lost orphan *"
	insmod "$modules/lab_stub.ko"
}

# The host takes the core after "now", and then answers.
test_core_is_taken() {
	insmod "$modules/qemu_fw_cfg.ko" || fail "no qemu_fw_cfg"
	some_owners
	sleep 2
	echo 1 >$lab/audit_now
	for name in owners pages; do
		sed "s/^/# $name| /" $lab/$name
	done >/dev/ttyS1
	echo "# now" >/dev/ttyS1
	read -r answer </dev/ttyS2
	expect_equal "answer" "$answer" "go on"
}

run_tests
