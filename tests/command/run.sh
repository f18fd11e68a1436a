#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command labyrinth: what it says of saved folders, whole, old, broken and hostile;
# and on a live module, in a virtual machine. Prints KTAP.
#
# usage: run.sh [--here|--accept]
#
#   --here    without the virtual machine
#   --accept  write down in expect/ what it says now, and test nothing
#
# Each file in expect/ has command lines, what they print, and their status in brackets.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/command
out=$top/build/command
export LC_ALL=C TZ=UTC
unset NO_COLOR
nr=0 failed=0 why=''

# ---- KTAP

# A test is a function test_*; it may call fail, and its name is what it claims.
fail() { # WORDS...
	why+="# $*"$'\n'
}

run_test() { # FUNCTION
	local words=${1#test_}

	why=''
	"$1"
	nr=$((nr + 1))
	if [ -z "$why" ]; then
		echo "ok $nr ${words//_/ }"
	else
		failed=1
		head -n 30 <<<"${why%$'\n'}" | sed 's/^\([^#]\)/# \1/'
		echo "not ok $nr ${words//_/ }"
	fi
}

expect_equal() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# ---- the command

# To be run as $labyrinth, which may be another build, or valgrind before it.
plain=$out/plain/labyrinth
checked=$out/checked/labyrinth
labyrinth=("$plain")

labyrinth() {
	"${labyrinth[@]}" "$@"
}

build() {
	make -s -C "$top/tools/labyrinth" O="$out/plain" CFLAGS="-O2 -g -Werror" &&
		make -s -C "$top/tools/labyrinth" O="$out/checked" LDFLAGS=-fsanitize=address,undefined \
			CFLAGS="-O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined"
}

# Every line of FILE that is a command, with what it prints.
transcript() { # FILE
	local line words

	sed -n 's/^\$ //p' "$1" | while read -r line; do
		read -ra words <<<"$line"
		echo "\$ $line"
		(cd "$here" && "${words[@]}" 2>&1 </dev/null)
		echo "[$?]"
	done
}

expect_transcripts() {
	local file

	for file in "$here"/expect/*; do
		transcript "$file" >"$out/said"
		diff -u "$file" "$out/said" >"$out/diff" || fail "${file##*/}: $(sed 1,2d "$out/diff")"
	done
}

all_commands="status owners pages zones refusals violations verdicts advise metrics whois"

# All commands on FOLDER, text and JSON; the greatest status that one had is in $worst.
run_all() { # FOLDER
	local command json args status

	worst=0
	for command in $all_commands; do
		for json in '' --json; do
			[ "$command" != metrics ] || [ -z "$json" ] || continue
			args=("$command" --from="$1")
			[ "$command" != whois ] || args+=(pfn 7054)
			labyrinth "${args[@]}" ${json:+"$json"} >>"$out/all" 2>&1 </dev/null
			status=$?
			[ $status -le $worst ] || worst=$status
			case $status in
			0 | 6) ;;
			*) fail "$command $json of $1: status $status: $(tail -n 5 "$out/all")" ;;
			esac
		done
	done
}

# ---- what it says

test_what_it_says_of_saved_folders_is_as_written_down() {
	expect_transcripts
}

test_it_says_the_same_under_the_address_and_undefined_behaviour_sanitizers() {
	local labyrinth=("$checked")

	expect_transcripts
}

test_it_says_the_same_under_valgrind() {
	local labyrinth=(valgrind -q --error-exitcode=99 --leak-check=full
		--errors-for-leak-kinds=definite "$plain")

	expect_transcripts
}

test_json_has_each_cell_of_each_table() {
	local command

	for command in owners pages zones refusals violations; do
		labyrinth $command --from="$here/dry" --json >"$out/json"
		python3 - "$here/dry/$command" "$out/json" <<-'EOP' >"$out/said" 2>&1 ||
			import json, sys
			names, *rows = [line.split() for line in open(sys.argv[1])]
			got = json.load(open(sys.argv[2]))
			assert len(got) == len(rows) > 0, (len(got), len(rows))
			for row, one in zip(rows, got):
			    for name, cell in zip(names, row):
			        value = one.pop(name)
			        assert (cell == '-') == (value is None), (name, cell, value)
			        assert cell == '-' or cell == str(value), (name, cell, value)
			    assert not one, one
			# A column has one type.
			for name in names:
			    assert len({type(one[name]) for one in json.load(open(sys.argv[2]))} - {type(None)}) < 2
		EOP
			fail "$command: $(tail -n 3 "$out/said")"
	done
	for command in status verdicts advise "whois 7054" "whois 1"; do
		# shellcheck disable=SC2086 # words
		labyrinth $command --from="$here/dry" --json | python3 -m json.tool >/dev/null 2>&1 ||
			fail "$command is no JSON"
	done
}

test_a_hundred_thousand_pages_are_sorted_in_5_seconds() {
	local begun=$SECONDS

	mkdir -p "$out/many"
	awk 'BEGIN { print "pfn owner state age_ms context cpu node zone from_reserve stack caller"
		for (i = 0; i < 100000; i++)
			print i, "one", "owned", i * 7919 % 100003, "task", 0, 0, "DMA32", 0, "-", "f+0x1/0x2[m]" }' \
		>"$out/many/pages"
	expect_equal "lines" "$(labyrinth pages --from="$out/many" --sort=age | wc -l)" 100001
	expect_equal "JSON's lines" "$(labyrinth pages --from="$out/many" --sort=age --json | wc -l)" 100002
	expect_equal "the oldest" "$(labyrinth pages --from="$out/many" --sort=age --limit=1 |
		awk 'NR == 2 { print $4 }')" 1m40s
	[ $((SECONDS - begun)) -le 5 ] || fail "it took $((SECONDS - begun)) seconds"
}

# ---- colours

on_a_terminal() { # COMMAND...
	TERM=xterm script -qec "$*" /dev/null </dev/null
}

test_colours_are_for_terminals_only() {
	local command

	for command in status owners zones; do
		[[ $(on_a_terminal "$plain $command --from=$here/dry") =~ $'\033['3[13]m ]] ||
			fail "$command has no colour on a terminal"
		[[ $(on_a_terminal "env NO_COLOR=1 $plain $command --from=$here/dry") != *$'\033'* ]] ||
			fail "$command has colours in spite of NO_COLOR"
		[[ $(on_a_terminal "env TERM=dumb $plain $command --from=$here/dry") != *$'\033'* ]] ||
			fail "$command has colours on a dumb terminal"
		[[ $(labyrinth $command --from="$here/dry") != *$'\033'* ]] ||
			fail "$command has colours in a pipe"
	done
}

# ---- folders that are not as they should be

# A copy of the good one in $folder.
new_folder() {
	folder=$out/folder
	rm -rf "$folder"
	cp -r "$here/dry" "$folder"
}

# Of FILE in $folder this is said, and nothing crashes.
expect_refused() { # FILE COMMAND MESSAGE
	local said status labyrinth=("$checked")

	said=$(labyrinth "$2" --from="$folder" 2>&1 </dev/null)
	status=$?
	expect_equal "status of $2" "$status" 6
	expect_equal "said of $1" "$said" "labyrinth: $folder/$1:$3"
	run_all "$folder"
}

test_an_empty_table_is_refused() {
	new_folder
	: >"$folder/owners"
	expect_refused owners owners "1: There is no line that names the columns."
}

test_a_file_that_is_cut_off_is_refused_with_its_line() {
	new_folder
	head -c 200 "$here/dry/owners" >"$folder/owners"
	expect_refused owners owners "2: The line is cut off."
}

test_a_row_that_is_too_short_or_too_long_is_refused_with_its_line() {
	new_folder
	sed -i '3s/ [0-9]*$//' "$folder/owners"
	expect_refused owners owners "3: There are 17 cells, and 18 columns in line 1."
	sed -i '3s/$/ 1 2/' "$folder/owners"
	expect_refused owners owners "3: There are more cells than columns in line 1."
}

test_a_number_that_is_none_is_refused_with_its_column() {
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

test_a_byte_of_0_is_refused_with_its_line() {
	new_folder
	sed -i '4s/floor/fl\x00or/' "$folder/refusals"
	expect_refused refusals refusals "4: A byte is 0: this is no text."
	printf '\0' >>"$folder/verdicts"
	expect_refused verdicts verdicts " A byte is 0: this is no text."
}

test_what_is_too_long_is_refused() {
	new_folder
	head -c 70000 /dev/zero | tr '\0' a >>"$folder/pages"
	expect_refused pages pages "273: The line is longer than 65536 bytes."
	truncate -s 257M "$folder/pages"
	expect_refused pages pages " The file is larger than 256 MiB."
}

test_what_is_no_file_is_refused() {
	new_folder
	rm "$folder/pages" "$folder/zones" "$folder/refusals"
	mkfifo "$folder/pages"
	expect_refused pages pages " This is no ordinary file."
	mkdir "$folder/zones"
	expect_refused zones zones " This is no ordinary file."
}

test_a_symbolic_link_does_not_lead_out_of_the_folder() {
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

test_a_table_or_column_that_is_needed_and_not_there_is_named() {
	new_folder
	sed -i '1s/ min / minimum /' "$folder/zones"
	expect_refused zones zones '1: There is no column "min", and this command needs it.'
	sed -i '1s/ name / names /' "$folder/owners"
	expect_refused owners metrics '1: There is no column "name", and this command needs it.'
	rm "$folder/owners"
	expect_refused owners status " There is no such file, and this command needs it."
}

test_a_file_cut_anywhere_crashes_nothing() {
	local file size at labyrinth=("$checked")

	for file in owners zones refusals violations verdicts owner/nic-rx/stats; do
		new_folder
		size=$(stat -c %s "$here/dry/$file")
		for ((at = 0; at < size; at += size / 7 + 1)); do
			head -c "$at" "$here/dry/$file" >"$folder/$file"
			run_all "$folder"
		done
	done
}

# ESC, CSI of one byte, BEL, CR, DEL, a direction mark, and no UTF-8 at all.
nasty=$'\033[31m\2331m\a\r\177\342\200\256\377\\"'

test_no_byte_that_controls_a_terminal_gets_out() {
	local file

	new_folder
	for file in owners pages zones refusals violations verdicts audit saved; do
		NASTY=$nasty awk '{ gsub(/disk-tx|nic-rx|DMA32|sample_tick|floor|hardirq|example/, "&" ENVIRON["NASTY"]) }
			FNR == 1 { sub(/free min floor/, "free min floor") } { print }' "$here/dry/$file" |
			sed "1s/floor$(printf %s "$nasty" | sed 's/[[\\"]/\\&/g')/floor/g" >"$folder/$file"
	done
	printf '%s\n' "$nasty" >>"$folder/verdicts"
	: >"$out/all"
	run_all "$folder"
	grep -q '\\x1b\[31m\\x9b1m\\x07\\x0d\\x7f\\xe2\\x80\\xae\\xff' "$out/all" ||
		fail "it is not shown at all: $(tail -n 3 "$out/all")"
	labyrinth owners --from="$folder/$nasty" >>"$out/all" 2>&1
	labyrinth "$nasty" >>"$out/all" 2>&1
	labyrinth pages --from="$here/dry" --sort="$nasty" >>"$out/all" 2>&1
	grep -nP '[^\x20-\x7e]' "$out/all" >"$out/bad" && fail "$(head -n 3 "$out/bad" | cat -v)"
	labyrinth owners --from="$folder" --json | python3 -m json.tool >/dev/null ||
		fail "JSON of it is none"
	labyrinth metrics --from="$folder" | promtool check metrics >"$out/said" 2>&1 ||
		fail "Prometheus does not take it: $(cat "$out/said")"
}

# ---- metrics

test_prometheus_takes_the_metrics() {
	labyrinth metrics --from="$here/dry" | promtool check metrics >"$out/said" 2>&1 ||
		fail "$(cat "$out/said")"
	expect_equal "said" "$(cat "$out/said")" ""
}

# What a node_exporter on this port serves.
served() { # PORT
	exec 3<>"/dev/tcp/127.0.0.1/$1" || return
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
	cat <&3
	exec 3>&-
}

test_node_exporter_serves_the_metrics() {
	local dir=$out/textfile port=$((20000 + $$ % 10000)) exporter i

	rm -rf "$dir"
	mkdir "$dir"
	labyrinth metrics --from="$here/dry" --output="$dir/labyrinth.prom"
	prometheus-node-exporter --web.listen-address="127.0.0.1:$port" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$dir" >"$dir/log" 2>&1 &
	exporter=$!
	for i in {1..50}; do
		served "$port" >"$dir/served" 2>/dev/null && break
		sleep 0.1
	done
	kill "$exporter"
	wait "$exporter" 2>/dev/null
	grep -qx 'node_textfile_scrape_error 0' "$dir/served" || fail "$(tail -n 3 "$dir/log")"
	# It sorts them, and their labels.
	expect_equal "samples" "$(grep -c ^labyrinth_ "$dir/served")" \
		"$(grep -c ^labyrinth_ "$dir/labyrinth.prom")"
	grep -qx 'labyrinth_owner_refused_total{module="lab_sample",owner="lab_sample.producer",reason="floor"} 182' \
		"$dir/served" || fail "not as they were: $(grep refused_total "$dir/served" | tail -n 2)"
}

test_a_file_of_metrics_is_never_seen_half_written() {
	local file=$out/metrics/labyrinth.prom i lines

	rm -rf "$out/metrics"
	mkdir "$out/metrics"
	labyrinth metrics --from="$here/dry" --output="$file" || fail "it cannot be written"
	expect_equal "mode" "$(stat -c %a "$file")" 644
	lines=$(wc -l <"$file")
	for i in {1..100}; do
		labyrinth metrics --from="$here/dry" --output="$file"
	done &
	while kill -0 $! 2>/dev/null; do
		expect_equal "lines" "$(wc -l <"$file")" "$lines"
	done
	wait
	expect_equal "files" "$(ls "$out/metrics")" labyrinth.prom
	labyrinth metrics --from="$here/dry" --output="$out/none/such" 2>"$out/said"
	expect_equal "status" $? 1
	labyrinth metrics --from="$here" --output="$file" 2>"$out/said"
	expect_equal "status" $? 6
	expect_equal "lines after a failure" "$(wc -l <"$file")" "$lines"
}

test_an_output_that_is_full_is_told_of() {
	labyrinth owners --from="$here/dry" 2>"$out/said" >/dev/full
	expect_equal "status" $? 1
	expect_equal "said" "$(cat "$out/said")" \
		"labyrinth: What was to be shown cannot be written: No space left on device."
}

# ---- what comes with it

test_the_manual_has_each_command_and_option() {
	local word

	man --warnings -l "$top/tools/labyrinth/labyrinth.8" 2>&1 >/dev/null | grep . >"$out/said" &&
		fail "man: $(cat "$out/said")"
	mandoc -Tlint "$top/tools/labyrinth/labyrinth.8" >"$out/said" || fail "$(cat "$out/said")"
	man -l "$top/tools/labyrinth/labyrinth.8" | col -b >"$out/man"
	for word in $(labyrinth --help | sed -n 's/^  \(-*[a-z-]*\).*/\1/p'); do
		grep -qE "^ +.*$word" "$out/man" || fail "not in the manual: $word"
	done
}

complete_words() { # WORD...
	bash -c '. "$1/tools/labyrinth/completion.bash"; shift
		COMP_WORDS=(labyrinth "$@") COMP_CWORD=$#
		_labyrinth 2>&1; echo "${COMPREPLY[*]}"' - "$top" "$@"
}

test_bash_completes_what_there_is() {
	local command word said

	expect_equal "commands" "$(complete_words '')" \
		"$(labyrinth --help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\).*/\1/p' | tr '\n' ' ')--help --version"
	for command in $all_commands; do
		for word in $(complete_words "$command" --); do
			case $word in *=) word+=1 ;; esac
			[ "$word" != --from=1 ] || continue
			said=$(labyrinth "$command" --from="$here/dry" "$word" 1 2>&1)
			[[ $said != *@("has no option"|unrecognized)* ]] || fail "$said"
		done
	done
	expect_equal "states" "$(complete_words pages --state = o)" "owned orphan"
	expect_equal "owners" "$(complete_words pages --from = "$here/dry" --owner = '')" \
		"lab_sample.producer lab_sample.consumer nic-rx disk-tx"
	expect_equal "folders" "$(complete_words zones --from "$here/dr")" "$here/dry"
	expect_equal "columns" "$(complete_words owners --from "$here/dry" --sort = st)" "stocked stock"
}

test_it_is_installed_and_taken_away() {
	local stage=$out/stage

	rm -rf "$stage"
	make -s -C "$top/tools/labyrinth" O="$out/plain" CFLAGS="-O2 -g -Werror" DESTDIR="$stage" install
	expect_equal "files" "$(cd "$stage" && find . -type f | sort | tr '\n' ' ')" \
		"./usr/local/sbin/labyrinth ./usr/local/share/bash-completion/completions/labyrinth ./usr/local/share/man/man8/labyrinth.8 "
	"$stage/usr/local/sbin/labyrinth" --version >"$out/said" || fail "it does not run"
	make -s -C "$top/tools/labyrinth" O="$out/plain" DESTDIR="$stage" uninstall
	expect_equal "files left" "$(cd "$stage" && find . -type f)" ""
}

# ---- fuzzing

# The same inputs each time.
test_10000_inputs_of_libfuzzer_crash_nothing() {
	local dir=$out/fuzz file n=0 sources

	rm -rf "$dir"
	mkdir -p "$dir/corpus"
	cp -r "$here/dry" "$dir/folder"
	for file in pages refusals verdicts; do
		head -n 6 "$here/dry/$file" >"$dir/folder/$file"
	done
	for file in owners pages zones refusals violations verdicts audit saved owner/nic-rx/stats; do
		# shellcheck disable=SC2059 # a byte
		{ printf "\\x$(printf %02x $n)"; head -n 6 "$here/dry/$file"; } >"$dir/corpus/$n"
		n=$((n + 1))
	done
	sources=("$top"/tools/labyrinth/*.c)
	# shellcheck disable=SC2206 # no blanks in them
	sources=(${sources[@]/*\/main.c/})
	clang -std=c11 -D_GNU_SOURCE -DVERSION='"fuzz"' -Wall -Wextra -Werror -g -O1 \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-Wl,--wrap=die -o "$dir/fuzz" "$here/fuzz.c" "${sources[@]}" -ljansson \
		>"$dir/log" 2>&1 || { fail "$(tail -n 5 "$dir/log")"; return; }
	# Where it gives up a folder, it would end and leave its memory to the kernel.
	(cd "$dir" && ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=0 FUZZ_FOLDER=folder \
		./fuzz -runs=10000 -seed=1 -max_len=1024 -detect_leaks=0 corpus) >>"$dir/log" 2>&1 ||
		fail "$(grep -A 8 -m 1 -E 'ERROR|runtime error' "$dir/log")"
	grep -q '^Done 10000 runs' "$dir/log" || fail "$(tail -n 3 "$dir/log")"
}

# ---- the live module

# FILE.sh as kselftests are run.
boot() { # FILE VM-OPTION...
	local file=$1 vm=$out/$1 status

	shift
	rm -rf "$vm"
	mkdir -p "$vm"
	echo "here=/lib/labyrinth/command sh /lib/labyrinth/kselftest/run.sh $file" >"$vm/boot.sh"
	"$top/tools/vm.sh" --kernel 6.12 --timeout 300 --out "$vm" "$@" \
		--file "$here/$file.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/ktap.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/reserve_lib.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/run.sh:/lib/labyrinth/kselftest/" \
		--file "$plain:/bin/" --file "$(command -v setpriv)" \
		--file "$top/build/6.12/labyrinth/labyrinth.ko" \
		--file "$top/build/6.12/tests/kselftest/lab_puppet.ko" \
		--file "$top/build/6.12/tests/kselftest/lab_reserve.ko" "$vm/boot.sh" 2>"$vm/vm.log"
	status=$?
	tr -d '\r' <"$vm/result.log" | sed '/^# vm: /d; s/^/  /' | tee "$vm/ktap"
	"$top/tools/splat.sh" "$vm/console.log" | sed 's/^/# /'
	[ "${PIPESTATUS[0]}" -eq 0 ] && [ "$status" -eq 0 ] &&
		[ "$(grep -cE '^    (not )?ok ' "$vm/ktap")" -eq "$(sed -n 's/^    1\.\.//p' "$vm/ktap")" ]
}

result() { # STATUS WORDS
	local ok=ok

	[ "$1" -eq 0 ] || ok="not ok" failed=1
	nr=$((nr + 1))
	echo "$ok $nr $2"
}

live() {
	"$top/tools/build.sh" 6.12 >"$out/build.log" 2>&1
	result $? "the module builds"
	boot live --smp 2
	result $? "on a live module"
	boot advise --smp 1 --mem 384M --append init_on_alloc=0
	result $? "after a machine ran dry"
}

case ${1-} in
'' | --here | --accept) ;;
*) sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
rm -rf "$out"
mkdir -p "$out"
build >"$out/build.log" 2>&1 || { head -n 20 "$out/build.log" | sed 's/^/# /'; echo "Bail out! It does not build."; exit 1; }
if [ "${1-}" = --accept ]; then
	for file in "$here"/expect/*; do
		transcript "$file" >"$out/said"
		cp "$out/said" "$file"
	done
	exit
fi
echo "KTAP version 1"
for test in $(sed -n 's/^\(test_[A-Za-z0-9_]*\)() {.*/\1/p' "$0"); do
	run_test "$test"
done
[ "${1-}" = --here ] || live
echo "1..$nr"
exit $failed
