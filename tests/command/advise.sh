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
}

run_tests
