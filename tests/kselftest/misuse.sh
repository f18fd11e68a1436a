#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# lab_test_misuse breaks every rule on purpose. Each time there is one report with the right two
# parties, and allocation continues to work.
. "${0%/*}/ktap.sh"
. "${0%/*}/misuse_lib.sh"
need_module lab_stub lab_test_misuse

# A pattern for the symbol NAME, which longer names do not match; "-" matches itself.
symbol() { # NAME
	[ "$1" = - ] && echo '^-$' || echo "^$1[.+]"
}

# The report is logged once, and names both parties.
expect_reported() {
	local by of=$owner

	case $kind,$caller in
	receiver_full,*) by="$owner, to $offender, ${caller}[.+].*, in" ;;
	*,-) by="$offender; found in" ;;
	freed_behind,*) by="not known; found by ${caller}[.+].*, in" ;;
	*) by="$offender, ${caller}[.+].*, in" ;;
	esac
	[ "$alloc_caller" = - ] || of="$owner, taken by ${alloc_caller}[.+].*"
	expect_log "labyrinth: $kind: "
	expect_equal "reports on the console" \
		"$(log_since | grep -c "labyrinth: $kind: ")" 1
	expect_log "labyrinth:   by: $by $context on CPU [0-9]+; such since the last report: 1\$"
	expect_log "labyrinth:   of: $of\$"
	log_since | sed -n "s/.*labyrinth: \\($kind: \\|  \\(by\\|of\\|page\\|then\\): \\)/\\1/p" |
		while read -r line; do
			grep -qF -e "$line" $lab/verdicts || echo "$line"
		done >/tmp/missing
	expect_equal "lines missing in verdicts" "$(cat /tmp/missing)" ""
}

# Checked while both owners live: the violation counts against the offender, or against the owner
# if the offender is unknown.
expect_counted() {
	local blamed=$offender one wanted

	[ "$blamed" != - ] || blamed=$owner
	for one in misuse_holder misuse_offender; do
		wanted=0
		[ $one != "$blamed" ] || wanted=1
		[ "$(table owners count "name=$one")" = 0 ] || expect_owner $one violations $wanted
	done
}

expect_reported_once() { # SCENARIO
	local errno kind owner offender refcount mapcount alloc_caller caller context out

	look_up "$1"
	direct "$1" stay
	expect_equal "the scenario" "$answer" stays
	! is_late "$1" || sleep 2
	expect_counted
	direct end
	expect_match "the end" "$answer" "errno=$errno out=$out refused=0 reused=0 amiss=0 *"
	expect_violation kind="$kind" owner="$owner" offender="$offender" refcount="$refcount" \
		mapcount="$mapcount" "alloc_caller~$(symbol "$alloc_caller")" \
		"caller~$(symbol "$caller")"
	expect_reported
	expect_nothing_left
}

test_correct_use_is_not_reported() {
	direct well_behaved
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_no_violation
	expect_nothing_left
}

test_every_scenario_of_the_module_has_a_test() {
	expect_equal "scenarios" "$(sort $misuse/DIRECT)" \
		"$(printf '%s\n' well_behaved $leisure $haste "$cases" | sed 's/ .*//;/^$/d' | sort)"
	for scenario in $(echo "$cases" | sed 's/ .*//'); do
		grep -q "^	expect_reported_once $scenario\$" "$0" || fail "$scenario is not tested"
	done
}

test_a_double_free_is_reported_once() {
	expect_reported_once double_free
}

test_a_foreign_free_is_reported_once() {
	expect_reported_once foreign_free
}

test_a_free_of_a_plain_page_is_reported_once() {
	expect_reported_once plain_page
}

test_a_free_of_a_released_page_is_reported_once() {
	expect_reported_once released_page
}

test_a_free_with_an_extra_reference_is_reported_once() {
	expect_reported_once shared_reference
}

test_an_extra_reference_that_outlives_the_owner_is_reported_once() {
	expect_reported_once shared_past_the_end
}

test_a_free_of_a_mapped_page_is_reported_once() {
	expect_reported_once shared_mapping
}

test_a_page_freed_behind_is_reported_once_at_free() {
	expect_reported_once freed_behind
}

test_a_page_freed_behind_is_reported_once_when_another_owner_gets_it() {
	expect_reported_once freed_behind_comes_back
}

test_a_write_after_free_is_reported_once() {
	expect_reported_once use_after_free
}

test_a_free_out_of_scope_is_reported_once() {
	expect_reported_once wrong_scope
}

test_a_transfer_to_a_destroyed_owner_is_reported_once() {
	expect_reported_once dying_receiver
}

test_a_free_with_a_destroyed_handle_is_reported_once() {
	expect_reported_once dead_owner
}

test_a_second_destroy_is_reported_once() {
	expect_reported_once destroyed_twice
}

test_a_page_owned_at_destroy_is_reported_once() {
	expect_reported_once orphan
}

test_a_transfer_beyond_the_receivers_budget_is_reported_once() {
	expect_reported_once receiver_full
}

test_a_bad_argument_is_reported_once() {
	expect_reported_once bad_argument
}

advice="labyrinth: advice: misuse_offender asks atomically where it could sleep: "

expect_advice() { # SCENARIO TIMES CALLER
	direct "$1" stay
	expect_equal "the scenario" "$answer" stays
	expect_owner misuse_offender could_sleep "$2" violations 0
	expect_match "caller" "$(sed -n 's/^could_sleep_caller //p' \
		$lab/owner/misuse_offender/stats)" "$3"
	direct end
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_no_violation
	expect_nothing_left
}

test_an_atomic_request_that_could_sleep_gets_advice() {
	# A kernel that does not count preemption does not know.
	if [ "$preempt_count" = 0 ]; then
		expect_advice $leisure 0 -
		return
	fi
	expect_advice $leisure 1 "misuse_asks_at_leisure*\[lab_test_misuse]"
	expect_log "$advice.* in misuse_asks_at_leisure[.+]"
	expect_equal "lines on the console" "$(log_since | grep -c "$advice")" 1
	grep -q "^${advice#labyrinth: }" $lab/verdicts || fail "the advice is not in verdicts"
}

test_an_atomic_request_that_could_not_sleep_gets_no_advice() {
	for scenario in $haste; do
		expect_advice "$scenario" 0 -
	done
	expect_not_in_log "$advice"
}

test_an_owner_whose_module_is_unloaded_is_reported_once() {
	users=$(cat /sys/module/labyrinth/refcnt)
	owner_module_comes_and_goes
	expect_violation kind=module_gone owner=misuse_gone offender=misuse_gone pfn=-
	kind=module_gone owner=misuse_gone offender=misuse_gone caller=- alloc_caller=- context=task
	expect_reported
	expect_equal "users of labyrinth" "$(cat /sys/module/labyrinth/refcnt)" "$users"
	direct well_behaved
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_nothing_left
}

let_the_log_speak
run_tests
