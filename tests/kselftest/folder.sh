#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each owner's directory in debugfs and its writable files.
. "${0%/*}/ktap.sh"
need_module lab_stub

folder=$lab/owner

stat_of() { # OWNER NAME
	table "owner/$1/stats" value "name=$2"
}

expect_stats() { # OWNER [NAME VALUE]...
	local owner=$1

	shift
	while [ $# -ge 2 ]; do
		expect_equal "$1 of $owner" "$(stat_of "$owner" "$1")" "$2"
		shift 2
	done
}

# Print 0, or the message of the error.
put() { # VALUE FILE
	local said

	said=$({ echo "$1" >"$2"; } 2>&1) && echo 0 && return
	echo "${said##*: }"
}

expect_put() { # ANSWER VALUE FILE
	expect_equal "answer to '$2' for $3" "$(put "$2" "$3")" "$1"
}

invalid="Invalid argument"

test_an_owner_has_a_folder_that_only_root_can_use() {
	expect 0 create 0 name=one
	expect_equal "files" "$(find $folder/one -type f | sort | sed 's:.*/::' | tr '\n' ' ')" \
		"budget depth history pages reserve_pct reset stats stock "
	for file in stats pages depth history; do
		expect_equal "mode of $file" "$(stat -c %a $folder/one/$file)" 400
	done
	for file in budget reserve_pct stock reset; do
		expect_equal "mode of $file" "$(stat -c %a $folder/one/$file)" 600
	done
}

test_the_folder_is_removed_with_its_owner() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 0 destroy 0
	expect_equal "folders" "$(ls $folder)" two
}

test_a_destroyed_owners_folder_name_can_be_used_again() {
	for i in 1 2 3 4 5; do
		expect 0 create 0 name=one budget=$i
		expect_stats one budget $i
		expect 0 destroy 0
	done
	expect_not_in_log "labyrinth|debugfs"
}

test_a_refused_create_leaves_no_folder() {
	expect 0 create 0 name=one
	expect -EEXIST create 1 name=one
	expect -EINVAL create 2 name=two budget=0
	expect_equal "folders" "$(ls $folder)" one
}

test_owners_named_dot_and_dotdot_have_no_folder() {
	expect 0 create 0 name=.
	expect 0 create 1 name=..
	expect 0 create 2 name=...
	expect 1 alloc 0 0
	expect 1 alloc 1 1
	expect 0 free 0 0
	expect 0 free 1 1
	expect_equal "folders" "$(ls -A $folder)" ...
	expect_not_in_log "debugfs"
}

test_a_devm_owners_folder_is_removed_with_its_device() {
	expect 0 create 0 name=one devm
	[ -e $folder/one/stats ] || fail "the owner has no folder"
	expect 0 detach
	expect_equal "folders" "$(ls $folder)" ""
}

test_the_folder_of_a_leaked_owner_is_removed_with_its_module() {
	expect 0 create 0 name=left
	exec 3<$folder/left/stats
	expect 0 leave 1
	rmmod lab_stub || fail "lab_stub cannot be unloaded"
	expect_equal "folders" "$(ls $folder)" ""
	! cat <&3 >/dev/null 2>&1 || fail "stats can still be read"
	exec 3<&-
	insmod "$modules/lab_stub.ko" || fail "lab_stub cannot be loaded again"
}

test_stats_shows_the_parameters() {
	expect 0 create 0 name=one budget=77 stock=5 pct=30 nid=0 scope=1 flags=1
	expect_stats one budget 77 stock 5 reserve_pct 30 nid 0 scope process flags 0x1 \
		module lab_stub id "$(owner_cell one id)"
	expect 0 create 1 name=two
	expect_stats two nid -1 scope owner flags 0x0
}

test_stats_counts_pages() {
	expect 0 create 0 name=one budget=9
	expect 3 alloc 0 0 times=3
	expect 0 free 0 0 times=2
	expect_stats one owned 1 stocked 2 peak 3 allocs 3 frees 2 quarantined 0 from_reserve 0 \
		bytes "$(owner_cell one bytes)"
}

test_stats_counts_refusals_by_reason() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	expect 0 alloc 0 1
	expect 0 alloc 0 1
	expect_stats one refused_budget 2 refused_floor 0 refused_buddy 0 refused_context 0 \
		refused_scope 0 refused_dying 0
}

test_stats_counts_violations_by_kind() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect 0 free 0 0
	expect -EALREADY free 0 0
	expect 0 plain 1
	expect -ENOENT free 0 1
	expect_stats one violations_double_free 1 violations_plain_page 1 violations_orphan 0
	expect 0 putref 1
}

test_pages_lists_only_pages_of_its_owner() {
	expect 0 create 0 name=one budget=9 stock=2
	expect 0 create 1 name=two budget=9
	expect 4 alloc 1 0 times=4
	expect 1 alloc 0 4
	pfn=$(number pfn 4)
	expect_rows 1 owner/one/pages owner=one state=owned pfn="$pfn" caller~^stub_call_once
	expect_rows 0 owner/one/pages owner=two
	expect_rows 4 owner/two/pages
	expect_rows 4 owner/two/pages owner=two state=owned
}

test_pages_of_an_owner_lists_no_orphans() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	expect 1 alloc 0 0
	expect 1 destroy 0
	expect_rows 1 pages state=orphan owner=one
	expect_rows 0 owner/two/pages
	expect 0 putref 0
}

test_pages_lists_each_of_3000_pages_once() {
	expect 0 create 0 name=one budget=3000
	expect 0 create 1 name=two budget=3000
	expect 3000 bulk 0 0 3000
	expect 1000 bulk 1 3000 1000
	expect_equal "different pfns" "$(awk 'NR > 1 { print $1 }' $folder/one/pages | sort -u |
		wc -l)" 3000
	expect_rows 3000 owner/one/pages
}

test_depth_has_ten_rows_without_pages_if_memory_is_plentiful() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect_equal "rows" "$(awk 'NR > 1 { print $1 }' $folder/one/depth | tr '\n' ' ')" \
		"10 20 30 40 50 60 70 80 90 100 "
	expect_rows 10 owner/one/depth pages=0
}

refused_lately() { # OWNER
	awk 'NR > 1 && $1 < 2 { n += $2 } END { print n + 0 }' "$folder/$1/history"
}

test_history_counts_refusals_of_the_last_hour() {
	expect 0 create 0 name=one budget=1
	expect_rows 60 owner/one/history refused=0
	expect 1 alloc 0 0
	for i in 1 2 3; do
		expect 0 alloc 0 1
	done
	expect_rows 1 owner/one/history minutes_ago=0
	expect_rows 60 owner/one/history
	expect_equal "refused lately" "$(refused_lately one)" 3
}

test_reset_resets_peak_and_history_but_not_counters() {
	expect 0 create 0 name=one budget=3
	expect 0 create 1 name=two budget=3
	expect 3 alloc 0 0 times=4
	expect 3 alloc 1 4 times=4
	expect 0 release 0 0 times=2
	expect 0 release 1 4 times=2
	expect_put 0 1 $folder/one/reset
	expect_stats one peak 1 allocs 3 refused_budget 1
	expect_equal "refused lately" "$(refused_lately one)" 0
	expect_stats two peak 3
	expect_equal "refused lately" "$(refused_lately two)" 1
	expect 1 alloc 0 0
	expect_stats one peak 2
	for i in 0 1 4 5; do
		[ $i = 0 ] || expect 0 putref $i
	done
}

test_the_top_level_reset_resets_all_owners() {
	expect 0 create 0 name=one budget=3
	expect 0 create 1 name=two budget=3
	expect 3 alloc 0 0 times=4
	expect 3 alloc 1 4 times=4
	expect 0 release 0 0
	expect 0 release 1 4
	expect_put "$invalid" 2 $lab/reset
	expect_stats one peak 3
	expect_put 0 1 $lab/reset
	expect_stats one peak 2
	expect_stats two peak 2
	expect_equal "refused lately" "$(refused_lately one)$(refused_lately two)" 00
	expect 0 putref 0
	expect 0 putref 4
}

test_reset_accepts_only_1() {
	expect 0 create 0 name=one
	for value in 0 2 11 "1 1" -1 x ''; do
		expect_put "$invalid" "$value" $folder/one/reset
	done
	expect_equal "contents of reset" "$(cat $folder/one/reset)" ""
}

test_reserve_pct_can_be_changed() {
	expect 0 create 0 name=one pct=40
	expect_equal "reserve_pct" "$(cat $folder/one/reserve_pct)" 40
	for pct in 0 1 100 0x10; do
		expect_put 0 $pct $folder/one/reserve_pct
		expect_owner one reserve_pct $((pct))
	done
}

test_a_changed_reserve_pct_moves_the_floor() {
	expect 0 create 0 name=one budget=1 pct=100
	expect 1 alloc 0 0
	expect 0 alloc 0 1
	expect_refusal owner=one "floor<$(table refusals min)"
	expect_put 0 0 $folder/one/reserve_pct
	expect 0 alloc 0 1
	expect_refusal owner=one floor="$(table refusals min)"
}

test_reserve_pct_accepts_0_to_100_only() {
	expect 0 create 0 name=one pct=40
	for value in 101 -1 +1 1.0 x '' "1 2" 4294967296 18446744073709551616 0x 1e1; do
		expect_put "$invalid" "$value" $folder/one/reserve_pct
	done
	expect_equal "reserve_pct" "$(cat $folder/one/reserve_pct)" 40
}

stocked() { # OWNER NR
	[ "$(owner_cell "$1" stocked)" = "$2" ]
}

test_a_raised_stock_is_filled() {
	expect 0 create 0 name=one budget=100
	expect_equal "stock" "$(cat $folder/one/stock)" 0
	expect_put 0 60 $folder/one/stock
	expect_owner one stock 60
	wait_until stocked one 60 || fail "stocked is $(owner_cell one stocked)"
	expect 60 alloc 0 0 times=60 in=nmi
}

test_a_lowered_stock_is_freed_at_once() {
	expect 0 create 0 name=one budget=100 stock=60
	expect_put 0 10 $folder/one/stock
	expect_owner one stock 10 stocked 10
	expect_put 0 0 $folder/one/stock
	expect_owner one stock 0 stocked 0
}

test_the_stock_of_a_zeroing_owner_can_be_changed() {
	expect 0 create 0 name=one budget=20 flags=1
	expect 10 alloc 0 0 times=10
	expect 0 fill 0 0x33
	expect 0 free 0 0 times=10
	expect_put 0 20 $folder/one/stock
	wait_until stocked one 20 || fail "stocked is $(owner_cell one stocked)"
	expect 20 alloc 0 0 times=20
	expect 1 holds 0 0
	expect 0 free 0 0 times=20
	expect_put 0 0 $folder/one/stock
	expect_owner one stock 0
}

test_stock_accepts_0_to_the_budget_only() {
	expect 0 create 0 name=one budget=100 stock=7
	for value in 101 -1 x '' 4294967296 4294967303 18446744073709551616; do
		expect_put "$invalid" "$value" $folder/one/stock
	done
	expect_equal "stock" "$(cat $folder/one/stock)" 7
	expect_put 0 100 $folder/one/stock
}

test_a_stock_beyond_the_tag_table_is_ENOSPC() {
	expect 0 create 0 name=one budget=20000 stock=3
	expect_put "No space left on device" 20000 $folder/one/stock
	expect_owner one stock 3 stocked 3
	expect_put 0 2000 $folder/one/stock
}

test_only_a_short_line_in_one_write_is_accepted() {
	expect 0 create 0 name=one pct=40
	file=$folder/one/reserve_pct
	! printf '7\000' 2>/dev/null >$file || fail "a NUL is accepted"
	! printf '%64s7' '' 2>/dev/null >$file || fail "65 bytes are accepted"
	! head -c 1000000 /dev/zero 2>/dev/null >$file || fail "a million bytes are accepted"
	! dd if=/dev/zero of=$file bs=1M count=1 2>/dev/null || fail "a MiB is accepted"
	expect_equal "reserve_pct" "$(cat $file)" 40
	printf '%63s7' '' >$file || fail "64 bytes are refused"
	expect_equal "reserve_pct" "$(cat $file)" 7
}

test_open_files_of_a_destroyed_owner_fail_with_EIO() {
	for file in stats pages depth history reserve_pct stock; do
		expect 0 create 0 name=one
		exec 3<$folder/one/$file
		expect 0 destroy 0
		said=$(cat <&3 2>&1 >/dev/null)
		expect_match "$file of a destroyed owner" "$said" "*Input/output error"
		exec 3<&-
	done
	for file in reserve_pct stock reset; do
		expect 0 create 0 name=one
		exec 3>$folder/one/$file
		expect 0 destroy 0
		! echo 1 2>/dev/null >&3 || fail "$file of a destroyed owner can be written"
		exec 3>&-
	done
}

test_an_open_file_of_a_destroyed_owner_does_not_change_a_new_owner_of_its_name() {
	expect 0 create 0 name=one
	exec 3>$folder/one/stock
	expect 0 destroy 0
	expect 0 create 0 name=one
	! echo 1 2>/dev/null >&3 || fail "the old file can be written"
	exec 3>&-
	expect_owner one stock 0
}

# Both log a line for each file that was present.
read_all() {
	while [ -e /tmp/busy ]; do
		md5sum $folder/*/* $lab/owners $lab/pages $lab/lookup 2>/dev/null
	done | sed 's:.*/:read :' >>/tmp/done
}

write_all() {
	while [ -e /tmp/busy ]; do
		for file in $folder/*/reserve_pct $folder/*/stock $folder/*/reset; do
			{ echo 1 >"$file" && echo "wrote ${file##*/}"; } 2>/dev/null
			{ echo 0 >"$file" && echo "wrote ${file##*/}"; } 2>/dev/null
		done
	done >>/tmp/done
}

expect_done() { # LINE
	expect_at_least "lines '$1'" "$(grep -cx "$1" /tmp/done)" 1
}

test_owners_can_be_destroyed_while_their_files_are_read_and_written() {
	on_cpus $all_cpus
	: >/tmp/busy
	: >/tmp/done
	read_all &
	read_all &
	write_all &
	i=0
	while [ $i -lt 20 ]; do
		expect 0 create 0 name=one budget=50 stock=20
		expect 0 create 1 name=two budget=50
		expect 0 create 2 name=three budget=50 flags=1
		say alloc 1 0 times=20
		say alloc 2 20 times=20
		say free 1 0 times=20
		say free 2 20 times=20
		expect 0 destroy 0
		expect 0 destroy 1
		expect 0 destroy 2
		i=$((i + 1))
	done
	rm /tmp/busy
	wait
	for file in stats pages depth history reserve_pct stock reset owners lookup; do
		expect_done "read $file"
	done
	for file in reserve_pct stock reset; do
		expect_done "wrote $file"
	done
	expect_equal "folders" "$(ls $folder)" ""
	expect_no_violation
}

run_tests
