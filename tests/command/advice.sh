# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Tests of run.sh: what advise makes of what was seen. "told" has verdicts of a machine that
# ran dry on purpose, as its kernel wrote them.

# A folder in which nothing was refused but what these verdicts tell, of an owner that has gone.
new_told() { # VERDICT...
	new_folder
	sed -i '2,$d' "$folder/refusals"
	sed -i 's/ 60 0\( .*\)$/ 0 0\1/; s/ [0-9]*$/ 0/' "$folder/owners"
	for one; do
		awk -v want="$one" 'BEGIN { RS = ""; ORS = "\n\n" } NR == want' "$here/told"
	done >"$folder/verdicts"
}

# FROM TO of the advice for CHANGE.
advised() { # CHANGE [OWNER]
	labyrinth advise --from="$folder" --json |
		sed -n "s/.*\"owner\":\"${2-asker}\",.*\"change\":\"$1\",\"from\":\([0-9]*\),\"to\":\([0-9]*\),.*/\1 \2/p"
}

# The same of the verdicts there.
told() { # WORDS
	sed -n "s/^  [a-z]*: $1 from [a-z ]*\([0-9]*\) to \([0-9]*\).*/\1 \2/p" "$folder/verdicts"
}

test_advise_names_the_numbers_that_the_kernel_named() {
	local one

	for one in 1 2 3 4; do
		new_told $one
		expect_equal "stock of $one" "$(advised stock)" "$(told 'its stock')"
		expect_equal "reserve_pct of $one" "$(advised reserve_pct)" "$(told 'its reserve_pct')"
		expect_equal "min_free_kbytes of $one" "$(advised vm.min_free_kbytes)" \
			"$(told vm.min_free_kbytes)"
		[ -n "$(told vm.min_free_kbytes)" ] || fail "there is nothing to compare"
	done
	new_told 2
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 65"
}

test_advise_takes_the_verdict_that_counted_most() {
	new_told 3 2 1
	expect_equal "stock" "$(advised stock)" "0 170"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 65"
}

test_advise_says_why_its_number_is_not_the_verdicts() {
	new_told 2
	for ((i = 0; i < 180; i++)); do
		echo "$i $((9000 - i)) asker floor task 0 0 DMA32 5716 10761 10089 dry_ask+0x33/0x70[lab_reserve]"
	done >>"$folder/refusals"
	expect_equal "stock" "$(advised stock)" "0 180"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 68"
	labyrinth advise --from="$folder" | grep -qx "  (its verdict asks for less, as it counted 170)" ||
		fail "it does not say why"
	# A second between two begins another row.
	sed -i 's/^\(.\|[1-8].\) \([0-9]*\) /\1 1\2 /' "$folder/refusals"
	expect_equal "stock for two rows" "$(advised stock)" "0 170"
}

test_a_verdict_that_is_still_open_is_counted_by_the_refusals() {
	new_told 2
	sed -i '/such refusals since/,$d' "$folder/verdicts"
	for i in 1 2 3; do
		echo "$i 9000 asker floor task 0 0 DMA32 5716 10761 10089 dry_ask+0x33/0x70[lab_reserve]"
	done >>"$folder/refusals"
	expect_equal "stock" "$(advised stock)" "0 3"
	expect_equal "reserve_pct" "$(advised reserve_pct)" "10 11"
}

test_advise_names_no_marks_where_a_zone_had_the_pages() {
	new_told 2
	sed -i '/node 0 DMA,/s/free [0-9]*/free 2000/' "$folder/verdicts"
	expect_equal "changes" "$(labyrinth advise --from="$folder" --json | grep -o '"change":"[a-z_.A-Z]*"' | tr '\n' ' ')" \
		'"change":"stock" '
}

test_what_has_been_done_since_is_told_as_done() {
	new_told 2
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

test_a_stock_without_room_grows_where_the_driver_creates_it() {
	new_told 2
	echo "9 asker lab_reserve owner 1000 0 0 0 0 0 0 0 170 0 0 10 1 0" >>"$folder/owners"
	labyrinth advise --from="$folder" | grep -q "by .*/owner/asker/stock, or where the driver creates it" ||
		fail "not by its file"
	sed -i 's/\(its stock.* pages\), by .*/\1, where the driver creates it/' "$folder/verdicts"
	labyrinth advise --from="$folder" | grep -q "owner/asker/stock" && fail "by its file"
}

# What is said of the caller that asked atomically without need.
sleeper() { # OWNER
	labyrinth advise --from="$folder" | grep -A 2 "^$1.* atomically where it could sleep" | tail -n 1
}

test_who_asks_atomically_without_need_is_named_by_function_and_module() {
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
	# An older module told it in verdicts only, and still older ones nowhere.
	sed -i '/^could_sleep_caller/d' "$stats"
	[[ $(sleeper disk-tx) == *"by puppet_call_once+0xa0/0x110 of module lab_puppet: "* ]] ||
		fail "by the verdict: $(sleeper disk-tx)"
	rm "$folder/verdicts"
	[[ $(sleeper disk-tx) == *"by a caller that is not told: "* ]] || fail "not told: $(sleeper disk-tx)"
	rm "$stats"
	[[ $(sleeper disk-tx) == *"by a caller that is not told: "* ]] || fail "no stats: $(sleeper disk-tx)"
	labyrinth advise --from="$folder" | grep -qx "disk-tx of module lab_puppet: asked the kernel 8 times atomically where it could sleep" ||
		fail "whose: $(labyrinth advise --from="$folder" | grep atomically)"
}
