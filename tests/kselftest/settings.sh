#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The parameter "settings": limits of owners by their names, set by the operator.
. "${0%/*}/ktap.sh"
need_module lab_stub

settings=$parameters/settings
fixed=16	# LABYRINTH_FIXED

clear_settings() {
	echo >$settings
}

limits_of() { # OWNER: "BUDGET STOCK RESERVE_PCT"
	for column in budget stock reserve_pct; do
		table owners $column name="$1"
	done | tr '\n' ' ' | sed 's/ $//'
}

expect_limits() { # OWNER LIMITS
	expect_equal "budget, stock, reserve_pct of $1" "$(limits_of "$1")" "$2"
}

test_a_rule_applies_when_an_owner_of_its_name_is_created() {
	echo "nic-rx:stock=24,reserve_pct=70,budget=40" >$settings
	expect 0 create 0 name=nic-rx budget=32 stock=4
	expect 0 create 1 name=nic-tx budget=32 stock=4
	expect_limits nic-rx "40 24 70"
	expect_limits nic-tx "32 4 50"
	expect_equal "pages of its stock" "$(table owners stocked name=nic-rx)" 24
	clear_settings
}

test_a_rule_applies_to_an_owner_that_lives() {
	expect 0 create 0 name=nic-rx budget=32 stock=4
	echo "nic-*:stock=24,reserve_pct=0,budget=40" >$settings
	expect_limits nic-rx "40 24 0"
	expect 40 bulk 0 0 40
	expect 0 bulk 0 40 1
	expect 40 freebulk 0 0 40
	clear_settings
	expect_limits nic-rx "40 24 0"
}

test_a_later_rule_overrides_an_earlier_one() {
	echo "*:stock=2,reserve_pct=10;disk-?:stock=3; disk-1:stock=4;" >$settings
	expect 0 create 0 name=disk-0
	expect 0 create 1 name=disk-1
	expect 0 create 2 name=other
	expect_limits disk-0 "8 3 10"
	expect_limits disk-1 "8 4 10"
	expect_limits other "8 2 10"
	clear_settings
}

test_a_name_may_have_colons() {
	echo "0000:00:03.0:stock=5" >$settings
	expect 0 create 0 name=0000:00:03.0
	expect_limits 0000:00:03.0 "8 5 50"
	clear_settings
}

test_a_driver_forbids_settings_by_a_flag() {
	echo "*:stock=2,reserve_pct=10,budget=16" >$settings
	expect 0 create 0 name=mine flags=$fixed stock=1
	expect_limits mine "8 1 50"
	expect_log "owner mine is not changed: its driver forbids it"
	for file in budget stock reserve_pct; do
		! echo 8 2>/dev/null >$lab/owner/mine/$file || fail "$file can be written"
	done
	expect_limits mine "8 1 50"
	clear_settings
}

test_a_budget_is_never_lowered_and_bounds_the_stock() {
	echo "few:budget=4,stock=9" >$settings
	expect 0 create 0 name=few
	expect_limits few "8 8 50"
	expect_log "owner few keeps its budget of 8 pages: it can only be raised"
	expect_log "owner few gets a stock of 8 pages: at most its budget"
	! echo 7 2>/dev/null >$lab/owner/few/budget || fail "the file lowers the budget"
	echo 9 >$lab/owner/few/budget
	expect_limits few "9 8 50"
	clear_settings
}

test_a_stock_is_at_most_an_eighth_of_memory() {
	pages=$(($(awk '/^MemTotal/ { print $2 * 1024; exit }' /proc/meminfo) / page_size))
	echo "huge:budget=$((2 * pages)),stock=$((2 * pages))" >$settings
	expect 0 create 0 name=huge budget=8 stock=4
	expect_log "owner huge gets a stock of $((pages / 8)) pages"
	expect_equal "pages of its stock" "$(table owners stocked name=huge)" $((pages / 8))
	expect_equal "its budget" "$(table owners budget name=huge)" $pages
	clear_settings
	expect 0 destroy 0
}

adapts() { # OWNER
	table "owner/$1/stats" value name=adapt
}

test_a_stock_adapts_by_a_setting_and_no_more_by_another() {
	echo "nic:stock=auto" >$settings
	expect 0 create 0 name=nic budget=64 stock=2
	expect_limits nic "64 2 50"
	expect_equal "it adapts" "$(adapts nic)" 1
	echo "nic:stock=6" >$settings
	expect_equal "it adapts" "$(adapts nic)" 0
	expect_limits nic "64 6 50"
	echo "nic:stock=auto,reserve_pct=3" >$settings
	expect_equal "it adapts" "$(adapts nic)" 1
	echo "nic:reserve_pct=4" >$settings
	expect_equal "it adapts" "$(adapts nic)" 1
	clear_settings
}

refused() { # TEXT POSITION WHAT
	before=$(cat $settings)
	! printf '%s' "$1" 2>/dev/null >$settings || fail "'$1' is accepted"
	expect_equal "settings after '$1'" "$(cat $settings)" "$before"
	expect_log "settings: at character $2, .*: $3"
}

test_wrong_input_is_refused_whole_with_its_position() {
	expect 0 create 0 name=a
	echo "b:stock=1" >$settings
	refused "a:stock=3;a:stok=4" 13 "unknown setting"
	refused "a:stock=3,stock=4" 11 "set twice in one rule"
	refused "a:stock" 1 "expected NAME:SETTING=NUMBER"
	refused "stock=4" 1 "expected NAME:SETTING=NUMBER"
	refused ":stock=4" 1 "no name or pattern of an owner"
	refused "a b:stock=4" 1 "no name or pattern of an owner"
	refused "a:stock=-1" 9 "expected a decimal number"
	refused "a:stock=" 9 "expected a decimal number"
	refused "a:stock=0x10" 9 "expected a decimal number"
	refused "a:stock=99999999999" 9 "expected a decimal number"
	refused "a:reserve_pct=101" 15 "out of range"
	refused "a:budget=auto" 10 "expected a decimal number"
	refused "a:budget=0" 10 "out of range"
	refused "a:stock=3,,budget=4" 11 "expected SETTING=NUMBER"
	expect_limits a "8 0 50"
	clear_settings
}

test_settings_are_read_as_they_were_written() {
	echo "nic-rx:stock=24;*:reserve_pct=7" >$settings
	expect_equal "settings" "$(cat $settings)" "nic-rx:stock=24;*:reserve_pct=7"
	clear_settings
	expect_equal "settings" "$(cat $settings)" ""
	expect_equal "mode" "$(stat -c %a $settings)" 644
}

run_tests
