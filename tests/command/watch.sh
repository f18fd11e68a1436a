# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: dippers and watch. What they write to the live folder is in FILE.written.

# Run the command on $folder as on debugfs: its output is in $said, its exit status in $status.
run_live() { # ARG...
	rm -f "$folder"/*.written
	said=$(LIVE_FOLDER=$folder "$redirected" "$@" 2>&1 </dev/null)
	status=$?
}

written() { # FILE
	cat "$folder/$1.written" 2>/dev/null
}

test_dippers_without_a_watch_tell_how_to_watch() {
	new_folder
	echo off >"$folder/watch"
	run dippers --from="$folder"
	expect_equal "lines" "$status $(wc -l <<<"$said")" "0 9"
	[[ $said = *"no longer watched"* ]] || fail "it is not said that the figures are old: $said"
	sed -i 1q "$folder/dippers"
	run dippers --from="$folder"
	expect_equal "off" "$status $said" \
		'1 labyrinth: Dippers are not watched: "labyrinth watch reserve" starts to count them.'
	echo unsupported >"$folder/watch"
	run dippers --from="$folder"
	expect_equal "unsupported" "$status $said" \
		"1 labyrinth: Nothing can be watched: the kernel is built without tracepoints."
	echo reserve >"$folder/watch"
	run dippers --from="$folder"
	expect_equal "none" "$status $said" "0 No callers found."
	run dippers --from="$folder" --json
	expect_equal "none, as JSON" "$status $said" "0 []"
}

test_json_of_dippers_has_each_cell_and_the_parts_of_callers() {
	labyrinth dippers --from="$here/dry" --json >"$out/json"
	python3 - "$here/dry/dippers" "$out/json" <<-'EOP' >"$out/said" 2>&1 || fail "$(tail -n 3 "$out/said")"
		import json, sys
		names, *rows = [line.split() for line in open(sys.argv[1])]
		got = json.load(open(sys.argv[2]))
		assert all(set(one) == {*names, "function", "module"} for one in got)
		cells = [["-" if one[n] is None else str(one[n]) for n in names] for one in got]
		assert sorted(cells) == sorted(rows), cells
		assert cells == sorted(cells, key=lambda c: (-int(c[5]), -int(c[4]))), cells
		for one in got:
		    module = f"[{one['module']}]" if one["module"] else ""
		    assert one["caller"] == one["function"] + module, one
	EOP
}

test_invalid_mode_is_refused_with_its_file() {
	new_folder
	printf 'Re serve\n' >"$folder/watch"
	expect_refused watch status '1: "Re serve" is nothing to watch.'
	: >"$folder/watch"
	expect_refused watch watch "1: There is no word."
	new_folder
	sed -i 's/ held=/ held /' "$folder/watch_module"
	expect_refused watch_module status '1: "held" is no key=value.'
	new_folder
	sed -i '1s/ held / holds /' "$folder/dippers"
	expect_refused dippers dippers '1: There is no column "held", and this command needs it.'
}

test_status_names_what_is_watched() {
	new_folder
	echo off >"$folder/watch"
	[[ $(labyrinth status --from="$folder") != *$'\nwatch '* ]] || fail "nothing is watched"
	echo free >"$folder/watch"
	expect_equal "free" "$(labyrinth status --from="$folder" | grep ^watch)" \
		"watch       free: frees of labyrinth's pages by others"
	sed -i 's/ on=0 / on=1 /' "$folder/watch_module"
	expect_equal "a module as well" "$(labyrinth status --from="$folder" | grep ^watch)" \
		"watch       free: frees of labyrinth's pages by others; the module e1000"
	echo unsupported >"$folder/watch"
	expect_equal "a module" "$(labyrinth status --from="$folder" | grep ^watch)" \
		"watch       the module e1000"
}

test_watch_sets_a_mode() {
	local mode

	new_folder
	for mode in off free reserve all; do
		run_live watch $mode
		expect_equal "$mode" "$status $said $(written watch)" "0  $mode"
	done
	for mode in on Reserve '' "$nasty"; do
		run_live watch "$mode"
		expect_equal "status of '$mode'" "$status" 2
		[[ $said = 'labyrinth: There is no mode "'*'": off, free, reserve or all.' ]] ||
			fail "'$mode': $said"
		expect_equal "written for '$mode'" "$(written watch)" ""
	done
}

test_watch_counts_a_module_for_the_given_time() {
	local begun

	new_folder
	sed -i 's/=e1000 /=none_such /' "$folder/watch_module"
	begun=${EPOCHREALTIME/./}
	run_live watch --module=none-such --time=300ms
	[ $((${EPOCHREALTIME/./} - begun)) -ge 300000 ] || fail "it took $((${EPOCHREALTIME/./} - begun)) us"
	expect_equal "status and written" "$status $(written watch_module)" "0 none_such-"
	expect_equal "note" "${said%%$'\n'*}" \
		"labyrinth: The module none_such is not loaded yet: its requests are counted as soon as it is."
	expect_equal "the rest" "${said#*$'\n'}" \
		"$(labyrinth watch --from="$folder" --module=none_such)"
	run_live watch --module=none_such --time=0 --json
	sed 1d <<<"$said" | python3 -m json.tool >/dev/null 2>&1 || fail "no JSON: $said"
}

test_a_signal_ends_the_watch_and_prints_the_figures() {
	local signal

	new_folder
	for signal in INT TERM HUP; do
		rm -f "$folder"/*.written
		# A shell's background commands ignore SIGINT, and those of nohup SIGHUP.
		LIVE_FOLDER=$folder python3 - "$signal" "$redirected" watch --module=e1000 --time=1h \
			<<-'EOP' >"$out/said" 2>&1 || fail "$signal: status $?: $(cat "$out/said")"
			import os, signal, subprocess, sys, time
			sent = getattr(signal, "SIG" + sys.argv[1])
			child = subprocess.Popen(sys.argv[2:], preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL))
			while child.poll() is None and not os.path.exists(os.environ["LIVE_FOLDER"] + "/watch_module.written"):
			    time.sleep(.02)
			child.send_signal(sent)
			try:
			    sys.exit(child.wait(20))
			finally:
			    child.kill()
		EOP
		expect_equal "written, $signal" "$(written watch_module)" "e1000-"
		grep -q '^budget  *259 pages$' "$out/said" || fail "$signal: $(cat "$out/said")"
	done
}

test_a_watch_that_fails_is_ended_as_well() {
	new_folder
	sed -i '$s/ 1042 / many /' "$folder/takers"
	cp "$folder/takers" "$out/takers"
	cp "$here/dry/takers" "$folder/takers"
	# The table is damaged while the command waits.
	{ sleep 0.5; mv "$out/takers" "$folder/takers"; } &
	run_live watch --module=e1000 --time=1500ms
	wait
	expect_equal "status and written" "$status $(written watch_module)" "6 e1000-"
	[[ $said = *"takers:3: \"many\" is no number for \"times\"." ]] || fail "$said"
}

test_a_module_that_is_watched_already_is_left_alone() {
	new_folder
	sed -i 's/ on=0 / on=1 /' "$folder/watch_module"
	run_live watch --module=tg3 --time=0
	expect_equal "status and written" "$status $(written watch_module)" "1 "
	expect_equal "said" "$said" \
		"labyrinth: The module e1000 is being measured already: \"echo - >/sys/kernel/debug/labyrinth/watch_module\" ends that."
	echo unsupported >"$folder/watch"
	run_live watch --module=tg3 --time=0
	expect_equal "unsupported" "$status $said $(written watch_module)" \
		"1 labyrinth: Nothing can be watched: the kernel is built without tracepoints. "
}

# The lines of "watch" about the module e1000 that begin with WORD.
about() { # WORD
	labyrinth watch --from="$folder" --module=e1000 | grep "^$1"
}

test_watch_tells_what_its_figures_mean() {
	new_folder
	sed -i 's/ stock=3 / stock=0 /; s/ reserve_pct=41/ reserve_pct=0/' "$folder/watch_module"
	expect_equal "no refusal" "$(about stock)" "stock        0 pages: no refusal was seen"
	expect_equal "some below min" "$(about reserve_pct)" "reserve_pct  1: less than a percent was used"
	sed -i '2,$s/ 0 [0-9]* [0-9]* [0-9]* \([0-9]* [^ ]*\)$/ 0 0 0 0 \1/' "$folder/takers"
	expect_equal "none below min" "$(about reserve_pct)" \
		"reserve_pct  LABYRINTH_RESERVE_NONE: no page came from below min"
	sed -i '2,$s/ - 0 / - 7 /' "$folder/takers"
	expect_equal "unseen" "$(about peak)" \
		"peak         256 pages at once or more, as the free of 14 pages could not be seen; 96 held at the end"
	expect_equal "budget of unseen" "$(about budget)" "budget       259 pages or more"
	sed -i '2s/^0 /2 /' "$folder/takers"
	expect_equal "large" "$(about large)" \
		"large        388 of the pages by requests of higher orders, which labyrinth does not serve"
	sed -i 1q "$folder/takers"
	expect_equal "nothing" "$(labyrinth watch --from="$folder" --module=e1000)" \
		"module       e1000, watched for 10.0s
taken        nothing: there was no request that may not sleep"
	: >"$folder/watch_module"
	run watch --from="$folder" --module=e1000
	expect_equal "never" "$status $said" "1 labyrinth: $folder/watch_module: No module was measured."
}
