#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test the command labyrinth: on saved folders, whole, old, broken and hostile; and on a
# live module, in a virtual machine. Prints KTAP.
#
# usage: run.sh [--here] [--short] [--accept]
#
#   --here    without the virtual machine
#   --short   without valgrind, the fuzzer and sanitizers, and with fewer broken files
#   --accept  write the present output to expect/, and test nothing
#
# dry/ is from a virtual machine, except these made-up parts: the line of DMA32 in zones,
# from_reserve of lab_sample.consumer in owners and of 60 of its pages, the last violation, watch,
# dippers, watch_module, takers, and saved. older/ is the same folder as an older module would have
# written it.
# Each file in expect/ has command lines, their output, and their exit status in brackets.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/command
out=$top/build/command
export LC_ALL=C TZ=UTC
unset NO_COLOR
why='' skipped='' short='' left_out='^$'
. "$top/tests/lib/ktap.sh"

# ---- KTAP

# A test is a function test_*, named for its claim; it calls fail if the claim does not hold.
fail() { # WORDS...
	why+="# $*"$'\n'
}

skip() { # WHY
	skipped=" # SKIP $*"
}

run_test() { # FUNCTION
	local words=${1#test_} begun=$SECONDS

	why='' skipped=''
	"$1"
	nr=$((nr + 1))
	[ $((SECONDS - begun)) -lt 3 ] || echo "# ${words//_/ }: $((SECONDS - begun)) s"
	if [ -z "$why" ]; then
		echo "ok $nr ${words//_/ }$skipped"
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

# Tests run $labyrinth, which may be another build or run under valgrind. $redirected reads
# the folder named by LIVE_FOLDER instead of debugfs.
plain=$out/plain/labyrinth
checked=$out/checked/labyrinth
redirected=$out/redirected
# The build that reads broken files.
sanitized=$checked
labyrinth=("$plain")

labyrinth() {
	"${labyrinth[@]}" "$@"
}

build() {
	local checks="-fsanitize=address,undefined -fno-sanitize-recover=undefined"

	make -s -C "$top/tools/labyrinth" O="$out/plain" CFLAGS="-O2 -g -Werror" || return
	[ -z "$short" ] || checks=''
	[ -n "$short" ] || make -s -C "$top/tools/labyrinth" O="$out/checked" LDFLAGS="$checks" \
		CFLAGS="-O1 -g -Werror $checks" || return
	# shellcheck disable=SC2086 # several words
	gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -g $checks \
		-Wl,--wrap=open,--wrap=openat -o "$redirected" "$here/redirect.c" "${checked%/*}"/*.o \
		-pthread -ljansson -lncurses -ltinfo -lm
}

# Run every command line of FILE, and print the commands with their output and status.
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

all_commands="status owners pages zones refusals violations verdicts advise dippers watch metrics whois"

# Run all commands on FOLDER, text and JSON; the highest exit status is in $worst.
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

. "$here/advice.sh"
. "$here/broken.sh"
. "$here/misuse.sh"
. "$here/metrics.sh"
. "$here/top.sh"
. "$here/report.sh"
. "$here/record.sh"
. "$here/watch.sh"

# ---- output

test_output_for_saved_folders_matches_expect() {
	expect_transcripts
}

test_output_matches_expect_under_sanitizers() {
	local labyrinth=(env ASAN_OPTIONS= "$checked")

	expect_transcripts
}

test_output_matches_expect_under_valgrind() {
	local labyrinth=(valgrind -q --error-exitcode=99 --leak-check=full
		--errors-for-leak-kinds=definite "$plain")

	expect_transcripts
}

test_json_contains_each_cell_of_each_table() {
	local command

	for command in owners pages zones refusals violations; do
		labyrinth $command --from="$here/dry" --json >"$out/json"
		python3 - "$here/dry/$command" "$out/json" <<-'EOP' >"$out/said" 2>&1 ||
			import json, sys
			names, *rows = [line.split() for line in open(sys.argv[1])]
			got = json.load(open(sys.argv[2]))
			# Reports are listed newest first.
			rows = rows[::-1] if "seq" in names else rows
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

test_floor_of_an_owner_matches_the_module_exactly() {
	rm -rf "$out/floor"
	mkdir "$out/floor"
	printf 'node zone free min atomic_floor\n0 DMA32 200 160 60\n' >"$out/floor/zones"
	# 29 % of the 100 pages between are 29; binary fractions would give less.
	printf 'name reserve_pct\none 29\n' >"$out/floor/owners"
	labyrinth zones --from="$out/floor" | grep -q "floor 131 (one, 29 %)" ||
		fail "$(labyrinth zones --from="$out/floor")"
}

# Measures CPU time, so that other load does not matter.
test_100000_pages_are_sorted_in_one_second() {
	local TIMEFORMAT=%U spent

	mkdir -p "$out/many"
	awk 'BEGIN { print "pfn owner state age_ms context cpu node zone from_reserve stack caller"
		for (i = 0; i < 100000; i++)
			print i, "one", "owned", i * 7919 % 100003, "task", 0, 0, "DMA32", 0, "-", "f+0x1/0x2[m]" }' \
		>"$out/many/pages"
	expect_equal "lines" "$(labyrinth pages --from="$out/many" --sort=age | wc -l)" 100001
	expect_equal "JSON's lines" "$(labyrinth pages --from="$out/many" --sort=age --json | wc -l)" 100002
	expect_equal "the oldest" "$(labyrinth pages --from="$out/many" --sort=age --limit=1 |
		awk 'NR == 2 { print $4 }')" 1m40s
	spent=$({ time labyrinth pages --from="$out/many" --sort=age >"$out/said"; } 2>&1)
	[ "${spent%.*}" -lt 1 ] || fail "it took $spent seconds"
}

# ---- colours

on_a_terminal() { # COMMAND...
	TERM=xterm script -qec "$*" /dev/null </dev/null
}

test_colours_are_used_only_on_terminals() {
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

# ---- manual, completion and installation

commands() {
	labyrinth help | sed -n '/^Commands/,/^$/s/^  \([a-z]*\).*/\1/p'
}

# The lines of all commands' options: "  -j, --json  write JSON".
for_each_command() {
	local command

	for command in $(commands); do
		labyrinth help "$command" | sed -n '/^Options/,/^$/s/^  *\(-.*\)  .*/\1/p'
	done
}

test_each_command_has_its_own_help() {
	local command

	for command in $(commands); do
		labyrinth help "$command" >"$out/said" || fail "status $? of help $command"
		labyrinth "$command" --help | cmp -s - "$out/said" || fail "$command --help is another text"
		[[ $(head -n 1 "$out/said") = "usage: labyrinth $command "* ]] || fail "$(head -n 1 "$out/said")"
		[[ $(tail -n 1 "$out/said") = "  labyrinth $command"* ]] || fail "no example of $command"
		[ "$(grep -c -e --owner "$out/said")" = "$(case $command in owners | pages | refusals | violations) echo 1 ;; *) echo 0 ;; esac)" ] ||
			[[ $command = @(refusals|help) ]] || fail "options of $command: $(cat "$out/said")"
	done
}

test_manual_describes_each_command_and_option() {
	local word

	man --warnings -l "$top/tools/labyrinth/labyrinth.8" 2>&1 >/dev/null | grep . >"$out/said" &&
		fail "man: $(cat "$out/said")"
	mandoc -Tlint "$top/tools/labyrinth/labyrinth.8" >"$out/said" || fail "$(cat "$out/said")"
	man -l "$top/tools/labyrinth/labyrinth.8" | col -b >"$out/man"
	for word in $(commands) $(for_each_command | tr ' =' '\n\n' | sed -n 's/^\(--*[a-zA-Z-]*\).*/\1/p' | sort -u); do
		# Commands have paragraphs; some options share one.
		case $word in -*) word=".*$word" ;; esac
		grep -qE "^ {7}$word([] =,[]|\$)" "$out/man" || fail "not in the manual: $word"
	done
}

complete_words() { # WORD...
	bash -c '. "$1/tools/labyrinth/completion.bash"; shift
		COMP_WORDS=(labyrinth "$@") COMP_CWORD=$#
		_labyrinth 2>&1; echo "${COMPREPLY[*]}"' - "$top" "$@"
}

test_bash_completes_commands_options_and_values() {
	local command word said

	expect_equal "commands" "$(complete_words '')" \
		"$(commands | tr '\n' ' ')--help --version"
	for command in $all_commands; do
		for word in $(complete_words "$command" --); do
			case $word in *=) word+=1 ;; esac
			[ "$word" != --from=1 ] || continue
			said=$(labyrinth "$command" --from="$here/dry" "$word" 1 2>&1)
			[[ $said != *"no option"* ]] || fail "$said"
		done
	done
	for command in $(commands); do
		[ "$command" = help ] && continue
		expect_equal "options of $command" "$(complete_words "$command" -- | tr ' ' '\n' | tr -d = | sort | tr '\n' ' ')" \
			"$(labyrinth help "$command" | sed -n 's/^  [- ][^ ]*,* *\(--[a-z-]*\).*/\1/p' | grep -vx -e --version | sort | tr '\n' ' ')"
	done
	expect_equal "help of" "$(complete_words help st)" "status"
	expect_equal "folders of -f" "$(complete_words zones -f "$here/dr")" "$here/dry"
	expect_equal "states" "$(complete_words pages --state = o)" "owned orphan"
	expect_equal "owners" "$(complete_words pages --from = "$here/dry" --owner = '')" \
		"lab_sample.producer lab_sample.consumer nic-rx disk-tx"
	expect_equal "folders" "$(complete_words zones --from "$here/dr")" "$here/dry"
	expect_equal "columns" "$(complete_words owners --from "$here/dry" --sort = st)" "stocked stock"
}

test_install_and_uninstall_are_complete() {
	local stage=$out/stage

	rm -rf "$stage"
	make -s -C "$top/tools/labyrinth" O="$out/plain" CFLAGS="-O2 -g -Werror" DESTDIR="$stage" install
	expect_equal "files" "$(cd "$stage" && find . -type f | sort | tr '\n' ' ')" \
		"./usr/local/bin/labyrinth ./usr/local/lib/systemd/system/labyrinth-metrics.service ./usr/local/lib/systemd/system/labyrinth-metrics.timer ./usr/local/share/bash-completion/completions/labyrinth ./usr/local/share/man/man8/labyrinth.8 "
	"$stage/usr/local/bin/labyrinth" --version >"$out/said" || fail "it does not run"
	make -s -C "$top/tools/labyrinth" O="$out/plain" DESTDIR="$stage" uninstall
	expect_equal "files left" "$(cd "$stage" && find . -type f)" ""
}

# ---- fuzzing

# The seed is fixed: the inputs are the same in each run.
test_10000_inputs_of_libfuzzer_cause_no_crash() {
	local dir=$out/fuzz file n=0 sources

	rm -rf "$dir"
	mkdir -p "$dir/corpus"
	cp -r "$here/dry" "$dir/folder"
	for file in pages refusals verdicts advice; do
		head -n 6 "$here/dry/$file" >"$dir/folder/$file"
	done
	for file in owners pages zones refusals violations verdicts advice audit saved owner/nic-rx/stats \
		watch dippers watch_module takers; do
		# shellcheck disable=SC2059 # a byte
		{ printf "\\x$(printf %02x $n)"; head -n 6 "$here/dry/$file"; } >"$dir/corpus/$n"
		n=$((n + 1))
	done
	# shellcheck disable=SC2059 # a byte
	{ printf "\\x$(printf %02x $n)"; "$here/made_recording.py" 1 1 | tee "$dir/folder/recording"; } >"$dir/corpus/$n"
	sources=("$top"/tools/labyrinth/{,*/}*.c)
	# shellcheck disable=SC2206 # no blanks in them
	sources=(${sources[@]/*\/main.c/})
	clang -std=c11 -D_GNU_SOURCE -DVERSION='"fuzz"' -Wall -Wextra -Werror -g -O1 \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-Wl,--wrap=die -pthread -o "$dir/fuzz" "$here/fuzz.c" "${sources[@]}" -ljansson -lncurses -ltinfo -lm \
		>"$dir/log" 2>&1 || { fail "$(tail -n 5 "$dir/log")"; return; }
	# No leak detection: where a command fails it would exit, and it does not free its memory.
	(cd "$dir" && ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=0 FUZZ_FOLDER=folder \
		./fuzz -runs=10000 -seed=1 -max_len=2048 -detect_leaks=0 corpus) >>"$dir/log" 2>&1 ||
		fail "$(grep -A 8 -m 1 -E 'ERROR|runtime error' "$dir/log")"
	grep -q '^Done 10000 runs' "$dir/log" || fail "$(tail -n 3 "$dir/log")"
}

# ---- the live module

# Run FILE.sh in a virtual machine, in the same way as the kselftests.
boot() { # FILE NAME VM-OPTION...
	local file=$1 vm=$out/$2 status

	shift 2
	rm -rf "$vm"
	mkdir -p "$vm"
	echo "here=/lib/labyrinth/command sh /lib/labyrinth/kselftest/run.sh $file" >"$vm/boot.sh"
	# In lockdown, no module can be loaded again.
	[ "$file" != closed ] || cat >"$vm/boot.sh" <<-'EOB'
		insmod /lib/labyrinth/labyrinth.ko
		{ modules=/lib/labyrinth sh /lib/labyrinth/command/closed.sh; echo $? >/tmp/status; } | sed 's/^/  /'
		rmmod labyrinth && exit $(cat /tmp/status)
	EOB
	"$top/scripts/vm.sh" --kernel 6.12 --timeout 300 --out "$vm" "$@" \
		--file "$here/$file.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/ktap.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/reserve_lib.sh:/lib/labyrinth/command/" \
		--file "$top/tests/kselftest/run.sh:/lib/labyrinth/kselftest/" \
		--file "$plain:/bin/" --file "$(command -v setpriv)" \
		--file "$(command -v script):/bin/" --file /lib/terminfo/v/vt100:/lib/terminfo/v/ \
		--file "$top/build/6.12/labyrinth/labyrinth.ko" \
		--file "$top/build/6.12/tests/kselftest/lab_stub.ko" \
		--file "$top/build/6.12/tests/kselftest/lab_reserve.ko" \
		--file "$top/build/6.12/samples/lab_sample.ko" "$vm/boot.sh" 2>"$vm/vm.log"
	status=$?
	tr -d '\r' <"$vm/result.log" | sed '/^# vm: /d; s/^/  /' | tee "$vm/ktap"
	"$top/scripts/splat.sh" "$vm/console.log" | sed 's/^/# /'
	[ "${PIPESTATUS[0]}" -eq 0 ] && [ "$status" -eq 0 ] &&
		[ "$(grep -cE '^    (not )?ok ' "$vm/ktap")" -eq "$(sed -n 's/^    1\.\.//p' "$vm/ktap")" ]
}

live() {
	"$top/scripts/build.sh" 6.12 kselftest samples >"$out/build.log" 2>&1
	result $? "the module builds"
	boot live live --smp 2
	result $? "on a live module"
	boot advise advise --smp 1 --mem 384M --append init_on_alloc=0
	result $? "after a machine ran out of memory"
	boot closed closed --smp 2
	result $? "where debugfs is closed"
	[ -n "$short" ] || for option in debugfs=off debugfs=no-mount; do
		boot closed $option --smp 2 --append $option
		result $? "with $option"
	done
}

here_only='' accept=''
for option; do
	case $option in
	--here) here_only=1 ;;
	--accept) accept=1 ;;
	--short) short=1 left_out='valgrind|libfuzzer|under_sanitizers' sanitized=$plain checked=$plain
		export ASAN_OPTIONS=detect_leaks=0 ;;
	*) sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
rm -rf "$out"
mkdir -p "$out"
build >"$out/build.log" 2>&1 || { head -n 20 "$out/build.log" | sed 's/^/# /'; echo "Bail out! the build failed"; exit 1; }
if [ -n "$accept" ]; then
	for file in "$here"/expect/*; do
		transcript "$file" >"$out/said"
		cp "$out/said" "$file"
	done
	test_top_shows_a_saved_folder_on_screens_of_each_size
	exit
fi
echo "KTAP version 1"
for test in $(sed -n 's/^\(test_[A-Za-z0-9_]*\)() {.*/\1/p' "$0" "$here"/{advice,broken,misuse,metrics,top,report,record,watch}.sh |
	grep -vE "$left_out"); do
	run_test "$test"
done
[ -n "$here_only" ] || live
echo "1..$nr"
exit $failed
