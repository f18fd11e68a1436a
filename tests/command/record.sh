# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: record.

record() { # OPTION...
	rm -f "$out/recording"
	recording=$out/recording
	labyrinth record --from="$folder" "$recording" "$@" >"$out/said" 2>&1
}

# Each line is JSON.
expect_lines() { # NR
	expect_equal "lines" "$(wc -l <"$recording")" "$1"
	python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]' <"$recording" 2>"$out/said" ||
		fail "$(tail -n 1 "$out/said")"
}

test_recording_contains_the_tables_and_new_reports() {
	local labyrinth=("$sanitized") i

	new_folder
	recording=$out/recording
	record --count=4 --interval=500ms &
	for ((i = 0; i < 50; i++)); do
		[ "$(wc -l 2>/dev/null <"$out/recording")" != 2 ] || break
		sleep 0.02
	done
	sed 's/^183 .*/&\n184 3 disk-tx budget task 0 0 DMA32 1 2 3 f+0x1\/0x2[m]/' "$here/dry/refusals" >"$folder/new"
	mv "$folder/new" "$folder/refusals"
	wait $! || fail "status $?: $(cat "$out/said")"
	expect_lines 6
	python3 - "$out/recording" "$here/dry/owners" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 2 "$out/said")"
		import json, sys
		head, *samples, words = [json.loads(l) for l in open(sys.argv[1])]
		assert (head["module"], head["command"]) == ("1.0", "1.0"), head
		assert head["kernel"] == "6.12.117+deb12-amd64" and head["min_free_kbytes"] == 1024, head
		names, *rows = [l.split() for l in open(sys.argv[2])]
		for sample in samples:
		    assert [[str(o[n]) for n in names] for o in sample["owners"]] == rows, sample["owners"]
		    assert len(sample["zones"]) == 2
		got = [[r["seq"] for r in s["refusals"]] for s in samples]
		assert got[0] == list(range(1, 184)) and sorted(sum(got[1:], [])) == [184], got
		assert [len(s["violations"]) for s in samples] == [4, 0, 0, 0]
		for n, sample in enumerate(samples):
		    assert sample["ms"] >= 500 * n, sample["ms"]
		assert words["end"] and words["why"] == "count" and "stock from" in words["advise"], words
		assert "double_free" in words["verdicts"], words
		assert [d["held"] for d in words["dippers"]] == [38, 14, 9, 5, 0, 0, 0], words["dippers"]
	EOP
	look <<-'EOP'
		assert "was interrupted" not in page
		wanted("dippers", [r[:8] for r in rows("Dippers")[2:4]], [
		    ["e1000_alloc_jumbo_rx_buffers+0x2c7/0x3b0", "e1000", "1", "GFP_ATOMIC|__GFP_NOWARN|__GFP_COMP",
		        "softirq", "11", "22", "14"],
		    ["e1000_clean_jumbo_rx_irq+0x188/0x6a0", "e1000", "0", "GFP_ATOMIC|__GFP_NOWARN", "softirq", "57", "57", "9"]])
		wanted("violations", [r[4] for r in rows("Violations")[1:] if r[3] == "nic-rx"],
		    ["freed_behind, caught in the act", "double_free"])
	EOP
}

test_interrupted_recording_is_complete() {
	local signal

	new_folder
	for signal in INT TERM HUP; do
		rm -f "$out/recording"
		# A shell's background commands ignore SIGINT, and those of nohup SIGHUP.
		python3 - "$signal" "${labyrinth[@]}" record --from="$folder" --interval=1h "$out/recording" <<-'EOP' ||
			import os, signal, subprocess, sys, time
			sent = getattr(signal, "SIG" + sys.argv[1])
			child = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL))
			while child.poll() is None and (not os.path.exists(sys.argv[-1]) or open(sys.argv[-1]).read().count("\n") < 2):
			    time.sleep(.02)
			child.send_signal(sent)
			try:
			    sys.exit(child.wait(5))
			finally:
			    child.kill()
		EOP
			fail "$signal: status $?"
		recording=$out/recording
		expect_lines 3
		grep -q '"end":true,"why":"interrupted"}$' "$recording" || fail "$signal: $(tail -c 100 "$recording")"
	done
}

test_killed_recording_is_readable() {
	new_folder
	rm -f "$out/recording"
	(timeout -s KILL 0.7 "$plain" record --from="$folder" --interval=10ms "$out/recording"; true) 2>/dev/null
	recording=$out/recording
	[ "$(wc -l <"$recording")" -gt 10 ] || fail "lines: $(wc -l <"$recording")"
	look <<<'assert "The recording was interrupted" in page'
}

test_recording_lasts_for_the_given_time() {
	local lines

	new_folder
	record --time=300ms --interval=100ms || fail "status $?"
	# A busy machine takes fewer samples.
	lines=$(wc -l <"$recording")
	[ "$lines" -ge 4 ] && [ "$lines" -le 6 ] || fail "$lines lines"
	grep -q '"why":"time"' "$recording" || fail "$(tail -c 100 "$recording")"
}

test_full_disk_leaves_no_partial_line() {
	new_folder
	(
		ulimit -f 40
		trap '' XFSZ
		record --interval=10ms
	)
	expect_equal "status" $? 1
	recording=$out/recording
	expect_equal "said" "$(sed 's/full: .*/full/' "$out/said")" "labyrinth: $recording: No space left on device."
	expect_lines "$(wc -l <"$recording")"
	[ -z "$(tail -c 1 "$recording" | tr -d '\n')" ] || fail "the last line is incomplete"
}

test_existing_file_is_not_overwritten() {
	new_folder
	record --count=1
	labyrinth record --from="$folder" --count=1 "$recording" 2>"$out/said"
	expect_equal "status" $? 1
	expect_equal "said" "$(cat "$out/said")" "labyrinth: $recording: File exists."
	expect_lines 3
	rm "$recording" "$folder/owners"
	labyrinth record --from="$folder" --count=1 "$recording" 2>"$out/said"
	expect_equal "status" $? 6
	[ ! -e "$recording" ] || fail "a file is left"
}

# The table of pages is invalid, so reading it would fail.
test_record_reads_no_pages() {
	new_folder
	echo "no table" >"$folder/pages"
	record --count=2 --interval=10ms || fail "status $?: $(cat "$out/said")"
	grep -q 'stock from' "$recording" || fail "no words"
}

# The interval is counted from the time a sample is due, not from the time it is done.
test_samples_do_not_drift() {
	new_folder
	record --count=40 --interval=50ms
	python3 - "$recording" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 1 "$out/said")"
		import json, sys
		late = sorted(json.loads(l)["ms"] % 50 for l in list(open(sys.argv[1]))[1:-1])
		assert len(late) == 40 and late[20] < 20, late
	EOP
}

test_stopped_record_continues_to_wait() {
	local pid

	new_folder
	rm -f "$out/recording"
	"$plain" record --from="$folder" --interval=2s --count=2 "$out/recording" &
	pid=$!
	sleep 0.5
	kill -STOP $pid
	sleep 0.2
	kill -CONT $pid
	wait $pid || fail "status $?"
	python3 -c 'import json, sys
ms = json.loads(list(open(sys.argv[1]))[2])["ms"]
assert ms >= 2000, ms' "$out/recording" 2>"$out/said" || fail "$(tail -n 1 "$out/said")"
}

# Neither the folder nor the recording may get the descriptor of a closed stream.
test_record_works_with_closed_streams() {
	local pid

	new_folder
	recording=$out/recording
	rm -f "$recording"
	labyrinth record --from="$folder" --count=1 "$recording" >&-
	expect_equal "status" $? 0
	expect_lines 3
	grep -q 'double_free.*stock from' "$recording" || fail "no words: $(tail -n 1 "$recording" | head -c 200)"
	rm "$recording"
	"$plain" record --from="$folder" --interval=10ms "$recording" >&- 2>&- &
	pid=$!
	sleep 0.3
	rm "$folder/owners"
	wait $pid
	expect_equal "status" $? 6
	expect_lines "$(wc -l <"$recording")"
}

test_invalid_times_and_counts_are_refused() {
	new_folder
	record --interval=9ms --time=0
	expect_equal "status" $? 2
	expect_equal "said" "$(cat "$out/said")" "labyrinth: --interval must be at least 10ms."
	record --count=0
	expect_equal "status" $? 2
	record --interval=999999999d --time=0 || fail "status $?"
	expect_lines 3
}

# 52 MiB; the last lines are reserved for advice and verdicts.
test_full_recording_ends_and_is_readable() {
	new_folder
	awk 'NR == 1; NR == 2 { for (i = 1; i <= 8000; i++) { $1 = i; $2 = "owner-" i; print } }' \
		"$here/dry/owners" >"$folder/new"
	mv "$folder/new" "$folder/owners"
	record --interval=10ms || fail "status $?"
	expect_equal "said" "$(cat "$out/said")" "labyrinth: The recording has reached its greatest size and ends here."
	tail -n 1 "$recording" | grep -q '"end":true,"why":"size"}$' || fail "$(tail -n 1 "$recording" | tail -c 100)"
	[ "$(stat -c %s "$recording")" -gt $((48 << 20)) ] || fail "$(stat -c %s "$recording") bytes"
	labyrinth report "$recording" >"$out/page.html" || fail "report: status $?"
	rm -f "$recording"
}
