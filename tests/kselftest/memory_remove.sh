#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory goes offline and is removed: a DIMM that is node 1, of which one block after the
# other is put online. Bad memory is what the kernel takes offline though somebody has it.
. "${0%/*}/ktap.sh"
need_module lab_stub

page_size=4096
memory=/sys/devices/system/memory
node=/sys/devices/system/node/node1
hard_offline=$memory/hard_offline_page

# The kernel has a thread for each node with memory. What that takes is not to lie in a block of
# ours: so the first block is for movable pages only, and drivers' come from the other.
set_up() {
	local block

	blocks=$(for block in "$node"/memory[0-9]*; do echo "${block##*/memory}"; done | sort -n)
	for block in $blocks; do
		echo offline 2>/dev/null >$memory/memory"$block"/state
	done
	# shellcheck disable=SC2086 # one word a block
	set -- $blocks
	expect_at_least "blocks" $# 7
	echo online_movable >$memory/memory"$1"/state || fail "block $1 does not come"
	shift
	left=$*
}

# A block of its own for each test: none with bad memory comes back.
need_block() {
	block=${left%% *} left=${left#* }
	echo online_kernel >$memory/memory"$block"/state || fail "block $block does not come"
}

first_pfn() {
	echo $((block * 0x$(cat $memory/block_size_bytes) / page_size))
}

is_in_block() { # PFN
	expect_at_least "pfn in block $block" "$1" "$(first_pfn)"
	expect_at_most "pfn in block $block" "$1" $(($(first_pfn) + 0x$(cat $memory/block_size_bytes) / page_size - 1))
}

# A fault ends in -EBUSY; the shell says so only by its status.
goes_offline() {
	echo offline 2>/dev/null >$memory/memory"$block"/state
}

is_online() {
	[ "$(cat $memory/memory"$block"/state)" = online ]
}

spoil() { # PFN
	! echo $(($1 * page_size)) 2>/dev/null >$hard_offline || fail "pfn $1 was taken away"
}

told() { # NAME
	awk -v name="$1" 'NF == 0 { exit } $1 == name { print $2 }' $lab/lookup
}

test_an_owned_page_keeps_its_memory_online_and_the_log_leads_to_its_owner() {
	set_up
	need_block
	expect 0 create 0 name=one nid=1
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	is_in_block "$pfn"
	! goes_offline || fail "it went offline"
	expect_log "unmovable page"
	said=$(log_since | grep -o 'pfn:0x[0-9a-f]*' | head -n 1)
	expect_equal "the page in the log" $((${said#pfn:})) "$pfn"
	echo "pfn ${said#pfn:}" >$lab/lookup
	expect_equal "owner" "$(told owner)" one
	expect 0 check 0 0
	expect 0 free 0 0
	expect 0 destroy 0
	goes_offline || fail "without the owner it does not"
}

# Isolation fails at a page in stock as well; but its owner can let go of it.
test_idle_pages_are_given_back_for_it_by_the_owners_files() {
	need_block
	expect 0 create 0 name=one nid=1 budget=100 stock=32
	expect 40 alloc 0 0 times=40
	expect 0 free 0 0 times=40
	is_in_block "$(table pages pfn owner=one)"
	! goes_offline || fail "it went offline with pages in stock"
	echo 0 >$lab/owner/one/stock
	echo 2 >/proc/sys/vm/drop_caches
	expect_owner one stocked 0
	goes_offline || fail "it does not go offline"
	# From elsewhere.
	echo 32 >$lab/owner/one/stock
	wait_until stock_is_full || fail "the stock is not filled again"
	expect_rows 0 pages owner=one node=1
	expect_no_violation
}

stock_is_full() {
	[ "$(owner_cell one stocked)" = 32 ]
}

test_bad_memory_that_owners_have_given_back_holds_nothing_up() {
	need_block
	expect 0 create 0 name=one nid=1 budget=8
	expect 4 alloc 0 0 times=4
	for pfn in $(number pfn 0) $(number pfn 1) $(number pfn 2) $(number pfn 3); do
		is_in_block "$pfn"
		spoil "$pfn"
	done
	expect 0 release 0 3
	expect 2 getref 2
	expect 0 putref 3
	expect 0 free 0 2
	expect_owner one quarantined 1
	expect 0 putref 2
	expect 0 free 0 0 times=2
	goes_offline || fail "it does not go offline"
	expect_rows 0 pages node=1
	expect_owner one owned 0 stocked 0 quarantined 0
	expect_equal "counted" "$(awk '$1 == "hwpoison" { print $2 }' $lab/owner/one/stats)" 4
	expect_no_violation
}

test_a_ready_page_with_bad_memory_is_given_back() {
	need_block
	expect 0 create 0 name=one nid=1 budget=8
	expect 1 alloc 0 0
	is_in_block "$(number pfn 0)"
	expect 0 free 0 0
	spoil "$(number pfn 0)"
	goes_offline || fail "it does not go offline"
	expect_rows 0 pages owner=one
	expect_owner one owned 0 stocked 0
	expect_equal "counted" "$(awk '$1 == "hwpoison" { print $2 }' $lab/owner/one/stats)" 1
	expect 8 alloc 0 0 times=8
	expect_no_violation
}

test_owned_pages_with_bad_memory_refuse_it_and_their_owners_are_named() {
	need_block
	expect 0 create 0 name=one nid=1
	expect 0 create 1 name=two nid=1
	expect 2 alloc 0 0 times=2
	expect 1 alloc 1 2
	for page in 0 1 2; do
		is_in_block "$(number pfn $page)"
		spoil "$(number pfn $page)"
	done
	! goes_offline || fail "it went offline under its owners"
	is_online || fail "it is $(cat $memory/memory"$block"/state)"
	expect_log "labyrinth: offline: pfn $(first_pfn) to [0-9]*: owner one of lab_stub has 2 pages handed out and 0 in quarantine there"
	expect_log "labyrinth: offline: pfn .* owner two of lab_stub has 1 pages handed out"
	expect 0 check 0 0 times=2
	expect 0 free 0 0 times=2
	expect 0 free 1 2
	goes_offline || fail "without them it does not"
	expect_no_violation
}

# Its holder has it still, as nobody told the kernel.
test_an_orphans_memory_is_removed_and_all_tables_can_be_read() {
	need_block
	expect 0 create 0 name=lost nid=1
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	is_in_block "$pfn"
	spoil "$pfn"
	echo "pfn $pfn" >$lab/lookup
	expect 1 destroy 0
	expect_rows 1 pages state=orphan pfn="$pfn"
	expect_violation kind=orphan owner=lost
	goes_offline || fail "it does not go offline"
	expect_rows 0 pages state=orphan
	for slot in /sys/bus/acpi/devices/PNP0C80:*; do
		[ ! -e "$slot/eject" ] || echo 1 >"$slot/eject" || fail "the DIMM is not removed"
	done
	wait_until has_gone || fail "the memory is still there"
	expect_rows 0 pages state=orphan
	! cat $lab/lookup >/dev/null 2>&1 || fail "lookup tells of it"
	! echo "pfn $pfn" 2>/dev/null >$lab/lookup || fail "lookup takes it"
	echo 1 >$lab/audit || fail "no audit"
	expect_equal "orphans" "$(table audit orphans)" 0
	expect_no_violation
	rmmod lab_stub
	rmmod labyrinth || fail "labyrinth does not unload"
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
}

has_gone() {
	[ ! -e $memory/memory"$block" ]
}

run_tests
