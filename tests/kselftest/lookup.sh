#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# labyrinth/lookup shows the tag, the struct page and the past violations of a page.
. "${0%/*}/ktap.sh"
need_module lab_stub

lookup=$lab/lookup
# Another page: the second of memory.
other=$((0x$(sed -n 's/^\([0-9a-f]*\)-.* : System RAM$/\1/p' /proc/iomem | head -n 1) / page_size + 1))

ask() { # TEXT
	echo "$*" 2>/dev/null >$lookup
}

expect_shown() { # [NAME VALUE]...
	local got

	while [ $# -ge 2 ]; do
		got=$(awk -v name="$1" 'NF == 0 { exit } $1 == name { print $2 }' $lookup)
		expect_equal "$1" "$got" "$2"
		shift 2
	done
}

told() { # NAME
	awk -v name="$1" 'NF == 0 { exit } $1 == name { print $2 }' $lookup
}

# The rows of the history, below the empty line.
past() {
	sed '1,/^$/d' $lookup | sed 1d
}

no_owner="owner - state - age_ms - context - cpu - from_reserve - stack - caller - hwpoison 0 left_by -"

test_only_root_can_use_lookup() {
	expect_equal "mode" "$(stat -c %a $lookup)" 600
}

test_lookup_is_empty_before_the_first_write() {
	# A newly loaded module has no lookup from earlier files.
	rmmod lab_stub
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_stub.ko"
	expect_equal "text" "$(cat $lookup)" "name value"
}

test_a_page_is_found_by_its_pfn() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 in=softirq cpu=1
	pfn=$(number pfn 0)
	ask "pfn $pfn" || fail "pfn $pfn is refused"
	expect_shown pfn "$pfn" phys "$(printf 0x%x $((pfn * page_size)))" ram 1 refcount 1 \
		mapcount 0 owner one state owned context softirq cpu 1 node 0 from_reserve 0 \
		stack - left_by - zone "$(table pages zone "pfn=$pfn")"
	expect_match "caller" "$(told caller)" "stub_call_once*"
	expect_at_most "age_ms" "$(told age_ms)" 5000
	expect_equal "past" "$(past)" ""
}

test_a_page_is_found_by_its_physical_address() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	for phys in $((pfn * page_size)) $((pfn * page_size + page_size - 1)); do
		ask pfn $other
		ask "phys $phys" || fail "phys $phys is refused"
		expect_shown pfn "$pfn" owner one
	done
	ask pfn $other
	ask "phys $(printf 0x%x $((pfn * page_size)))"
	expect_shown pfn "$pfn" owner one
}

test_a_bare_number_is_read_as_pfn_or_physical_address() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0
	pfn=$(number pfn 0)
	ask pfn $other
	ask "$pfn" || fail "$pfn is refused"
	expect_shown pfn "$pfn"
	# The address is far above the pfns of a machine with 1 GiB.
	ask pfn $other
	ask "$((pfn * page_size))" || fail "$((pfn * page_size)) is refused"
	expect_shown pfn "$pfn"
}

# On x86 the addresses of the kernel's image are valid as well as those of the direct map.
test_an_address_in_the_image_is_found_on_x86() {
	address=0x$(kernel_symbol ' init_task$' | cut -d ' ' -f 1)
	if [ "$(uname -m)" != x86_64 ]; then
		! ask "addr $address" || fail "addr $address is accepted"
		return
	fi
	for text in "addr $address" "$address"; do
		ask pfn $other
		ask "$text" || fail "$text is refused"
		expect_shown ram 1
		# shellcheck disable=SC2086 # one word each
		expect_shown $no_owner
		[ "$(told pfn)" != "$other" ] || fail "$text: pfn $other is still shown"
	done
}

test_an_ordinary_page_has_no_owner() {
	expect 0 create 0 name=one
	expect 0 plain 0
	pfn=$(number pfn 0)
	ask "pfn $pfn"
	expect_shown pfn "$pfn" refcount 1 ram 1
	# shellcheck disable=SC2086 # one word each
	expect_shown $no_owner
	expect 0 putref 0
}

# A PC has one below 1 MiB; elsewhere there is no memory at that address at all.
test_a_hole_is_shown_as_no_ram() {
	if [ "$(uname -m)" != x86_64 ]; then
		! ask "phys 0xa0000" || fail "phys 0xa0000 is accepted"
		return
	fi
	ask "phys 0xa0000" || fail "phys 0xa0000 is refused"
	expect_shown ram 0
}

test_a_page_in_stock_is_ready() {
	expect 0 create 0 name=one stock=1
	ask "pfn $(table pages pfn owner=one)"
	expect_shown owner one state ready
}

test_a_stack_is_shown() {
	expect 0 create 0 name=one flags=4
	expect 1 alloc 0 0
	ask "pfn $(number pfn 0)"
	expect_match "stack" "$(told stack)" "stub_call_once*<*"
}

test_an_orphan_is_shown_with_its_history() {
	expect 0 create 0 name=one
	expect 1 alloc 0 0 cpu=2
	pfn=$(number pfn 0)
	ask "pfn $pfn"
	expect 1 destroy 0
	expect_shown pfn "$pfn" refcount 1 owner one state orphan cpu 2 left_by one
	expect_match "caller" "$(told caller)" "stub_call_once*"
	expect_match "past" "$(past | tail -n 1)" "* orphan one - $pfn * stub_call_once* -"
	expect 0 putref 0
}

test_the_history_lists_only_violations_of_the_page() {
	expect 0 create 0 name=one
	expect 2 alloc 0 0 times=2
	pfn=$(number pfn 0)
	ask "pfn $pfn"
	before=$(past | wc -l)
	expect 0 free 0 0 times=2
	expect -EALREADY free 0 1
	expect -EALREADY free 0 0
	expect_equal "violations" "$(past | wc -l)" $((before + 1))
	expect_match "last violation" "$(past | tail -n 1)" "* double_free one one $pfn * stub_call_once* stub_call_once*"
}

test_invalid_pages_are_refused_and_change_nothing() {
	ask pfn $other
	for text in '' pfn 'pfn x' 'pfn -1' 'pfn +1' '-1' 'pfn 1 2' 'pfn 18446744073709551616' \
		'PFN 1' 'page 1' 'pfn 18446744073709551615' 'phys 18446744073709551615' \
		'addr 0' 'addr 18446744073709551615' 18446744073709551615 'addr 0xdead000000000100' \
		'addr 0xffffc90000000000' 'addr 0xffffffffff600000' 'pfn 0x40000000' \
		'phys 0x8000000000'; do
		! ask "$text" || fail "'$text' is accepted"
	done
	expect_shown pfn $other
}

test_an_open_file_shows_the_last_page_written() {
	exec 3<$lookup
	ask pfn $other
	ask pfn $((other + 1))
	expect_match "contents" "$(cat <&3)" "*pfn $((other + 1))*"
	exec 3<&-
}

run_tests
