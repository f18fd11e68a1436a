#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The advice after a machine ran out of memory: it names the owner and sufficient numbers. Dippers
# and a watched module: they name a driver without an owner.
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
	for change in stock reserve_pct; do
		expect_equal "$change" "$(advised $change from) $(advised $change to)" \
			"$(computed $change)"
	done
}

test_dippers_show_a_driver_without_an_owner() {
	labyrinth watch reserve || fail "status $?"
	expect_equal "mode" "$(labyrinth watch)" reserve
	ask unported 50
	labyrinth dippers --module=lab_reserve >/tmp/dippers
	expect_match "line" "$(grep '^unported_take+' /tmp/dippers)" "unported_take+* lab_reserve *0 *GFP_ATOMIC|__GFP_NOWARN *task * 50 *"
	labyrinth metrics | grep -q '^labyrinth_dipper_pages_held{function="unported_take",module="lab_reserve"} 50$' ||
		fail "metrics: $(labyrinth metrics | grep dipper_pages_held)"
	expect_match "status" "$(labyrinth status | grep ^watch)" "watch *reserve: *"
	ask unported_free 50
	rm -rf /tmp/dry
	labyrinth save /tmp/dry
	expect_equal "mode saved" "$(labyrinth watch --from=/tmp/dry)" reserve
	expect_match "saved" "$(labyrinth dippers --from=/tmp/dry | grep '^unported_take+')" "* lab_reserve *"
	labyrinth watch off
	expect_equal "mode at the end" "$(cat $watch)" off
}

test_watch_shows_what_a_module_takes_and_would_need() {
	labyrinth watch --module=lab-reserve --time=1h >/tmp/said 2>&1 &
	wait_until grep -q 'on=1' $lab/watch_module
	labyrinth watch --module=lab_stub --time=0 2>/tmp/second
	expect_equal "status of a second watch" $? 1
	ask unported 300
	ask unported_free 300
	kill -TERM $!
	wait $! || fail "status $?"
	expect_match "the end" "$(cat $lab/watch_module)" "module=lab_reserve on=0 *"
	expect_match "module" "$(sed -n 1p /tmp/said)" "module       lab_reserve, watched for *"
	expect_match "function" "$(grep '^unported_take+' /tmp/said)" "unported_take+* GFP_ATOMIC|__GFP_NOWARN *task * 300 *"
	budget=$(sed -n 's/.* budget=\([0-9]*\) .*/\1/p' $lab/watch_module)
	expect_at_least "budget" "$budget" 300
	expect_match "budget" "$(grep ^budget /tmp/said)" "budget       $budget pages*"
	rm -rf /tmp/dry
	labyrinth save /tmp/dry
	expect_match "saved" "$(labyrinth watch --from=/tmp/dry --module=lab_reserve | grep '^unported_take+')" "* 300 *"
	labyrinth watch --module=lab_stub --time=100ms >/tmp/said || fail "status $?"
	expect_equal "nothing" "$(sed -n 2p /tmp/said)" \
		"taken        nothing: there was no request that may not sleep"
	! labyrinth watch --module="$(printf %060d 1)" --time=0 2>/tmp/said || fail "a long name is accepted"
}

# The stub takes all pages down to min, and requests that may sleep wait until it gives them back,
# after more than a second: so would the recording if it needed memory for a sample.
# Such a recording has one sample of that time; how many this one has depends on the machine.
test_recording_goes_on_while_no_memory_is_left() {
	rm -f /tmp/recording
	labyrinth record --interval=50ms /tmp/recording 2>/tmp/said &
	pid=$!
	wait_until grep -q '"ms"' /tmp/recording 2>/dev/null
	ask unported 500
	kill -TERM $pid
	wait $pid || fail "status $?: $(cat /tmp/said)"
	ask unported_free 500
	expect_at_least "samples with a zone below min" \
		"$(grep -c '"zones":.*"depth_pct":[1-9]' /tmp/recording)" 4
	tail -n 1 /tmp/recording | grep -q '"why":"interrupted"' || fail "no end: $(tail -c 100 /tmp/recording)"
}

run_tests
