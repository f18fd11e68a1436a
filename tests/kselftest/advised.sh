#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Each advised number is enough for the load that was refused before, and leaves enough memory to
# all others: nobody is killed by a process that touches what the kernel says is available.
# For a small machine without swap.
. "${0%/*}/ktap.sh"
need_module lab_reserve

. "${0%/*}/reserve_lib.sh"

# The marks are to stay where they are. Writing min_free_kbytes ends a boost.
echo 0 >/proc/sys/vm/watermark_boost_factor
# Less than 5 % of the memory.
echo 6144 >/proc/sys/vm/min_free_kbytes

# KEY of the last advice for CHANGE.
advised() { # CHANGE KEY
	sed -n "s/^report=[0-9]* change=$1 .* *$2=\\([0-9]*\\).*/\\1/p" $lab/advice | tail -n 1
}

# The sum of FIGURE over all zones, in kB.
zones_kb() { # FIGURE of /proc/zoneinfo
	awk -v figure="$1" -v page="$page_size" '$1 == figure { sum += $2 }
		END { print int(sum * page / 1024) }' /proc/zoneinfo
}

# The load: of 200 pages requested in the last quarter of the reserve, most are refused.
expect_refused() { # RESERVE_PCT
	ask asker "$1"
	ask round
	expect_at_least "pages refused at first" "$(figure refused)" 100
}

# The same load is refused nothing, except for as many pages as a refill of a per-CPU list takes.
expect_helped() { # WHAT
	ask round
	expect_at_most "pages refused with $1" "$(figure refused)" "$(figure tolerance)"
	expect_at_most "tolerance" "$(figure tolerance)" 63
	expect_memory_left "$1"
}

expect_memory_left() { # WHAT
	local kb

	kb=$(awk '/^MemAvailable/ { print int($2 * 9 / 10) }' /proc/meminfo)
	echo "# with $1: $kb kB are touched, of $(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
	expect_at_least "memory available with $1, in kB" "$kb" 65536
	dd if=/dev/zero of=/dev/null bs="${kb}k" count=1 2>/dev/null ||
		fail "$1: the process that touched $kb kB was killed"
	expect_not_in_log "Out of memory|oom-kill"
}

stock_is() { # OWNER PAGES
	[ "$(table owners stocked name="$1")" = "$2" ]
}

test_the_advised_stock_is_enough_and_leaves_memory() {
	expect_refused 10
	stock=$(advised stock to)
	expect_equal "cost_kb" "$(advised stock cost_kb)" $((stock * page_size / 1024))
	echo "$stock" >$lab/owner/asker-10/stock || fail "a stock of $stock is refused"
	wait_until stock_is asker-10 "$stock" || fail "the stock is not filled"
	expect_helped "a stock of $stock"
	ask leave
}

test_the_advised_reserve_pct_is_enough_and_leaves_memory() {
	expect_refused 11
	pct=$(advised reserve_pct to)
	expect_equal "cost_kb" "$(advised reserve_pct cost_kb)" 0
	expect_at_least "pages of the reserve that others lose" "$(advised reserve_pct reserve_pages)" 200
	echo "$pct" >$lab/owner/asker-11/reserve_pct || fail "a reserve_pct of $pct is refused"
	expect_helped "a reserve_pct of $pct"
	ask leave
}

test_the_advised_min_free_kbytes_is_enough_and_leaves_memory() {
	local high cost

	expect_refused 70
	wanted=$(advised vm.min_free_kbytes to)
	cost=$(advised vm.min_free_kbytes cost_kb)
	expect_at_most "min_free_kbytes" "$wanted" $(($(zones_kb managed) * 5 / 100))
	# The eater takes as many pages as before, not 3/4 of the larger reserve.
	say eat "$(figure eaten)"
	high=$(zones_kb high)
	echo "$wanted" >/proc/sys/vm/min_free_kbytes
	# Each mark of each zone is rounded.
	expect_at_least "cost_kb" "$cost" $(($(zones_kb high) - high - 64))
	expect_at_most "cost_kb" "$cost" $(($(zones_kb high) - high + 64))
	expect_helped "a min_free_kbytes of $wanted"
	echo 6144 >/proc/sys/vm/min_free_kbytes
	say eat 0
	ask leave
}

test_the_advised_budget_is_enough() {
	ask spend 8
	expect_equal "pages got" "$(figure got)" 8
	expect_equal "budget" "$(advised budget to)" 9
	ask spend "$(advised budget to)"
	expect_equal "pages got" "$(figure got)" 9
}

# All but 100 kB of what stocks may take is taken, and all of what the marks may.
test_a_machine_that_bears_no_change_is_too_small() {
	local share

	share=$(($(zones_kb managed) * 5 / 100))
	echo "$share" >/proc/sys/vm/min_free_kbytes
	insmod "$modules/lab_stub.ko" || fail "lab_stub does not load"
	stub=/sys/kernel/debug/labyrinth_stub
	pages=$(((share - 100) * 1024 / page_size))
	expect 0 create 0 name=big budget=$pages stock=$pages
	stub=/sys/kernel/debug/labyrinth_reserve
	# With the last page of the reserve, a larger share of it does not help either.
	say eat 100000
	ask asker 99
	ask round
	expect_at_least "pages refused" "$(figure refused)" 100
	expect_equal "changes" "$(sed -n 's/.* change=\([^ ]*\) .*/\1/p' $lab/advice | tail -n 1)" too_small
	grep -qE "^  change: none: this machine is too small for that load: $(figure refused) pages short$" $lab/verdicts ||
		fail "not in verdicts: $(tail -n 20 $lab/verdicts)"
	say eat 0
	ask leave
	echo 6144 >/proc/sys/vm/min_free_kbytes
	stub=/sys/kernel/debug/labyrinth_stub
	expect 0 destroy 0
	rmmod lab_stub
	stub=/sys/kernel/debug/labyrinth_reserve
}

run_tests_on_one_cpu
