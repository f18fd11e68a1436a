#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The advice after a machine ran out of memory: it names the owner and sufficient numbers.
# Needs a machine with one CPU.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

# KEY of the last advice for CHANGE in a saved folder.
advised() { # CHANGE KEY
	rm -rf /tmp/dry
	labyrinth save /tmp/dry
	labyrinth advise --from=/tmp/dry --json |
		grep "\"owner\":\"asker\",\"reason\":\"floor\",.*\"change\":\"$1\"," |
		sed -n "s/.*\"$2\":\([0-9]*\),.*/\1/p" |
		tail -n 1
}

# Reload the modules, so that earlier refusals are forgotten.
forget() {
	rmmod lab_reserve
	rmmod labyrinth
	insmod "$modules/labyrinth.ko"
	insmod "$modules/lab_reserve.ko"
}

expect_helped() { # WHAT
	expect_at_most "pages refused with $1" "$(figure refused)" "$(figure tolerance)"
	expect_at_most "tolerance" "$(figure tolerance)" 63
}

# FROM TO of the module's last advice for CHANGE.
computed() { # CHANGE
	sed -n "s/.* change=$1 from=\([0-9]*\) to=\([0-9]*\) .*/\1 \2/p" $lab/advice | tail -n 1
}

test_advice_names_the_refused_owner_and_the_figures() {
	ask dry 0 10
	refused=$(figure refused)
	labyrinth advise >/tmp/advice
	grep -qx "asker: refused $refused times, for the reason \"floor\"" /tmp/advice ||
		fail "no owner: $(cat /tmp/advice)"
	grep -qE "; zone DMA(32)? had [0-9]+ pages above what is protected, min [0-9]+, the owner's floor [0-9]+, GFP_ATOMIC's [0-9]+$" /tmp/advice ||
		fail "no figures: $(cat /tmp/advice)"
}

test_advised_numbers_match_the_module() {
	for change in stock reserve_pct vm.min_free_kbytes; do
		expect_equal "$change" "$(advised $change from) $(advised $change to)" \
			"$(computed $change)"
	done
	forget
}

test_advised_stock_is_sufficient() {
	ask dry 0 10
	expect_at_least "pages refused before" "$(figure refused)" 100
	stock=$(advised stock count)
	ask dry "$stock" 10
	expect_helped "a stock of $stock"
	forget
}

test_advised_reserve_pct_is_sufficient() {
	ask dry 0 10
	expect_at_least "pages refused before" "$(figure refused)" 100
	pct=$(advised reserve_pct to)
	ask dry 0 "$pct"
	expect_helped "$pct %"
	forget
}

test_advised_min_free_kbytes_is_sufficient() {
	# So deep that the 3/8 that the formula ignores are more than one refill.
	ask dry 0 15
	wanted=$(advised vm.min_free_kbytes to)
	expect_at_least "pages refused before" "$(figure refused)" 100
	# The eater takes as much as before, and not 3/4 of a larger reserve.
	say eat "$(figure eaten)"
	echo "$wanted" >/proc/sys/vm/min_free_kbytes
	ask dry 0 15
	echo 45056 >/proc/sys/vm/min_free_kbytes
	expect_helped "$wanted kB"
	say eat 0
	forget
}

run_tests
