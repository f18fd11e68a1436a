#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The command labyrinth on the live module: its output must match the tables.
. "${0%/*}/ktap.sh"
need_module lab_stub

# Run the command: its output is in $said, its exit status in $status.
run() { # ARGS...
	said=$(labyrinth "$@" 2>&1)
	status=$?
}

expect_said() { # STATUS TEXT
	expect_equal "status" "$status" "$1"
	expect_equal "said" "$said" "$2"
}

is_stocked() {
	[ "$(owner_cell nic-rx stocked)" -ge 6 ]
}

# Create owners with pages, refusals and violations.
some_owners() {
	expect 0 create 0 name=nic-rx budget=24 stock=8 flags=4
	expect 5 alloc 0 0 times=5 in=hardirq cpu=1
	expect 3 alloc 0 5 times=3 in=softirq
	expect 0 create 1 name=disk-tx budget=8 pct=-1
	expect 8 alloc 1 20 times=10
	say free 0 1
	say free 0 1
	wait_until is_stocked
}

# The cell of COLUMN in the row of NAME in $said.
said_cell() { # NAME COLUMN
	echo "$said" | awk -v name="$1" -v want="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["name"] == name { print $at[want] }'
}

# The rest of the line of $said that begins with NAME.
said_line() { # NAME
	echo "$said" | sed -n "s/^$1  *//p"
}

# Mount a file system of SIZE on /tmp/small.
small_disk() { # SIZE
	mkdir -p /tmp/small
	mount -t tmpfs -o size="$1" none /tmp/small
}

test_only_root_may_read() {
	said=$("$modules/setpriv" --reuid=65534 --regid=65534 --clear-groups labyrinth status 2>&1)
	status=$?
	expect_equal "status" "$status" 0
	expect_match "said" "$said" "debugfs     closed: Only root may read $lab.*"
	said=$("$modules/setpriv" --reuid=65534 --regid=65534 --clear-groups labyrinth pages 2>&1)
	status=$?
	expect_said 5 "labyrinth: Only root may read $lab."
}

test_a_module_of_another_version_is_warned_of() {
	local version

	version=$(cat /sys/module/labyrinth/version)
	run --version
	expect_said 0 "labyrinth $version"
	echo 0.9 >/tmp/version
	mount --bind /tmp/version /sys/module/labyrinth/version
	run --version
	expect_said 0 "labyrinth $version
labyrinth: The loaded module is version 0.9, this command is $version: use the same version of both."
	run status
	expect_equal "status" "$status" 0
	echo "$said" | grep -q "module is version 0.9" || fail "status does not warn: $said"
	umount /sys/module/labyrinth/version
}

test_unmounted_debugfs_is_reported() {
	umount /sys/kernel/debug
	run status
	mount -t debugfs debug /sys/kernel/debug
	expect_match "said" "$said" "debugfs     closed: debugfs is not mounted: run *"
	umount /sys/kernel/debug
	run pages
	mount -t debugfs debug /sys/kernel/debug
	expect_said 4 "labyrinth: debugfs is not mounted: run \"mount -t debugfs none /sys/kernel/debug\" as root."
}

test_missing_module_is_reported() {
	rmmod lab_stub
	rmmod labyrinth
	for command in status owners pages zones refusals violations verdicts advise dippers watch metrics "watch off" "watch --module=none" "whois 1" "save /tmp/none" "record /tmp/none"; do
		# shellcheck disable=SC2086 # words
		run $command
		expect_said 3 "labyrinth: The module labyrinth is not loaded: run \"modprobe labyrinth\" as root, or name a saved folder with --from."
	done
	[ ! -e /tmp/none ] || fail "a folder was created"
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
}

test_missing_owners_are_reported() {
	run owners
	expect_said 0 "No owners found."
	run status
	expect_equal "owners" "$(said_line owners)" 0
	run metrics
	expect_equal "status" "$status" 0
}

test_owners_match_the_table() {
	some_owners
	run owners
	for name in nic-rx disk-tx; do
		for column in owned budget stock peak from_reserve quarantined refused violations; do
			expect_equal "$column of $name" "$(said_cell $name $column)" \
				"$(owner_cell $name $column)"
		done
	done
	expect_equal "owned of nic-rx" "$(said_cell nic-rx owned)" 7
	expect_equal "refused of disk-tx" "$(said_cell disk-tx refused)" 1
	run owners --owner=disk-tx
	expect_equal "lines" "$(echo "$said" | wc -l)" 2
}

test_status_shows_the_totals() {
	some_owners
	run status
	expect_equal "owners" "$(said_line owners)" 2
	expect_match "versions" "$(said_line versions)" \
		"command [0-9]*, module [0-9]*, srcversion ?*, kernel $(uname -r)"
	expect_match "pages" "$(said_line pages)" "15 owned of 32, * for a stock of 8, 0 quarantined"
	expect_match "refusals" "$(said_line refusals)" \
		"$(table refusals seq); the last * ago: budget, disk-tx, by stub_call_once*"
	expect_match "violations" "$(said_line violations)" \
		"$(table violations seq); the last * ago: double_free, nic-rx, by stub_call_once*"
}

test_pages_match_the_table() {
	some_owners
	run pages --owner=nic-rx --state=owned
	expect_equal "owned" "$(echo "$said" | sed 1d | wc -l)" 7
	expect_equal "pfns" "$(echo "$said" | sed 1d | awk '{ print $1 }' | sort)" \
		"$(awk '$2 == "nic-rx" && $3 == "owned" { print $1 }' $lab/pages | sort)"
	run pages --older-than=1h
	expect_said 0 "No pages found."
	run pages --json
	expect_equal "objects" "$(echo "$said" | grep -c '"pfn":')" $(($(wc -l <$lab/pages) - 1))
}

test_zones_show_the_marks_of_the_table() {
	some_owners
	zone=$(table zones zone lowmem_reserve=0)
	run zones
	expect_match "gauge" "$(echo "$said" | sed -n "/ $zone:/,/high/p" | tail -n 1)" \
		"  3/8 $(table zones atomic_floor zone=$zone)  floor * (nic-rx, 50 %)  min $(table zones min zone=$zone)  low $(table zones low zone=$zone)  high $(table zones high zone=$zone)"
}

test_whois_finds_a_page_by_pfn_and_phys() {
	some_owners
	pfn=$(number pfn 2)
	for question in "pfn $pfn" "phys $((pfn * 4096 + 5))" "$pfn"; do
		# shellcheck disable=SC2086 # words
		run whois $question
		expect_equal "status" "$status" 0
		expect_equal "pfn of $question" "$(said_line pfn)" "$pfn"
		expect_equal "owner" "$(said_line owner)" nic-rx
		expect_equal "state" "$(said_line state)" owned
		expect_match "caller" "$(said_line caller)" "stub_call_once*"
	done
	run whois --json pfn "$pfn"
	expect_match "JSON" "$said" "{\"page\": {\"pfn\":$pfn,*\"owner\":\"nic-rx\",*"
	run whois pfn "$(number pfn 1)"
	expect_match "its past" "$said" "*double_free*"
	run whois pfn 99999999999
	expect_said 1 "labyrinth: There is no such page of memory."
}

test_refusals_violations_and_verdicts_match_the_tables() {
	some_owners
	run refusals --all --owner=disk-tx --reason=budget
	expect_equal "refusals" "$(echo "$said" | sed 1d | wc -l)" \
		"$(table refusals count owner=disk-tx reason=budget)"
	run violations --kind=double_free
	expect_equal "violations" "$(echo "$said" | sed 1d | wc -l)" \
		"$(table violations count kind=double_free)"
	run verdicts
	expect_match "verdicts" "$said" "*double_free: a page was given back that had been given back before*"
}

test_metrics_match_the_tables() {
	some_owners
	labyrinth metrics --output=/tmp/labyrinth.prom || fail "status $?"
	for line in \
		"labyrinth_owner_owned_pages{owner=\"nic-rx\",module=\"lab_stub\"} 7" \
		"labyrinth_owner_refused_total{owner=\"disk-tx\",module=\"lab_stub\",reason=\"budget\"} 1" \
		"labyrinth_owner_violations_total{owner=\"nic-rx\",module=\"lab_stub\",kind=\"double_free\"} 1" \
		"labyrinth_owner_could_sleep_total{owner=\"disk-tx\",module=\"lab_stub\"} $(owner_cell disk-tx could_sleep)"; do
		grep -qxF "$line" /tmp/labyrinth.prom || fail "not there: $line"
	done
}

# Without the ages, which advance.
test_saved_folder_gives_the_same_output() {
	some_owners
	rm -rf /tmp/saved
	labyrinth save /tmp/saved || fail "save: status $?"
	expect_equal "mode" "$(stat -c %a /tmp/saved)" 700
	for command in "owners" "pages --json" "violations --json"; do
		# shellcheck disable=SC2086 # words
		run $command
		was=$(echo "$said" | sed 's/"age_ms":[0-9]*//')
		# shellcheck disable=SC2086 # words
		run $command --from=/tmp/saved
		expect_equal "$command" "$(echo "$said" | sed 's/"age_ms":[0-9]*//')" "$was"
	done
	expect_equal "stats" "$(cat /tmp/saved/owner/nic-rx/stats)" "$(cat $lab/owner/nic-rx/stats)"
	run status --from=/tmp/saved
	expect_match "folder" "$(said_line folder)" "/tmp/saved, saved 20*Z"
	expect_equal "kernel" "$(sed -n 's/^kernel //p' /tmp/saved/saved)" "$(uname -r)"
	expect_equal "module" "$(sed -n 's/^module //p' /tmp/saved/saved)" "$(cat /sys/module/labyrinth/version)"
	expect_equal "min_free_kbytes" "$(sed -n 's/^min_free_kbytes //p' /tmp/saved/saved)" \
		"$(cat /proc/sys/vm/min_free_kbytes)"
	run save /tmp/saved
	expect_said 1 "labyrinth: /tmp/saved: File exists."
}

test_saved_folder_with_long_tables_is_complete() {
	expect 0 create 0 name=many budget=3000
	expect 3000 alloc 0 0 times=3000
	rm -rf /tmp/saved
	labyrinth save /tmp/saved || fail "save: status $?"
	expect_at_least "bytes" "$(stat -c %s /tmp/saved/pages)" 200000
	run pages --from=/tmp/saved --owner=many --state=owned
	expect_equal "pages" "$(echo "$said" | sed 1d | wc -l)" 3000
	small_disk 128k
	run save /tmp/small/saved
	expect_equal "status" "$status" 1
	expect_match "said" "$said" "labyrinth: /tmp/small/saved: *: No space left on device."
	[ ! -e /tmp/small/saved/saved ] || fail "the folder looks complete"
	umount /tmp/small
}

test_metrics_on_a_full_disk_keep_the_old_file() {
	some_owners
	small_disk 64k
	run metrics --output=/tmp/small/m
	expect_said 0 ""
	cp /tmp/small/m /tmp/small/was
	dd if=/dev/zero of=/tmp/small/fill bs=4k 2>/dev/null && fail "the disk is not full"
	run metrics --output=/tmp/small/m
	expect_said 1 "labyrinth: /tmp/small/m: No space left on device."
	cmp /tmp/small/m /tmp/small/was || fail "the file has changed"
	expect_equal "files" "$(ls -A /tmp/small | tr '\n' ' ')" "fill m was "
	umount /tmp/small
}

test_advise_names_the_needlessly_atomic_caller() {
	some_owners
	run advise
	expect_match "who" "$said" "*disk-tx of module lab_stub: asked the kernel 8 times atomically where it could sleep*"
	expect_match "where" "$said" "*; the last time by stub_call_once+* of module lab_stub: *"
	run advise --json
	expect_match "caller" "$said" "*\"caller\":\"stub_call_once+*\[lab_stub\]\",*"
}

test_status_shows_the_findings_of_the_last_audit() {
	rmmod lab_stub
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
	run status
	expect_equal "before" "$(said_line audits)" "0; \"echo 1 >$lab/audit_now\" looks for differences and orphans"
	expect 0 create 0 name=leaky budget=4
	expect 2 alloc 0 0 times=2
	say destroy 0
	echo 1 >$lab/audit_now
	run status
	expect_match "after" "$(said_line audits)" "1; the last * ago found 0 differences, 2 orphans"
}

test_recording_matches_the_tables() {
	some_owners
	rm -f /tmp/recording
	labyrinth record --count=3 --interval=50ms /tmp/recording || fail "status $?"
	expect_equal "lines" "$(wc -l </tmp/recording)" 5
	expect_match "head" "$(head -n 1 /tmp/recording)" "*\"kernel\":\"$(uname -r)\"*"
	expect_match "sample" "$(sed -n 4p /tmp/recording)" "*\"name\":\"nic-rx\",*\"owned\":7,*"
	expect_equal "refusals" "$(sed -n 2p /tmp/recording | grep -o '"reason":"' | wc -l)" \
		"$(($(wc -l <$lab/refusals) - 1))"
	expect_equal "refusals again" "$(sed -n 3p /tmp/recording | grep -o '"reason":"' | wc -l)" 0
	expect_match "end" "$(tail -n 1 /tmp/recording)" "*double_free*\"end\":true*"
	labyrinth report /tmp/recording >/tmp/report.html || fail "report: status $?"
	grep -q '<h3>nic-rx <small>lab_stub; budget 24' /tmp/report.html || fail "no nic-rx in the report"
}

# It keeps the tables open, so as to need no memory to open them.
test_recording_keeps_the_module_loaded() {
	rm -f /tmp/recording
	labyrinth record --interval=50ms /tmp/recording 2>/tmp/said &
	pid=$!
	wait_until grep -q '"ms"' /tmp/recording 2>/dev/null
	rmmod lab_stub
	! rmmod labyrinth 2>/dev/null || fail "it was unloaded"
	kill -TERM $pid
	wait $pid || fail "status $?: $(cat /tmp/said)"
	rmmod labyrinth || fail "it cannot be unloaded after the recording"
	tail -n 1 /tmp/recording | grep -q '"why":"interrupted"' || fail "no end: $(tail -c 100 /tmp/recording)"
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
}

test_commands_succeed_while_owners_come_and_go() {
	on_cpus $all_cpus
	rm -f /tmp/stop
	(while [ ! -e /tmp/stop ]; do
		say create 3 name=coming budget=8
		say alloc 3 40 times=4
		say free 3 40 times=4
		say destroy 3
	done) &
	for i in 1 2 3 4 5 6 7 8; do
		for command in status owners pages zones advise metrics "save /tmp/save$i"; do
			# shellcheck disable=SC2086 # words
			run $command
			expect_equal "status of $command" "$status" 0
		done
		run status --from=/tmp/save$i
		expect_equal "status of the saved one" "$status" 0
	done
	touch /tmp/stop
	wait
}

run_tests
