#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory goes offline and is removed: node 1 is a DIMM, whose memory blocks are onlined one after
# the other. The kernel takes a block offline although its HWPoison pages are in use.
. "${0%/*}/ktap.sh"
need_module lab_stub

memory=/sys/devices/system/memory
node=/sys/devices/system/node/node1
hard_offline=$memory/hard_offline_page

# The kernel starts a thread for each node with memory, whose pages must not be in a tested block.
# So the first block is for movable pages only, and drivers' pages come from the block under test.
set_up() {
	local block

	blocks=$(for block in "$node"/memory[0-9]*; do echo "${block##*/memory}"; done | sort -n)
	for block in $blocks; do
		echo offline 2>/dev/null >$memory/memory"$block"/state
	done
	# shellcheck disable=SC2086 # one word a block
	set -- $blocks
	expect_at_least "blocks" $# 7
	echo online_movable >$memory/memory"$1"/state || fail "block $1 does not go online"
	shift
	left=$*
}

# Each test uses a new block: a block with bad memory cannot be used again.
need_block() {
	block=${left%% *} left=${left#* }
	echo online_kernel >$memory/memory"$block"/state || fail "block $block does not go online"
}

first_pfn() {
	echo $((block * 0x$(cat $memory/block_size_bytes) / page_size))
}

is_in_block() { # PFN
	expect_at_least "pfn in block $block" "$1" "$(first_pfn)"
	expect_at_most "pfn in block $block" "$1" $(($(first_pfn) + 0x$(cat $memory/block_size_bytes) / page_size - 1))
}

# Fails if the kernel returns -EBUSY.
goes_offline() {
	echo offline 2>/dev/null >$memory/memory"$block"/state
}

is_online() {
	[ "$(cat $memory/memory"$block"/state)" = online ]
}

spoil() { # PFN
	! echo $(($1 * page_size)) 2>/dev/null >$hard_offline || fail "pfn $1 was taken offline"
}

told() { # NAME
	awk -v name="$1" 'NF == 0 { exit } $1 == name { print $2 }' $lab/lookup
}

test_an_owned_page_keeps_its_memory_online_and_lookup_finds_its_owner() {
	set_up
	need_block
	expect 0 create 0 name=one nid=1
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	is_in_block "$pfn"
	! goes_offline || fail "the block went offline"
	expect_log "unmovable page"
	said=$(log_since | grep -o 'pfn:0x[0-9a-f]*' | head -n 1)
	expect_equal "the page in the log" $((${said#pfn:})) "$pfn"
	echo "pfn ${said#pfn:}" >$lab/lookup
	expect_equal "owner" "$(told owner)" one
	expect 0 check 0 0
	expect 0 free 0 0
	expect 0 destroy 0
	goes_offline || fail "the block does not go offline without the owner"
}

# Isolation fails at a page in stock as well, but such a page can be freed.
test_memory_goes_offline_after_ready_pages_are_freed_by_debugfs() {
	need_block
	expect 0 create 0 name=one nid=1 budget=100 stock=32
	expect 40 alloc 0 0 times=40
	expect 0 free 0 0 times=40
	is_in_block "$(table pages pfn owner=one)"
	! goes_offline || fail "the block went offline with pages in stock"
	echo 0 >$lab/owner/one/stock
	echo 2 >/proc/sys/vm/drop_caches
	expect_owner one stocked 0
	goes_offline || fail "the block does not go offline"
	# The new pages come from another node.
	echo 32 >$lab/owner/one/stock
	wait_until stock_is_full || fail "the stock is not refilled"
	expect_rows 0 pages owner=one node=1
	expect_no_violation
}

stock_is_full() {
	[ "$(owner_cell one stocked)" = 32 ]
}

test_freed_pages_with_bad_memory_do_not_block_offlining() {
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
	goes_offline || fail "the block does not go offline"
	expect_rows 0 pages node=1
	expect_owner one owned 0 stocked 0 quarantined 0
	expect_equal "hwpoison in stats" "$(awk '$1 == "hwpoison" { print $2 }' $lab/owner/one/stats)" 4
	expect_no_violation
}

test_a_ready_page_with_bad_memory_is_freed_for_offlining() {
	need_block
	expect 0 create 0 name=one nid=1 budget=8
	expect 1 alloc 0 0
	is_in_block "$(number pfn 0)"
	expect 0 free 0 0
	spoil "$(number pfn 0)"
	goes_offline || fail "the block does not go offline"
	expect_rows 0 pages owner=one
	expect_owner one owned 0 stocked 0
	expect_equal "hwpoison in stats" "$(awk '$1 == "hwpoison" { print $2 }' $lab/owner/one/stats)" 1
	expect 8 alloc 0 0 times=8
	expect_no_violation
}

test_owned_pages_with_bad_memory_block_offlining_and_their_owners_are_logged() {
	need_block
	expect 0 create 0 name=one nid=1
	expect 0 create 1 name=two nid=1
	expect 2 alloc 0 0 times=2
	expect 1 alloc 1 2
	for page in 0 1 2; do
		is_in_block "$(number pfn $page)"
		spoil "$(number pfn $page)"
	done
	! goes_offline || fail "the block went offline with owned pages"
	is_online || fail "the block is $(cat $memory/memory"$block"/state)"
	expect_log "labyrinth: offline: pfn $(first_pfn) to [0-9]*: owner one of lab_stub has 2 pages handed out and 0 in quarantine there"
	expect_log "labyrinth: offline: pfn .* owner two of lab_stub has 1 pages handed out"
	expect 0 check 0 0 times=2
	expect 0 free 0 0 times=2
	expect 0 free 1 2
	goes_offline || fail "the block does not go offline without owned pages"
	expect_no_violation
}

# The orphan is still in use by its holder, which the kernel does not know.
test_tables_can_be_read_after_an_orphans_memory_is_removed() {
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
	goes_offline || fail "the block does not go offline"
	expect_rows 0 pages state=orphan
	for slot in /sys/bus/acpi/devices/PNP0C80:*; do
		[ ! -e "$slot/eject" ] || echo 1 >"$slot/eject" || fail "the DIMM is not removed"
	done
	wait_until has_gone || fail "the memory block still exists"
	expect_rows 0 pages state=orphan
	! cat $lab/lookup >/dev/null 2>&1 || fail "lookup shows a removed page"
	! echo "pfn $pfn" 2>/dev/null >$lab/lookup || fail "lookup accepts a removed page"
	echo 1 >$lab/audit_now || fail "the audit does not run"
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
