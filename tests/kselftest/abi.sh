#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The files in Documentation/ABI/testing agree with debugfs and sysfs.
. "${0%/*}/ktap.sh"
need_module lab_stub

abi=$modules/debugfs-labyrinth
sysfs=/sys/kernel/labyrinth
name=abi.test

# Write a line per entry to $entries: the file, its mode, and its tables. A table is given as
# the first cells of its lines, joined by commas.
entries=/tmp/entries
write_entries() {
	awk '
	function tell() { if (file != "") print file, mode, tables }
	/^What:/ { tell(); file = $2; mode = "-"; tables = ""; inside = 0; described = 0 }
	/^Description:/ { described = 1; next }
	!described { next }
	mode == "-" && match($0, /\(0[0-7]*\)/) { mode = substr($0, RSTART + 2, RLENGTH - 3) }
	/^\t\t==/ { inside = !inside; if (inside) tables = tables " "; comma = ""; next }
	inside && /^\t\t[^ ]/ { tables = tables comma $1; comma = "," }
	END { tell() }' "$abi" | sed "s:<name>:$name:" >$entries
}

entry_cell() { # FILE N
	awk -v file="$1" -v n="$2" '$1 == file { print $n }' $entries
}

have_all() {
	expect 0 create 0 name=$name budget=4 stock=1
	expect 1 alloc 0 0
	echo "pfn $(number pfn 0)" >$lab/lookup || fail "lookup refuses a pfn"
}

test_every_file_has_an_entry_and_every_entry_a_file() {
	have_all
	find $lab -type f | sort >/tmp/there
	cut -d ' ' -f 1 $entries | sort >/tmp/said
	expect_at_least "entries" "$(wc -l </tmp/said)" 15
	expect_equal "documentation and debugfs differ" "$(diff /tmp/said /tmp/there | grep '^[-+]/')" ""
}

test_no_file_has_two_entries() {
	expect_equal "duplicate entries" "$(cut -d ' ' -f 1 $entries | sort | uniq -d)" ""
}

test_every_entry_has_all_its_fields() {
	for field in What Date KernelVersion Contact Description; do
		expect_equal "entries with $field" "$(grep -c "^$field:" "$abi")" \
			"$(wc -l <$entries)"
	done
}

test_every_file_has_its_documented_mode() {
	have_all
	for file in $(cat /tmp/there); do
		expect_equal "mode of $file" "$(stat -c %a "$file")" "$(entry_cell "$file" 2)"
	done
}

test_every_table_has_its_documented_columns() {
	local columns tables=0

	have_all
	for file in $(cat /tmp/there); do
		columns=$(entry_cell "$file" 3)
		[ -n "$columns" ] && [ "$file" != $lab/advice ] && [ "$file" != $lab/watch_module ] || continue
		tables=$((tables + 1))
		expect_equal "columns of $file" "$(head -n 1 "$file" | tr ' ' ,)" "$columns"
	done
	expect_at_least "tables" $tables 9
}

# The keys of the first line in advice that has KEY.
keys() { # KEY
	awk -v key="$1" '{
		keys = ""; has = 0
		for (i = 1; i <= NF; i++) {
			name = substr($i, 1, index($i, "=") - 1)
			keys = keys (i > 1 ? "," : "") name
			has += name == key
		}
		if (has) { print keys; exit }
	}' $lab/advice
}

has_change() {
	grep -q change= $lab/advice
}

test_advice_has_its_documented_keys() {
	have_all
	expect 3 alloc 0 1 times=3
	expect 0 alloc 0 4
	wait_until has_change
	expect_equal "keys of a call" "$(keys context)" "$(entry_cell $lab/advice 3)"
	expect_equal "keys of a zone" "$(keys usable)" "$(entry_cell $lab/advice 4)"
	expect_equal "keys of a change" "$(keys change)" "$(entry_cell $lab/advice 5)"
}

test_watch_module_has_its_documented_keys() {
	have_all
	echo lab_stub >$lab/watch_module
	expect_equal "keys" "$(tr ' ' '\n' <$lab/watch_module | sed 's/=.*//' | paste -sd ,)" \
		"$(entry_cell $lab/watch_module 3)"
	echo - >$lab/watch_module
}

test_every_table_has_its_columns_documented() {
	have_all
	for file in $(cat /tmp/there); do
		case ${file##*/} in
		budget | reserve_pct | stock | reset | audit_now | verdicts) ;;
		*) [ -n "$(entry_cell "$file" 3)" ] || fail "the columns of $file are not documented" ;;
		esac
	done
}

test_stats_and_lookup_have_their_documented_rows() {
	have_all
	for file in $lab/owner/$name/stats $lab/lookup; do
		expect_equal "rows of $file" \
			"$(awk 'NF == 0 { exit } NR > 1 { print $1 }' $file | tr '\n' ,)" \
			"$(entry_cell $file 4),"
	done
}

test_lookup_history_has_its_documented_columns() {
	have_all
	expect_equal "columns" "$(sed '1,/^$/d' $lab/lookup | head -n 1 | tr ' ' ,)" \
		"$(entry_cell $lab/lookup 5)"
}

test_every_file_in_sysfs_is_documented_and_readable_by_all() {
	have_all
	find $sysfs -type f | sort >/tmp/there
	sed -n 's/^What:[[:space:]]*//p' "$modules/sysfs-kernel-labyrinth" | sed "s:<name>:$name:" |
		while read -r file; do
			for zone in $sysfs/zones/*; do
				echo "$file" | sed "s:<node>-<zone>:${zone##*/}:"
			done
		done | sort -u >/tmp/said
	expect_at_least "files" "$(wc -l </tmp/there)" 40
	expect_equal "documentation and sysfs differ" "$(diff /tmp/said /tmp/there | grep '^[-+]/')" ""
	expect_equal "files of another mode" "$(find $sysfs -type f ! -perm 444)" ""
}

test_sysfs_has_the_figures_of_debugfs() {
	have_all
	for file in $sysfs/owners/$name/*; do
		expect_equal "${file##*/}" "$(cat "$file")" \
			"$(table owner/$name/stats value name="${file##*/}")"
	done
	for figure in min low high lowmem_reserve cma atomic_floor; do
		for zone in $sysfs/zones/*; do
			expect_equal "$figure of ${zone##*/}" "$(cat "$zone/$figure")" \
				"$(table zones $figure zone="${zone##*-}")"
		done
	done
}

test_a_folder_in_sysfs_leaves_with_its_owner() {
	have_all
	exec 7<$sysfs/owners/$name/budget
	say reset
	[ ! -e $sysfs/owners/$name ] || fail "the folder remains"
	! cat <&7 >/dev/null 2>&1 || fail "a file that was open can be read"
	exec 7<&-
	expect 0 create 0 name=.
	expect_equal "folders" "$(ls -A $sysfs/owners)" ""
}

write_entries
run_tests
