#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tables in /sys/kernel/debug/labyrinth.
. "${0%/*}/ktap.sh"
need_module lab_stub

tables="owners pages zones refusals violations"

expect_columns() { # TABLE COLUMN...
	local file=$1 header

	shift
	read -r header <$lab/"$file"
	for column; do
		case " $header " in
		*" $column "*) ;;
		*) fail "$file has no column $column" ;;
		esac
	done
}

expect_last_column() { # TABLE COLUMN
	read -r header <$lab/"$1"
	expect_equal "last column of $1" "${header##* }" "$2"
}

test_every_table_is_readable_by_root_only() {
	for file in $tables; do
		expect_equal "mode of $file" "$(stat -c %a $lab/$file 2>&1)" 400
	done
}

test_owners_has_its_columns() {
	expect_columns owners id name module scope budget owned stocked stock peak from_reserve \
		allocs frees refused violations
}

test_pages_has_its_columns() {
	expect_columns pages pfn owner state age_ms context cpu node zone from_reserve stack use caller
	expect_last_column pages caller
}

test_zones_has_its_columns() {
	expect_columns zones node zone free min low high lowmem_reserve cma highatomic \
		atomic_floor depth_pct from_reserve
}

test_refusals_has_its_columns() {
	expect_columns refusals seq age_ms owner reason context cpu node zone free min floor caller
	expect_last_column refusals caller
}

test_violations_has_its_columns() {
	expect_columns violations seq age_ms kind owner offender pfn refcount mapcount \
		alloc_caller caught caller
	expect_last_column violations caller
}

expect_full_rows() { # TABLE
	ragged=$(awk 'NR == 1 { n = NF; next } NF != n { print NR ": " $0; exit }' $lab/"$1")
	[ -z "$ragged" ] || fail "$1, line $ragged"
}

test_every_row_has_a_cell_for_every_column() {
	expect 0 create 0 name=one budget=2
	expect 2 alloc 0 0 times=3
	expect -EINVAL free 0 9
	expect 0 plain 3
	expect -ENOENT free 0 3
	expect 0 free 0 0
	for file in $tables; do
		expect_full_rows $file
	done
	expect 0 putref 3
}

test_owners_shows_the_parameters() {
	expect 0 create 0 name=one budget=77 stock=5 scope=0
	expect 0 create 1 name=two scope=1
	expect 0 create 2 name=three scope=2
	expect_owner one module lab_stub scope owner budget 77 stock 5 stocked 5
	expect_owner two scope process
	expect_owner three scope thread
}

test_owners_have_different_ids() {
	expect 0 create 0 name=one
	expect 0 create 1 name=two
	[ "$(owner_cell one id)" != "$(owner_cell two id)" ] || fail "both owners have the same id"
}

test_owners_lists_live_owners_only() {
	expect 0 create 0 name=one
	expect_rows 1 owners name=one
	expect 0 destroy 0
	expect_rows 0 owners
}

test_owners_counts_allocs_frees_refusals_and_violations() {
	expect 0 create 0 name=one budget=3
	expect 3 alloc 0 0 times=4
	expect 0 free 0 0 times=2
	expect -EALREADY free 0 0
	expect_owner one allocs 3 frees 2 owned 1 refused 1 violations 1 peak 3 from_reserve 0
}

test_pages_shows_context_cpu_node_and_caller() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 in=softirq cpu=2
	pfn=$(number pfn 0)
	expect_rows 1 pages pfn="$pfn" owner=one state=owned context=softirq cpu=2 node=0 \
		from_reserve=0 caller~^stub_call_once
	zone=$(table pages zone pfn="$pfn")
	expect_rows 1 zones zone="$zone"
}

test_pages_shows_ready_pages_as_ready() {
	expect 0 create 0 name=one budget=8 stock=3
	expect_rows 3 pages owner=one state=ready
	expect 3 alloc 0 0 times=3
	expect_rows 3 pages owner=one state=owned
}

test_pages_age_grows() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	expect_rows 0 pages owner=one state=owned "age_ms>700"
	sleep 1
	expect_rows 1 pages owner=one state=owned "age_ms>900"
}

test_pages_lists_each_of_4000_pages_once() {
	expect 0 create 0 name=one budget=4000
	expect 4000 bulk 0 0 4000
	expect_rows 4000 pages owner=one state=owned
	expect_equal "different pfns" "$(awk '$3 == "owned" { print $1 }' $lab/pages | sort -u |
		wc -l)" 4000
}

# zoneinfo adds the boost to each mark. The boost may change between the two reads.
zones_agree() {
	awk 'FNR == 1 { file++ }
	     file == 1 && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	     file == 1 {
		zones++
		for (name in column)
			cell[$column["zone"] " " name] = $column[name]
		next
	     }
	     $1 == "Node" { zone = $4; seen["min"] = seen["low"] = seen["high"] = 0 }
	     $1 in seen && !seen[$1]++ && (zone " zone") in cell {
		if (cell[zone " " $1] + cell[zone " boost"] == $2)
			agreed++
	     }
	     END {
		print agreed + 0, "of", 3 * zones, "marks agree"
		exit !zones || agreed != 3 * zones
	     }' $lab/zones /proc/zoneinfo >/tmp/agreement
}

test_zones_agrees_with_zoneinfo() {
	wait_until zones_agree || fail "$(cat /tmp/agreement)"
}

# The zone with most of the machine's memory.
largest_zone() {
	awk 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	     $column["min"] > most { most = $column["min"]; zone = $column["zone"] }
	     END { print zone }' $lab/zones
}

test_zones_free_is_close_to_zoneinfo() {
	zone=$(largest_zone)
	listed=$(table zones free zone=$zone)
	free=$(awk -v zone=$zone '$1 == "Node" { z = $4 }
		$1 == "pages" && $2 == "free" && z == zone { print $3 }' /proc/zoneinfo)
	expect_at_most "difference" $((listed - free)) 4000
	expect_at_most "difference" $((free - listed)) 4000
}

test_zones_atomic_floor_is_three_eighths_of_min() {
	awk 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
	     { print $column["zone"], $column["min"], $column["atomic_floor"] }' $lab/zones \
		>/tmp/floors
	while read -r zone min floor; do
		half=$((min - min / 2))
		expect_equal "atomic_floor of $zone" "$floor" $((half - half / 4))
	done </tmp/floors
}

test_zones_depth_is_0_with_enough_memory() {
	expect_rows 1 zones "zone=$(largest_zone)" depth_pct=0 from_reserve=0
}

test_a_refusal_shows_the_zones_figures() {
	expect 0 create 0 name=one budget=1 pct=100
	expect 1 alloc 0 0
	expect 0 alloc 0 1
	zone=$(table refusals zone owner=one)
	min=$(table zones min zone="$zone")
	expect_refusal owner=one reason=budget context=task node=0 min="$min" \
		floor="$(table zones atomic_floor zone="$zone")" "free>$min" caller~^stub_call
}

test_refusals_are_numbered_without_gaps() {
	expect 0 create 0 name=one budget=1
	expect 1 alloc 0 0
	for i in 1 2 3 4 5; do
		expect 0 alloc 0 1
	done
	gaps=$(awk 'NR > 2 && $1 != last + 1 { print "after " last } { last = $1 }' $lab/refusals)
	expect_equal "gaps" "$gaps" ""
}

test_violations_are_all_counted_but_logged_at_a_limited_rate() {
	expect 0 create 0 name=one
	expect 0 plain 0
	say free 0 0
	i=0
	while [ $i -lt 200 ]; do
		echo "free 0 0" >$stub/command
		i=$((i + 1))
	done
	expect_owner one violations 201
	expect_rows 201 violations "seq>$violations_seen" kind=plain_page
	usleep 200000
	told=$(log_since | grep -c 'labyrinth: plain_page')
	expect_at_most "lines in the log" "$told" 100
	expect 0 putref 0
}

test_tables_can_be_read_while_pages_move() {
	on_cpus $all_cpus
	expect 0 create 0 name=one budget=200 stock=100
	expect 0 create 1 name=two budget=200
	: >/tmp/busy
	while [ -e /tmp/busy ]; do
		echo "bulk 0 0 150 in=softirq cpu=1" >$stub/command
		echo "transfer 0 1 0" >$stub/command
		echo "free 1 0" >$stub/command
		echo "free 0 1 times=149" >$stub/command
	done &
	i=0
	while [ $i -lt 10 ]; do
		for file in owners pages zones; do
			expect_full_rows $file
		done
		i=$((i + 1))
	done
	rm /tmp/busy
	wait
	# A page that moves during a read may be listed twice; an idle page may not.
	expect 150 bulk 0 0 150
	doubled=$(awk 'NR > 1 { print $1 }' $lab/pages | sort | uniq -d)
	expect_equal "pfns listed twice" "$doubled" ""
	expect_no_violation
}

test_reserve_pct_is_50_by_default() {
	expect_equal reserve_pct "$(cat /sys/module/labyrinth/parameters/reserve_pct)" 50
}

set_reserve_pct() { # VALUE
	echo "$1" 2>/dev/null >/sys/module/labyrinth/parameters/reserve_pct
}

test_reserve_pct_accepts_1_to_100_only() {
	for pct in 0 101 -1 1000 x ''; do
		! set_reserve_pct "$pct" || fail "'$pct' is accepted"
	done
	expect_equal reserve_pct "$(cat /sys/module/labyrinth/parameters/reserve_pct)" 50
	for pct in 1 100 50; do
		set_reserve_pct $pct || fail "$pct is refused"
	done
}

test_reserve_pct_is_the_default_of_new_owners() {
	set_reserve_pct 30
	expect 0 create 0 name=default budget=1
	set_reserve_pct 50
	expect 0 create 1 name=own budget=1 pct=70
	expect 0 create 2 name=none budget=1 pct=-1
	expect_owner default reserve_pct 30
	expect_owner own reserve_pct 70
	expect_owner none reserve_pct 0
}

run_tests
