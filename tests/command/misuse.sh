# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: wrong and unusual uses of the command.

# Run the command: its output is in $said, its exit status in $status.
run() { # ARG...
	said=$(labyrinth "$@" 2>&1 </dev/null)
	status=$?
}

test_unknown_words_are_reported_with_the_valid_ones() {
	new_folder
	run pages --from="$folder" --state=own
	expect_equal "state" "$status $said" \
		"2 labyrinth: There is no state \"own\". There are: owned ready quarantined orphan."
	run refusals --from="$folder" --reason=
	expect_equal "reason" "$status $said" \
		"2 labyrinth: There is no reason \"\". There are: budget floor buddy context scope dying."
	run violations --from="$folder" --kind=double
	expect_equal "kind" "$status ${said%%.*}" '2 labyrinth: There is no kind "double"'
	run pages --from="$folder" --state=quarantined
	expect_equal "none of them" "$status $said" "0 No pages found."
	# A state of another version of the module.
	sed -i '2s/ ready / borrowed /' "$folder/pages"
	run pages --from="$folder" --state=borrowed
	expect_equal "a new one" "$status $(wc -l <<<"$said")" "0 2"
	run pages --from="$folder" --sort=size
	[[ $said = *"There are: pfn owner state age_ms context cpu node zone from_reserve stack caller." ]] ||
		fail "columns: $said"
}

test_unknown_options_are_reported_in_plain_text() {
	local option

	for option in -x -xy --json=1 --s=1 --none "--$nasty"; do
		run pages --from="$here/dry" "$option"
		expect_equal "status of $option" "$status" 2
		[[ $said = "labyrinth: "*@("There is no option"|ambiguous|"takes no value")* ]] || fail "$option: $said"
		grep -qP '[^\x20-\x7e]' <<<"$said" && fail "$(cat -v <<<"$said")"
	done
	run pages --from
	expect_equal "no value" "$status $said" "2 labyrinth: --from needs a value: --from=DIR."
	run -h
	expect_equal "help" "$status ${said%%$'\n'*}" "0 usage: labyrinth [COMMAND] [OPTION]..."
	run --limit=1 --from="$here/dry" pages --sort=age
	expect_equal "options before the command" "$status $(wc -l <<<"$said")" "0 3"
}

test_mistyped_words_get_a_suggestion() {
	local word

	for word in statu:status ownrs:owners pagse:pages voilations:violations advice:advise recrod:record; do
		run "${word%:*}"
		expect_equal "command ${word%:*}" "$status $said" \
			"2 labyrinth: There is no command \"${word%:*}\": did you mean \"${word#*:}\"?"
	done
	for word in lmit:limit jsno:json older_than:older-than outptu=x:output; do
		run pages --from="$here/dry" "--${word%:*}"
		expect_equal "option ${word%:*}" "$status $said" \
			"2 labyrinth: There is no option \"--${word%:*}\": did you mean \"--${word#*:}\"?"
	done
	for word in nonsense x "$nasty"; do
		run "$word"
		[[ "$status $said" = "2 labyrinth: There is no command "*': see "labyrinth help".' ]] || fail "$said"
	done
}

test_short_options_are_those_of_the_command() {
	new_folder
	run -jf "$folder" owners -n1 -rs owned
	expect_equal "lines" "$status $(wc -l <<<"$said")" "0 3"
	expect_equal "least owned" "$(grep -o '"owned":[0-9]*' <<<"$said")" '"owned":0'
	rm -f "$out/recording"
	run record -f "$folder" -n 2 -d 10ms "$out/recording"
	expect_equal "a record of two samples" "$status $(wc -l <"$out/recording")" "0 4"
	rm "$out/recording"
	run report "$folder/owners" -n 3
	expect_equal "of another command" "$status $said" '2 labyrinth: "report" has no option -n: see "labyrinth help report".'
	run metrics -f "$folder" -o "$out/metrics.prom"
	expect_equal "to a file" "$status $said" "0 "
	labyrinth metrics --from="$folder" | cmp -s - "$out/metrics.prom" || fail "the file differs"
	run -V
	expect_equal "version" "$status" 0
}

test_unknown_owner_is_an_error() {
	local command

	new_folder
	for command in owners pages refusals violations; do
		run $command --from="$folder" --owner=nosuch
		expect_equal "$command" "$status $said" '1 labyrinth: There is no owner "nosuch": see "labyrinth owners".'
	done
	# Known, but with no refusals; unknown by now, but with violations and pages.
	run refusals --from="$folder" --owner=nic-rx
	expect_equal "no refusals" "$status $said" "0 No refusals found."
	run violations --from="$folder" --owner=gone
	expect_equal "violations" "$status $(wc -l <<<"$said")" "0 3"
	rm "$folder/owners"
	run pages --from="$folder" --owner=nosuch
	expect_equal "without a table of owners" "$status $said" "0 No pages found."
}

# One line for each of 30,000 different refusals; the order of the groups is that of the newest.
test_many_refusals_are_grouped_in_two_seconds() {
	local TIMEFORMAT=%U spent

	new_folder
	awk 'BEGIN { print "seq age_ms owner reason context cpu node zone free min floor caller"
		for (i = 1; i <= 60000; i++)
			print i, 60000 - i, "one", "floor", "task", 0, 0, "DMA32", 1, 2, 3, "f" i * 7919 % 30000 "+0x1/0x2[m]" }' \
		>"$folder/refusals"
	expect_equal "groups" "$(labyrinth refusals --from="$folder" | wc -l)" 30001
	expect_equal "the newest" "$(labyrinth refusals --from="$folder" -n 1 | awk 'NR == 2 { print $1, $2, $3, $8 }')" \
		"2 0ms 30.0s f0+0x1/0x2[m]"
	spent=$({ time labyrinth refusals --from="$folder" >"$out/said"; } 2>&1)
	[ "${spent%.*}" -lt 2 ] || fail "it took $spent seconds"
}

test_html_is_not_written_to_a_terminal() {
	recording=$out/recording
	"$here/made_recording.py" 1 1 >"$recording"
	said=$(on_a_terminal "$plain report $recording")
	[[ $said = *"labyrinth: An HTML page does not belong on a terminal: name a file with --output."* ]] || fail "$said"
	on_a_terminal "$plain report $recording" >/dev/null
	expect_equal "status" $? 2
	on_a_terminal "$plain report $recording --output=$out/page.html" >"$out/said"
	expect_equal "status" "$? $(cat "$out/said")" "0 "
	grep -q '</html>' "$out/page.html" || fail "no page"
}

test_whois_accepts_64_bit_numbers() {
	run whois --from="$here/dry" 18446744073709551615
	expect_equal "said" "$status $said" "0 Page 18446744073709551615 had no tag when this was saved."
	run whois --from="$here/dry" 18446744073709551616
	expect_equal "status" "$status" 2
	run whois --from="$here/dry" phys $((7054 * 4096 + 4095))
	[[ $said = "pfn           7054"* ]] || fail "physical address: $said"
	# Pages of the saved machine may be larger.
	new_folder
	sed -i 's/^page_size .*/page_size 65536/' "$folder/saved"
	run whois --from="$folder" phys $((7054 * 65536 + 4096))
	[[ $said = "pfn           7054"* ]] || fail "of large pages: $said"
}

test_pipes_and_links_are_written_and_not_replaced() {
	local dir=$out/outputs

	rm -rf "$dir"
	mkdir "$dir"
	mkfifo "$dir/pipe"
	timeout 10 cat "$dir/pipe" >"$dir/got" &
	run metrics --from="$here/dry" --output="$dir/pipe"
	wait $!
	[ -p "$dir/pipe" ] || fail "the pipe has become a file"
	labyrinth metrics --from="$here/dry" | cmp -s - "$dir/got" || fail "the pipe got something else"
	# The target of a link is written.
	echo old >"$dir/real"
	ln -s real "$dir/link"
	run metrics --from="$here/dry" --output="$dir/link"
	[ -L "$dir/link" ] || fail "the link has become a file"
	cmp -s "$dir/real" "$dir/got" || fail "the link's target is unchanged"
	run metrics --from="$here/dry" --output="$dir"
	expect_equal "a folder" "$status $said" "1 labyrinth: $dir: Is a directory."
	run metrics --from="$here/dry" --output="$dir/none/such"
	expect_equal "no folder" "$status $said" "1 labyrinth: $dir/none/such: No such file or directory."
	expect_equal "files" "$(ls "$dir" | tr '\n' ' ')" "got link pipe real "
}

test_closed_streams_corrupt_no_file() {
	local dir=$out/closed

	rm -rf "$dir"
	mkdir "$dir"
	said=$(labyrinth status --from="$here/dry" 2>&1 >&-)
	expect_equal "status" $? 1
	expect_equal "said" "$said" "labyrinth: Standard output cannot be written: Bad file descriptor."
	labyrinth metrics --from="$here/dry" --output="$dir/file" <&- >&- 2>&-
	labyrinth metrics --from="$here/dry" | cmp -s - "$dir/file" || fail "the file differs"
	# The message must not go to the file that took the descriptor of standard error.
	new_folder
	timeout 10 "$plain" record --from="$folder" --interval=10ms "$dir/recording" <&- 2>&- &
	for _ in {1..100}; do
		grep -qs '"ms"' "$dir/recording" && break
		sleep 0.1
	done
	rm "$folder/owners"
	wait $!
	expect_equal "status without owners" $? 6
	grep -q '"ms"' "$dir/recording" || fail "there is no recording"
	! grep -v '^{' "$dir/recording" || fail "the message is in the file"
}

test_closed_pipe_ends_the_command() {
	new_folder
	for _ in {1..50}; do
		sed 1d "$here/dry/pages"
	done >>"$folder/pages"
	{ "$plain" pages --from="$folder" 2>"$out/said"; echo $? >"$out/status"; } | head -n 1 >/dev/null
	expect_equal "status" "$(cat "$out/status")" $((128 + $(kill -l PIPE)))
	expect_equal "said" "$(cat "$out/said")" ""
}

# A folder from another machine may contain shell code in names: it must not be run.
test_bash_completion_runs_no_code_from_names() {
	new_folder
	rm -f "$out/run"
	sed -i "s/ disk-tx / \$(touch\${IFS}$(sed 's/\//\\\//g' <<<"$out")\/run) /; 1s/budget/\$(touch\${IFS}$(sed 's/\//\\\//g' <<<"$out")\/run)/" \
		"$folder/owners"
	expect_equal "owners" "$(complete_words pages --from = "$folder" --owner = '')" \
		"lab_sample.producer lab_sample.consumer nic-rx"
	expect_equal "columns" "$(complete_words owners --from = "$folder" --sort = st)" "stocked stock"
	[ ! -e "$out/run" ] || fail "it was run"
}

test_too_large_file_fails_only_commands_that_read_it() {
	local command

	new_folder
	truncate -s 257M "$folder/pages"
	for command in status owners zones metrics refusals violations verdicts advise; do
		run "$command" --from="$folder"
		expect_equal "status of $command" "$status" 0
	done
	run pages --from="$folder"
	expect_equal "said" "$status $said" "6 labyrinth: $folder/pages: The file is larger than 256 MiB. \"labyrinth pages --owner=NAME\" reads those of one owner."
	grep -E '^pfn|nic-rx' "$here/dry/pages" >"$folder/owner/nic-rx/pages"
	run pages --from="$folder" --owner=nic-rx
	expect_equal "pages of nic-rx" "$status $(wc -l <<<"$said")" "0 14"
	run pages --from="$folder" --owner=nic-rx --state=orphan
	expect_equal "orphans" "$status" 6
}

test_owner_without_a_table_is_searched_in_all_pages() {
	new_folder
	run pages --from="$folder" --owner=nic-rx
	expect_equal "pages of nic-rx" "$status $(wc -l <<<"$said")" "0 14"
	sed -n '1p; 2s/lab_sample.producer/nic-rx/p' "$here/dry/pages" >"$folder/owner/nic-rx/pages"
	run pages --from="$folder" --owner=nic-rx
	expect_equal "pages in its own table" "$status $(wc -l <<<"$said")" "0 2"
	run pages --from="$folder" --owner=gone
	expect_equal "orphans" "$status $(wc -l <<<"$said")" "0 3"
}
