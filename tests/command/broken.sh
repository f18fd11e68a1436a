# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: broken and hostile folders.

# Copy the intact folder to $folder.
new_folder() {
	folder=$out/folder
	rm -rf "$folder"
	cp -r "$here/dry" "$folder"
}

# Expect MESSAGE about FILE in $folder, and no crash of any command.
expect_refused() { # FILE COMMAND MESSAGE
	local said status labyrinth=("$sanitized")

	said=$(labyrinth "$2" --from="$folder" 2>&1 </dev/null)
	status=$?
	expect_equal "status of $2" "$status" 6
	expect_equal "said of $1" "$said" "labyrinth: $folder/$1:$3"
	run_all "$folder"
}

test_empty_table_is_refused() {
	new_folder
	: >"$folder/owners"
	expect_refused owners owners "1: There is no line that names the columns."
}

test_truncated_file_is_refused_with_its_line() {
	new_folder
	head -c 200 "$here/dry/owners" >"$folder/owners"
	expect_refused owners owners "2: The line is cut off."
}

test_row_of_wrong_length_is_refused_with_its_line() {
	new_folder
	sed -i '3s/ [0-9]*$//' "$folder/owners"
	expect_refused owners owners "3: There are 17 cells, and 18 columns in line 1."
	sed -i '3s/$/ 1 2/' "$folder/owners"
	expect_refused owners owners "3: There are more cells than columns in line 1."
}

test_invalid_number_is_refused_with_its_column() {
	local number

	for number in 12x 0x - 99999999999999999999 2305843009213693952 1e3; do
		new_folder
		sed -i "2s/ 512 / $number /" "$folder/owners"
		if [ "$number" = - ]; then
			labyrinth owners --from="$folder" >/dev/null 2>&1 || fail "no value is refused"
		else
			expect_refused owners owners "2: \"$number\" is no number for \"budget\"."
		fi
	done
	new_folder
	sed -i 's/^refused_floor .*/refused_floor many/' "$folder/owner/nic-rx/stats"
	expect_refused owner/nic-rx/stats metrics '21: "many" is no number for "refused_floor".'
}

test_garbage_is_refused() {
	new_folder
	gzip -nc "$here/dry/pages" | tr '\0' x >"$folder/pages"
	expect_refused pages pages "$(labyrinth pages --from="$folder" 2>&1 | sed 's/.*pages:\(1: .* is no name of a column\.\)/\1/')"
	printf 'PK\003\004 zip\n' >"$folder/zones"
	expect_refused zones zones '1: "PK\x03\x04" is no name of a column.'
	printf 'a b a\n' >"$folder/zones"
	expect_refused zones zones '1: Column "a" is there twice.'
	{ printf 'a%s ' {1..65}; echo; } >"$folder/zones"
	expect_refused zones zones "1: There are more than 64 columns."
	printf '\n' >"$folder/zones"
	expect_refused zones zones "1: No columns are named."
	new_folder
	printf 'date\n2026\n' >"$folder/saved"
	expect_refused saved status '1: The columns are not "name" and "value".'
}

test_zero_byte_is_refused_with_its_line() {
	new_folder
	sed -i '4s/floor/fl\x00or/' "$folder/refusals"
	expect_refused refusals refusals "4: A byte is 0: this is no text."
	printf '\0' >>"$folder/verdicts"
	expect_refused verdicts verdicts "44: A byte is 0: this is no text."
}

test_invalid_verdicts_are_refused_with_their_line() {
	new_folder
	sed -i '9s/ms ago/s ago/' "$folder/verdicts"
	expect_refused verdicts verdicts "9: A verdict begins with \"N ms ago\"."
	new_folder
	head -c 300 "$here/dry/verdicts" >"$folder/verdicts"
	expect_refused verdicts verdicts "5: The line is cut off."
	gzip -nc "$here/dry/verdicts" | tr '\0' x | tr -d '\n' >"$folder/verdicts"
	expect_refused verdicts verdicts "1: The line is cut off."
	: >"$folder/verdicts"
	expect_equal "an empty one" "$(labyrinth verdicts --from="$folder")" "Nothing has happened yet."
	# The module truncates a verdict that is too long, so that its end is missing.
	new_folder
	sed -i 8d "$folder/verdicts"
	expect_equal "one without an end" "$(labyrinth verdicts --from="$folder" --json | grep -c age_ms)" \
		"$(grep -c ' ms ago$' "$here/dry/verdicts")"
}

test_invalid_advice_is_refused_with_its_line() {
	new_folder
	sed -i '3s/owner=/owner /' "$folder/advice"
	expect_refused advice advise '3: "owner" is no key=value.'
	new_folder
	sed -i '9s/times=102/times=1o2/' "$folder/advice"
	expect_refused advice advise '9: "1o2" is no number for "times".'
	printf 'a%s=1 ' {1..33} >"$folder/advice"
	echo >>"$folder/advice"
	expect_refused advice advise '1: "a33=1" is one key too many.'
	printf 'report=%s reason=floor owner=a times=1\n' {1..4097} >"$folder/advice"
	expect_refused advice advise ' There are more than 4096 lines.'
	head -c 300 "$here/dry/advice" >"$folder/advice"
	expect_refused advice advise "3: The line is cut off."
	rm "$folder/advice"
	expect_refused advice advise " The file is missing, and this command needs it."
	new_folder
	: >"$folder/advice"
	labyrinth advise --from="$folder" >/dev/null || fail "an empty one is refused"
}

test_text_behind_a_table_is_refused_with_its_line() {
	new_folder
	printf '\nname value\n' >>"$folder/owners"
	expect_refused owners owners "7: Text follows the end of the table."
}

test_too_long_lines_and_files_are_refused() {
	new_folder
	head -c 70000 /dev/zero | tr '\0' a >>"$folder/pages"
	expect_refused pages pages "273: The line is longer than 65536 bytes."
	truncate -s 257M "$folder/pages"
	expect_refused pages pages ' The file is larger than 256 MiB. "labyrinth pages --owner=NAME" reads those of one owner.'
}

test_pipes_and_folders_are_refused() {
	new_folder
	rm "$folder/pages" "$folder/zones" "$folder/refusals"
	mkfifo "$folder/pages"
	expect_refused pages pages " This is no ordinary file."
	mkdir "$folder/zones"
	expect_refused zones zones " This is no ordinary file."
}

test_symbolic_links_are_not_followed_out_of_the_folder() {
	local command said

	new_folder
	ln -sf /etc/passwd "$folder/owners"
	rm -r "$folder/owner/nic-rx"
	ln -s /etc "$folder/owner/nic-rx"
	said=$(labyrinth owners --from="$folder" 2>&1)
	expect_equal "said" "$said" "labyrinth: $folder/owners: Too many levels of symbolic links."
	cp "$here/dry/owners" "$folder/owners"
	sed -i 's/ disk-tx / ..\/..\/..\/etc /' "$folder/owners"
	said=$(labyrinth metrics --from="$folder" 2>&1)
	expect_equal "said" "$said" "labyrinth: $folder/owner/nic-rx/stats: Not a directory."
}

test_missing_table_or_column_is_named() {
	new_folder
	sed -i '1s/ min / minimum /' "$folder/zones"
	expect_refused zones zones '1: There is no column "min", and this command needs it.'
	sed -i '1s/ name / names /' "$folder/owners"
	expect_refused owners metrics '1: There is no column "name", and this command needs it.'
	rm "$folder/owners"
	expect_refused owners status " The file is missing, and this command needs it."
}

test_file_truncated_anywhere_causes_no_crash() {
	local file size at cuts=7 labyrinth=("$sanitized")
	local files=(owners zones refusals violations verdicts advice owner/nic-rx/stats dippers)

	if [ -n "$short" ]; then cuts=2; else files+=(watch watch_module takers); fi
	for file in "${files[@]}"; do
		new_folder
		size=$(stat -c %s "$here/dry/$file")
		for ((at = 0; at < size; at += size / cuts + 1)); do
			head -c "$at" "$here/dry/$file" >"$folder/$file"
			run_all "$folder"
		done
	done
}

# ESC, CSI of one byte, BEL, CR, DEL, a direction mark, and a byte that is no UTF-8.
nasty=$'\033[31m\2331m\a\r\177\342\200\256\377\\"'

test_control_characters_are_escaped() {
	local file

	new_folder
	for file in owners pages zones refusals violations verdicts advice audit saved dippers; do
		NASTY=$nasty awk '{ gsub(/disk-tx|nic-rx|DMA32|sample_tick|floor|hardirq|example/, "&" ENVIRON["NASTY"]) }
			FNR == 1 { sub(/free min floor/, "free min floor") } { print }' "$here/dry/$file" |
			sed "1s/floor$(printf %s "$nasty" | sed 's/[[\\"]/\\&/g')/floor/g" >"$folder/$file"
	done
	printf '5 ms ago\n%s\nadvice: a%s asks atomically where it could sleep: alloc_page(GFP_KERNEL) would spare the reserve in b%s\n\n' \
		"$nasty" "$nasty" "$nasty" >>"$folder/verdicts"
	: >"$out/all"
	run_all "$folder"
	grep -q '\\x1b\[31m\\x9b1m\\x07\\x0d\\x7f\\xe2\\x80\\xae\\xff' "$out/all" ||
		fail "it is not shown at all: $(tail -n 3 "$out/all")"
	labyrinth owners --from="$folder/$nasty" >>"$out/all" 2>&1
	labyrinth "$nasty" >>"$out/all" 2>&1
	labyrinth pages --from="$here/dry" --sort="$nasty" >>"$out/all" 2>&1
	grep -nP '[^\x20-\x7e]' "$out/all" >"$out/bad" && fail "$(head -n 3 "$out/bad" | cat -v)"
	labyrinth owners --from="$folder" --json | python3 -m json.tool >/dev/null ||
		fail "the JSON is invalid"
	labyrinth metrics --from="$folder" | promtool check metrics >"$out/said" 2>&1 ||
		fail "promtool rejects it: $(cat "$out/said")"
}
