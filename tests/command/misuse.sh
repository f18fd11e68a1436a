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
		"2 labyrinth: There is no state \"own\", but these: owned ready quarantined orphan."
	run refusals --from="$folder" --reason=
	expect_equal "reason" "$status $said" \
		"2 labyrinth: There is no reason \"\", but these: budget floor buddy context scope dying."
	run violations --from="$folder" --kind=double
	expect_equal "kind" "$status ${said%%,*}" '2 labyrinth: There is no kind "double"'
	run pages --from="$folder" --state=quarantined
	expect_equal "none of them" "$status $said" "0 There is no such page."
	# A state of another version of the module.
	sed -i '2s/ ready / borrowed /' "$folder/pages"
	run pages --from="$folder" --state=borrowed
	expect_equal "a new one" "$status $(wc -l <<<"$said")" "0 2"
	run pages --from="$folder" --sort=size
	[[ $said = *"but these: pfn owner state age_ms context cpu node zone from_reserve stack caller." ]] ||
		fail "columns: $said"
}

test_unknown_options_are_reported_in_plain_text() {
	local option

	for option in -x -xy --json=1 --s=1 --none "--$nasty"; do
		run pages --from="$here/dry" "$option"
		expect_equal "status of $option" "$status" 2
		[[ $said = "labyrinth: \""*"\" is no option, "* ]] || fail "$option: $said"
		grep -qP '[^\x20-\x7e]' <<<"$said" && fail "$(cat -v <<<"$said")"
	done
	run pages --from
	expect_equal "no value" "$status $said" "2 labyrinth: --from wants a value: see labyrinth --help."
	run -h
	expect_equal "help" "$status ${said%%$'\n'*}" "0 usage: labyrinth COMMAND [OPTION]..."
	run --limit=1 --from="$here/dry" pages --sort=age
	expect_equal "options before the command" "$status $(wc -l <<<"$said")" "0 3"
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
	expect_equal "said" "$said" "labyrinth: What was to be shown cannot be written: Bad file descriptor."
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
