# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: how advise shows the advice computed by the module.

# A folder whose only refusals are those reported by LINES, of an owner that is gone.
new_advice() { # LINES
	new_folder
	sed -i '2,$d' "$folder/refusals"
	sed -i 's/ 60 0\( .*\)$/ 0 0\1/; s/ [0-9]*$/ 0/; /disk-tx\|producer/d' "$folder/owners"
	printf '%s\n' "$1" >"$folder/advice"
}

call='report=7 reason=floor owner=asker age_ms=8998 caller=dry_ask+0x33/0x70[lab_reserve] times=170 pages=170 context=task cpu=0 budget=1000 owned=30 stocked=0 stock=0 quarantined=0 from_reserve=30 reserve_pct=10
report=7 node=0 zone=DMA32 usable=5716 free=5716 cma=0 highatomic=0 lowmem_reserve=0 cached=50 min=10761 floor=10089 atomic_floor=4036
report=7 change=stock from=0 to=170 by=debugfs node=- zone=-
report=7 change=reserve_pct from=10 to=65 by=debugfs node=0 zone=DMA32
report=7 change=vm.min_free_kbytes from=45052 to=289156 by=sysctl node=0 zone=DMA32'

# FROM TO of the advice for CHANGE.
advised() { # CHANGE
	labyrinth advise --from="$folder" --json |
		sed -n "s/.*\"owner\":\"asker\",.*\"change\":\"$1\",\"from\":\([0-9]*\),\"to\":\([0-9]*\),.*/\1 \2/p"
}

test_advise_shows_the_modules_numbers() {
	new_advice "$call"
	expect_equal "stock" "$(advised stock)" "0 170"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 65"
	expect_equal "min_free_kbytes" "$(advised vm.min_free_kbytes)" "45052 289156"
	expect_equal "said" "$(labyrinth advise --from="$folder")" "asker: refused 170 times, for the reason \"floor\"
  stock from 0 to 170
      170 pages more than it had; where the driver creates it
  or reserve_pct from 10 to 65
      where the driver creates it; zone DMA32 had 5716 pages above what is protected, min 10761, the owner's floor 10089, GFP_ATOMIC's 4036
  or vm.min_free_kbytes from 45052 to 289156
      by sysctl; zone DMA32 had 5716 pages above what is protected, min 10761, the owner's floor 10089, GFP_ATOMIC's 4036"
}

test_advise_uses_the_report_with_the_most_refusals() {
	new_advice "$call
$(sed 's/report=7/report=8/; s/=170/=167/g; s/to=65/to=64/' <<<"$call")"
	expect_equal "stock" "$(advised stock)" "0 170"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 65"
	new_advice "$call
$(sed 's/report=7/report=8/; s/=170/=171/g' <<<"$call")"
	expect_equal "stock" "$(advised stock)" "0 171"
	# With equal counts, the last report.
	new_advice "$call
$(sed 's/report=7/report=8/; s/to=65/to=66/' <<<"$call")"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 66"
}

test_open_report_gives_no_advice() {
	new_advice "$(sed 's/=170/=-/g; /change/d' <<<"$call")"
	expect_equal "said" "$(labyrinth advise --from="$folder")" \
		"asker: refused an unknown number of times, for the reason \"floor\""
	expect_equal "JSON" "$(labyrinth advise --from="$folder" --json | tr -d '\n')" "[]"
}

test_refusals_without_a_report_are_shown() {
	new_advice "$call"
	echo "9 late lab_reserve owner 1000 0 0 0 0 0 0 0 5 0 0 10 1 0" >>"$folder/owners"
	labyrinth advise --from="$folder" |
		grep -qx 'late of module lab_reserve: refused 5 times; no report of that is left, but see "labyrinth refusals --owner=late"' ||
		fail "$(labyrinth advise --from="$folder")"
}

test_advice_already_followed_is_shown_as_done() {
	new_advice "$call"
	echo "9 asker lab_reserve owner 1000 0 0 171 0 0 0 0 170 0 0 10 1 0" >>"$folder/owners"
	said=$(labyrinth advise --from="$folder")
	[[ $said == *"  stock is 171 by now: 170 would have sufficed"* ]] || fail "not done: $said"
	[[ $said != *min_free_kbytes* ]] || fail "and more: $said"
	sed -i '$s/ 171 / 169 /' "$folder/owners"
	expect_equal "one less" "$(advised stock)" "0 170"
	sed -i 's/^min_free_kbytes .*/min_free_kbytes 300000/' "$folder/saved"
	said=$(labyrinth advise --from="$folder")
	[[ $said == *"  vm.min_free_kbytes is 300000 by now: 289156 would have sufficed"* ]] || fail "not done: $said"
}

test_stock_without_room_is_set_by_the_driver() {
	new_advice "$call"
	echo "9 asker lab_reserve owner 1000 0 0 0 0 0 0 0 170 0 0 10 1 0" >>"$folder/owners"
	labyrinth advise --from="$folder" | grep -q "by .*/owner/asker/stock, or where the driver creates it" ||
		fail "not by its file"
	sed -i '/change=stock/s/debugfs/driver/' "$folder/advice"
	labyrinth advise --from="$folder" | grep -q "owner/asker/stock" && fail "by its file"
}

# The line about a caller that allocated atomically without need.
sleeper() { # OWNER
	labyrinth advise --from="$folder" | grep -A 2 "^$1.* atomically where it could sleep" | tail -n 1
}

test_needlessly_atomic_caller_is_named_by_function_and_module() {
	local stats

	new_folder
	stats=$folder/owner/disk-tx/stats
	sed -i 's/^could_sleep_caller .*/could_sleep_caller tx_fill+0x1\/0x2[disk]/' "$stats"
	[[ $(sleeper disk-tx) == *"the last time by tx_fill+0x1/0x2 of module disk: "* ]] ||
		fail "of a module: $(sleeper disk-tx)"
	sed -i 's/^could_sleep_caller .*/could_sleep_caller do_swap+0x1\/0x2/' "$stats"
	[[ $(sleeper disk-tx) == *"by do_swap+0x1/0x2 of the kernel itself: "* ]] ||
		fail "of no module: $(sleeper disk-tx)"
	sed -i 's/^could_sleep_caller .*/could_sleep_caller gone/' "$stats"
	[[ $(sleeper disk-tx) == *"by a module that has left: "* ]] || fail "that left: $(sleeper disk-tx)"
	rm "$stats"
	[[ $(sleeper disk-tx) == *"by an unknown caller: "* ]] || fail "no stats: $(sleeper disk-tx)"
	labyrinth advise --from="$folder" | grep -qx "disk-tx of module lab_stub: asked the kernel 8 times atomically where it could sleep" ||
		fail "whose: $(labyrinth advise --from="$folder" | grep atomically)"
}
