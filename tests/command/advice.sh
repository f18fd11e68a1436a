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
report=7 node=0 zone=DMA32 usable=980 free=980 cma=0 highatomic=0 lowmem_reserve=0 cached=50 min=1468 floor=1377 atomic_floor=551
report=7 change=reserve_pct from=10 to=72 by=settings node=0 zone=DMA32 cost_kb=0 reserve_pages=594
report=7 change=stock from=0 to=170 by=settings node=- zone=- cost_kb=680 reserve_pages=-
report=7 change=vm.min_free_kbytes from=6144 to=12288 by=sysctl node=0 zone=DMA32 cost_kb=9216 reserve_pages=-'

# FROM TO of the advice for CHANGE.
advised() { # CHANGE
	labyrinth advise --from="$folder" --json |
		sed -n "s/.*\"owner\":\"asker\",.*\"change\":\"$1\",\"from\":\([0-9]*\),\"to\":\([0-9]*\),.*/\1 \2/p"
}

test_advise_shows_the_modules_numbers_and_their_prices() {
	new_advice "$call"
	expect_equal "stock" "$(advised stock)" "0 170"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 72"
	expect_equal "min_free_kbytes" "$(advised vm.min_free_kbytes)" "6144 12288"
	expect_equal "said" "$(labyrinth advise --from="$folder")" "asker: refused 170 times, for the reason \"floor\"
  reserve_pct from 10 to 72
      labyrinth set asker reserve_pct=72; takes no memory, but leaves other users of the reserve 594 pages fewer; zone DMA32 had 980 pages above what is protected, min 1468, the owner's floor 1377, GFP_ATOMIC's 551
  or stock from 0 to 170
      labyrinth set asker stock=170; keeps 680 kB for this owner alone, always
  or vm.min_free_kbytes from 6144 to 12288
      sysctl vm.min_free_kbytes=12288; takes 9.0 MB from everybody, always; zone DMA32 had 980 pages above what is protected, min 1468, the owner's floor 1377, GFP_ATOMIC's 551"
}

test_a_machine_that_is_too_small_is_named_so() {
	new_advice "$(sed '3,5d' <<<"$call")
report=7 change=too_small from=- to=- by=- node=- zone=- cost_kb=- reserve_pages=-"
	expect_equal "said" "$(labyrinth advise --from="$folder" | tail -n 1)" \
		"      this machine is too small for that load: 170 pages short"
	expect_equal "kept" "$(labyrinth advise --from="$folder" --keep)" "# There is nothing to keep."
}

test_advice_of_an_older_module_has_no_price() {
	new_advice "$(sed 's/ cost_kb.*//' <<<"$call")"
	expect_equal "said" "$(labyrinth advise --from="$folder" | sed -n 5p)" \
		"      labyrinth set asker stock=170"
}

# What --keep prints for LINES.
kept() { # LINES
	new_advice "$1"
	labyrinth advise --from="$folder" --keep
}

settings="# /etc/modprobe.d/labyrinth.conf
options labyrinth settings="

# LINES of another report.
another() { # NUMBER LINES
	sed "s/report=7/report=$1/" <<<"$2"
}

test_keep_takes_the_cheapest_change() {
	expect_equal "kept" "$(kept "$call")" "${settings}asker:reserve_pct=72"
	expect_equal "the second" "$(kept "$(sed '/change=reserve_pct/d' <<<"$call")")" "${settings}asker:stock=170"
	expect_equal "the third" "$(kept "$(sed '/change=reserve_pct/d; /change=stock/d' <<<"$call")")" \
		"# /etc/sysctl.d/labyrinth.conf
vm.min_free_kbytes = 12288"
}

test_keep_takes_the_change_that_was_made() {
	new_advice "$call"
	echo "9 asker lab_reserve owner 1000 0 0 171 0 0 0 0 170 0 0 10 1 0" >>"$folder/owners"
	expect_equal "kept" "$(labyrinth advise --from="$folder" --keep)" "${settings}asker:stock=170"
}

test_keep_does_not_change_what_the_driver_fixes() {
	expect_equal "kept" "$(kept "$(sed 's/by=settings/by=driver/' <<<"$call")")" \
		"# /etc/sysctl.d/labyrinth.conf
vm.min_free_kbytes = 12288"
}

test_keep_merges_all_reports_into_one_line() {
	local context budget both

	context=$(another 8 "$call" | sed 's/reason=floor/reason=context/; /zone=DMA32/d')
	budget=$(another 9 "$call" | sed '2,$d; s/reason=floor/reason=budget/; s/=asker/=disk-0/')
	both=$(another 10 "$call" | sed '2,$d; s/reason=floor/reason=context/; s/=asker/=0000:03:00.0/')
	expect_equal "kept" "$(kept "$call
$context
$budget
report=9 change=budget from=8 to=96 by=creation node=- zone=- cost_kb=352 reserve_pages=-
$both
report=10 change=budget_and_stock from=8 to=9 by=settings node=- zone=- cost_kb=4 reserve_pages=-")" \
		"${settings}asker:stock=170,reserve_pct=72;disk-0:budget=96;0000:03:00.0:budget=9,stock=9"
}

test_keep_writes_no_name_that_the_module_would_not_take() {
	expect_equal "kept" "$(kept "$(sed 's/owner=asker/owner=a;b/' <<<"$call")")" "# There is nothing to keep."
}

test_advise_uses_the_report_with_the_most_refusals() {
	new_advice "$call
$(sed 's/report=7/report=8/; s/=170/=167/g; s/to=72/to=71/' <<<"$call")"
	expect_equal "stock" "$(advised stock)" "0 170"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 72"
	new_advice "$call
$(sed 's/report=7/report=8/; s/=170/=171/g' <<<"$call")"
	expect_equal "stock" "$(advised stock)" "0 171"
	# With equal counts, the last report.
	new_advice "$call
$(sed 's/report=7/report=8/; s/to=72/to=73/' <<<"$call")"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 73"
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
	sed -i 's/^min_free_kbytes .*/min_free_kbytes 13000/' "$folder/saved"
	said=$(labyrinth advise --from="$folder")
	[[ $said == *"  vm.min_free_kbytes is 13000 by now: 12288 would have sufficed"* ]] || fail "not done: $said"
}

test_limits_are_changed_by_the_operator_or_the_driver() {
	new_advice "$call"
	sed -i '/change=stock/s/settings/creation/' "$folder/advice"
	labyrinth advise --from="$folder" | grep -q "labyrinth set asker stock=170, from its next creation on; " ||
		fail "not at its creation"
	sed -i '/change=stock/s/creation/driver/' "$folder/advice"
	labyrinth advise --from="$folder" | grep -q "where the driver creates it; keeps" || fail "not by the driver"
	labyrinth advise --from="$folder" | grep -q "set asker stock" && fail "by the operator"
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
