# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: top and its keys, in terminals of tmux. screens/ has whole screens.

pane() { # TMUX-COMMAND...
	tmux -S "$tmux_dir/socket" -f /dev/null "$@"
}

# Start COMMAND in a terminal of its own; the shell there prints its exit status at the end.
start() { # COLUMNSxLINES COMMAND...
	local size=$1

	shift
	tmux_dir=$(mktemp -d)
	pane new-session -d -x "${size%x*}" -y "${size#*x}" "cd $here; stty -g >$tmux_dir/before
		$*; status=\$?; stty -g >$tmux_dir/after; echo \"ended with \$status\"; exec sleep 1000" 2>"$tmux_dir/log" ||
		fail "tmux: $(cat "$tmux_dir/log")"
}

# SIGKILL, because LeakSanitizer may hang on the SIGCONT that comes with SIGHUP.
stop() {
	pkill -KILL -P "$(pane display-message -p '#{pane_pid}')"
	pane kill-server 2>/dev/null
	rm -rf "$tmux_dir"
}

# Wait until a line of the screen matches PATTERN, for at most 20 seconds.
see() { # PATTERN
	local end=$((SECONDS + 20))

	until pane capture-pane -p >"$out/screen" 2>&1 && grep -q -e "$1" "$out/screen"; do
		[ $SECONDS -le $end ] || { fail "not seen: $1"$'\n'"$(cat "$out/screen")"; return 1; }
		sleep 0.01
	done
}

# Send keys, and wait until the screen matches PATTERN.
press() { # PATTERN KEY...
	local pattern=$1

	shift
	pane send-keys "$@"
	see "$pattern"
}

# The listed owners, in their order.
listed() {
	sed -n '/^NAME /,/^Last ref\|LAST REF/{/^NAME /d; /^Last ref\|LAST REF/d; /./!d; s/ .*//p}' "$out/screen" | tr '\n' ' '
}

expect_listed() { # WHAT NAME...
	local what=$1 end=$((SECONDS + 20))

	shift
	until [ "$(listed)" = "$* " ] || [ $SECONDS -gt $end ]; do
		pane capture-pane -p >"$out/screen"
	done
	expect_equal "$what" "$(listed)" "$* "
}

expect_screen() { # FILE PATTERN
	see "$2" || return
	[ -z "${accept-}" ] || cp "$out/screen" "$here/screens/$1"
	diff -u "$here/screens/$1" "$out/screen" >"$out/diff" || fail "$1: $(sed 1,2d "$out/diff")"
}

expect_restored() { # STATUS
	see "^ended with $1$"
	expect_equal "the terminal's settings" "$(cat "$tmux_dir/after")" "$(cat "$tmux_dir/before")"
	expect_equal "the other screen" "$(pane display-message -p '#{alternate_on} #{cursor_flag}')" "0 1"
}

# ---- saved folders

test_top_shows_a_saved_folder_on_screens_of_each_size() {
	local size

	for size in 80x24 160x50 40x10; do
		start $size "$checked" top --from=dry
		expect_screen "owners-$size" "^h help"
		press "^q back" Down Down p
		expect_screen "pages-$size" "^6 pages\|^13 pages"
		press "^Any key\|^space" h
		expect_screen "help-$size" "^labyrinth top$"
		stop
	done
	start 80x24 "$checked" top --from=older
	expect_screen "older-80x24" "^h help"
	press "^q back" p
	stop
}

test_top_shows_dippers_only_while_they_are_watched() {
	new_folder
	start 80x24 "$checked" top --from="$folder"
	see "38 *214 *3 *45 *0 softirq *e1000_alloc"
	stop
	sed -i 1q "$folder/dippers"
	start 80x24 "$checked" top --from="$folder"
	see "Dippers: none$"
	stop
	echo free >"$folder/watch"
	start 80x24 "$checked" top --from="$folder"
	see "LAST VIOLATIONS"
	! grep -qi DIPPER "$out/screen" || fail "dippers are shown: $(cat "$out/screen")"
	stop
}

test_top_follows_the_size_of_its_terminal() {
	start 80x24 "$checked" top --from=dry
	see "VIOL$"
	pane resize-window -x 160 -y 50
	see "MODULE"
	expect_screen "owners-160x50" "^h help"
	pane resize-window -x 20 -y 3
	sleep 0.2
	pane resize-window -x 80 -y 24
	see "VIOL$"
	expect_screen "owners-80x24" "^h help"
	press "^ended with 0$" q
	stop
}

test_top_sorts_by_any_column_in_both_directions() {
	start 160x50 "$checked" top --from=dry
	see "by OWNED/BUDGET$"
	expect_listed "by owned" lab_sample.consumer disk-tx nic-rx lab_sample.producer
	press "by READY/STOCK$" s
	expect_listed "by ready" lab_sample.producer nic-rx lab_sample.consumer disk-tx
	press "by READY/STOCK, reversed$" r
	expect_listed "by ready, reversed" lab_sample.consumer disk-tx nic-rx lab_sample.producer
	press "by OWNED/BUDGET, reversed$" "<"
	press "by OWNED/BUDGET$" R
	press "by NAME$" N
	expect_listed "by name" disk-tx lab_sample.consumer lab_sample.producer nic-rx
	press "by MODULE$" "<"
	expect_listed "by module" lab_sample.producer lab_sample.consumer nic-rx disk-tx
	press "by NAME$" ">"
	press "by VIOL$" V
	expect_listed "by violations" nic-rx lab_sample.producer lab_sample.consumer disk-tx
	press "by REFUS/s$" F
	press "by ALLOCS/s$" P
	press "by OWNED/BUDGET$" M
	stop
}

test_top_shows_only_lines_that_match_the_filter() {
	start 80x24 "$checked" top --from=dry
	see "^h help"
	press "^Show only: SAMPLE_" / SAMPLE
	expect_listed "while it is typed" lab_sample.consumer lab_sample.producer
	press "^h help.*/SAMPLE$" Enter
	grep -q "sample_tick" "$out/screen" || fail "no refusals are shown"
	! grep -q "double_free" "$out/screen" || fail "violations of other owners are shown"
	press "^Show only: SAMPLE.none_" / .none
	press "No owners found" Enter
	press "No owners found" Up Down PageDown p
	press "^Show only: SAM_" / BSpace BSpace BSpace BSpace BSpace BSpace BSpace BSpace
	press "^h help.*BUDGET$" Escape
	expect_listed "after Escape" lab_sample.consumer disk-tx nic-rx lab_sample.producer
	stop
}

test_top_moves_through_owners_and_their_pages() {
	start 80x24 "$checked" top --from=dry
	see "^h help"
	press "pages of lab_sample.producer" End Enter
	press "pages of lab_sample.consumer" q Home p
	see "^232 pages$"
	pane send-keys PageDown PageDown Down
	press "by CONTEXT$" s
	press "by AGE$" "<"
	press "^Show only: none such_" / "none such"
	press "^q back.*/none such$" Enter
	expect_equal "lines" "$(grep -c owned "$out/screen")" 0
	press "^h help" p
	press "^ended with 0$" q
	stop
}

test_top_takes_interval_and_order_from_its_options() {
	new_folder
	start 80x24 env LIVE_FOLDER="$folder" "$redirected" top --interval=500ms --sort=refused --reverse
	see "every 0.5 s" && see "by REFUS/s, reversed"
	press "every 3 s" d 3 Enter
	stop
	start 80x24 "$checked" top --from=dry -s name
	see "by NAME" && expect_listed "by name" disk-tx lab_sample.consumer lab_sample.producer nic-rx
	stop
}

test_top_uses_colours_unless_no_color_is_set() {
	local colour

	for colour in '' 'NO_COLOR=1'; do
		start 80x24 env "$colour" "$checked" top --from=dry
		see "^h help"
		pane capture-pane -p -e >"$out/screen"
		if [ -n "$colour" ]; then
			! grep -qE $'\033''\[([0-9]+;)*[34][0-8]' "$out/screen" || fail "colours in spite of NO_COLOR"
		else
			grep -q $'\033''\[33m' "$out/screen" || fail "no colour"
		fi
		stop
	done
}

test_top_restores_the_terminal() {
	local signal

	for signal in none:0 TERM:143 HUP:129 INT:130 QUIT:131; do
		start 80x24 "$plain" top --from=dry
		see "^h help"
		expect_equal "its screen" "$(pane display-message -p '#{alternate_on}')" 1
		if [ "$signal" != none:0 ]; then
			kill "-${signal%:*}" "$(pgrep -P "$(pane display-message -p '#{pane_pid}')")"
		else
			pane send-keys q
		fi
		expect_restored "${signal#*:}"
		stop
	done
}

# Send keys once top reads them: a terminal drops most of those that come before. The keys open
# and close the help; top takes an even number of keys between two screens, so that one screen in
# three shows it.
keys_without_end() {
	until grep -q "h help" "$out/flood"; do
		sleep 0.1
	done
	yes hjj | tr -d '\n' | head -c 20000000
}

test_top_handles_a_signal_while_keys_keep_coming() {
	local begun=$SECONDS top

	: >"$out/flood"
	keys_without_end | TERM=xterm script -qfc "echo \$\$ >$out/pid; exec $plain top --from=$here/dry" \
		/dev/null >"$out/flood" 2>&1 &
	until [ -s "$out/pid" ] && grep -q "Any key: back" "$out/flood"; do
		[ $((SECONDS - begun)) -le 60 ] || { fail "top did not start"; break; }
		sleep 0.1
	done
	top=$(cat "$out/pid")
	kill -TERM "$top"
	begun=$SECONDS
	while kill -0 "$top" 2>/dev/null; do
		[ $((SECONDS - begun)) -le 20 ] || { fail "top still runs"; kill -KILL "$top"; break; }
		sleep 0.1
	done
	wait
}

test_top_reports_an_unsuitable_terminal() {
	expect_equal "in a pipe" "$(labyrinth top --from="$here/dry" 2>&1 </dev/null)" \
		'labyrinth: "top" needs a terminal: use "owners", "zones" or "refusals" instead.'
	labyrinth top --from="$here/dry" >/dev/null 2>&1
	expect_equal "status" $? 2
	[[ $(on_a_terminal "env TERM=dumb $plain top --from=$here/dry") == *'cannot draw on a terminal of type "dumb"'* ]] ||
		fail "a dumb terminal is drawn on"
	[[ $(on_a_terminal "env TERM=none-such $plain top --from=$here/dry") == *'cannot draw on a terminal of type "none-such"'* ]] ||
		fail "an unknown terminal is drawn on"
}

test_top_ends_with_an_error_for_a_broken_table_of_pages() {
	new_folder
	sed -i '$s/ [0-9]* - / x - /' "$folder/pages"
	start 160x24 "$checked" top --from="$folder"
	press "pages:[0-9]*: \"x\" is no number for \"from_reserve\"" p
	expect_restored 6
	stop
	new_folder
	truncate -s -5 "$folder/pages"
	start 160x24 "$checked" top --from="$folder"
	press "pages:[0-9]*: The line is cut off" p
	expect_restored 6
	stop
	new_folder
	rm "$folder/pages"
	mkfifo "$folder/pages"
	start 160x24 "$checked" top --from="$folder"
	press "pages: This is no ordinary file" p
	expect_restored 6
	stop
	new_folder
	rm "$folder"/{pages,zones,refusals,violations,saved}
	start 80x24 "$checked" top --from="$folder"
	press "^0 pages" p
	stop
}

# ---- many pages

# Measure the milliseconds from KEY until PATTERN is seen, of which tmux takes about 5.
time_key() { # PATTERN KEY
	local begun=${EPOCHREALTIME/./} took

	press "$@"
	took=$(((${EPOCHREALTIME/./} - begun) / 1000))
	printed+="$2 $took ms, "
	times+=("$took")
}

test_top_usually_redraws_within_500_ms_of_a_key_with_100000_pages() {
	local size times=() printed usual

	cp -r "$here/dry" "$out/crowd"
	awk 'BEGIN { print "pfn owner state age_ms context cpu node zone from_reserve stack caller"
		for (i = 0; i < 100000; i++)
			print i, "nic-rx", "owned", i * 7919 % 100003, "task", 0, 0, "DMA32", 0, "-", "f" i % 13 "+0x1/0x2[m]" }' \
		>"$out/crowd/pages"
	for size in 80x24 160x50; do
		printed=''
		start $size "$plain" top --from="$out/crowd"
		see "^h help"
		pane send-keys Down Down
		time_key "pages of nic-rx" p
		see "^100000 pages$"
		time_key "by CONTEXT$" s
		time_key "by AGE$" "<"
		time_key "reversed$" r
		time_key "AGE$" r
		time_key " 0ms task" End
		time_key "Show only" /
		time_key "only: 7_" 7
		time_key "/7$" Enter
		time_key "^h help" q
		stop
		echo "# $size, 100,000 pages, from key to screen: ${printed%, }"
	done
	# More pages than top keeps.
	awk 'NR > 1 && NR <= 40001' "$out/crowd/pages" >>"$out/crowd/pages.more"
	cat "$out/crowd/pages.more" >>"$out/crowd/pages"
	start 80x24 "$plain" top --from="$out/crowd"
	see "^h help"
	pane send-keys Down Down
	press "^140000 pages, of which 131072 are shown" p
	press "^q back" End
	stop
	usual=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((${#times[@]} + 1) / 2))p")
	[ "$usual" -le 500 ] || fail "the median is $usual ms"
}

# ---- live

# Start top on $folder in place of debugfs.
start_live() { # SIZE
	start "$1" env LIVE_FOLDER="$folder" "$redirected" top
}

# Add 500 allocations and 100 refusals per second to disk-tx, as debugfs would show them.
go_on() {
	local begun=${EPOCHREALTIME/./} allocs

	while :; do
		allocs=$((8 + (${EPOCHREALTIME/./} - begun) / 2000))
		sed "s/^4 disk-tx .*/4 disk-tx lab_stub owner 8 8 0 0 8 0 $allocs 0 $((allocs / 5)) 0 0 0 2688 8/" \
			"$here/dry/owners" >"$out/owners" && mv "$out/owners" "$folder/owners"
		sleep 0.1
	done
}

test_top_shows_rates_pauses_and_reads_pages_only_on_request() {
	local rate was others

	new_folder
	printf "no table" >"$folder/pages"
	go_on &
	others=$!
	start_live 80x24
	see "every 2 s"
	press "^Seconds between updates (2): 0.5_" d 0.5
	press "every 0.5 s" Enter
	press "by ALLOCS/s" P
	see "^disk-tx .* [0-9][0-9][0-9] *[0-9.]*  *0$" &&
		expect_equal "the first" "$(listed | cut -d ' ' -f 1)" disk-tx
	sleep 1
	pane capture-pane -p >"$out/screen"
	rate=$(awk '$1 == "disk-tx" { print $5; exit }' "$out/screen")
	[ "${rate%.*}" -ge 350 ] && [ "${rate%.*}" -le 650 ] || fail "allocs/s: $rate"
	press "PAUSED" Space
	was=$(head -n 1 "$out/screen")
	sleep 1.2
	see "PAUSED" && expect_equal "when paused" "$(head -n 1 "$out/screen")" "$was"
	press "every 0.5 s$" Space
	press "^The delay must be from 0.1 to 3600 seconds" d 0 Enter
	press "pages:1: The line is cut off" p
	expect_restored 6
	kill $others
	wait $others 2>/dev/null
	stop
}

test_top_ends_with_an_error_when_the_module_is_unloaded() {
	new_folder
	start_live 80x24
	see "^h help"
	rm "$folder/owners"
	see "The module labyrinth is not loaded"
	expect_restored 3
	stop
}
