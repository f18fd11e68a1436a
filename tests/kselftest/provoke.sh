#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every rule broken on purpose by lab_provoke: one report with the right two parties each time,
# and the machine goes on and has lost nothing.
. "${0%/*}/ktap.sh"
need_module lab_puppet lab_provoke

provoke=/sys/kernel/debug/labyrinth_provoke

# What each scenario must come to. The callers are functions of provoke_kinds.c; "-" is what
# labyrinth cannot know, such as who frees a page without it.
# scenario kind owner offender refcount/mapcount alloc_caller caller context errno out
cases='
double_free double_free holder holder 1/0 holder_takes frees_again softirq -EALREADY 0
foreign_free foreign_free holder offender 1/0 holder_takes frees_anothers nmi -EPERM 0
plain_page plain_page - offender 1/0 - frees_plain hardirq -ENOENT 0
released_page plain_page - holder 1/0 - frees_released task -ENOENT 0
shared_reference shared_page holder - 2/0 holder_takes - task 0 0
shared_past_the_end shared_page holder - 2/0 holder_takes - task 0 0
shared_mapping shared_page holder holder 2/1 holder_takes frees_mapped softirq -EBUSY 0
freed_behind freed_behind holder - 0/0 holder_takes finds_it_gone softirq -EALREADY 0
freed_behind_comes_back freed_behind holder - 1/0 holder_takes - task 0 0
use_after_free use_after_free holder - 1/0 holder_takes - softirq 0 0
wrong_scope wrong_scope holder holder 1/0 - frees_out_of_scope hardirq -EPERM 0
dying_receiver dead_owner holder offender 1/0 holder_takes gives_to_the_dead softirq -EINVAL 0
dead_owner dead_owner offender offender 1/0 - frees_for_the_dead hardirq -ENOENT 0
destroyed_twice dead_owner offender offender -/- - destroys_again task 0 0
orphan orphan holder - 1/0 holder_takes - task 0 1
receiver_full receiver_full holder offender 1/0 holder_takes gives_too_much softirq -ENOSPC 0
bad_argument bad_argument - offender -/- - frees_nothing hardirq -EINVAL 0
'

# No violations: a request that could have slept, and those that could not.
leisure=could_sleep
haste="rcu_reader unpreemptible uninterruptible in_softirq"

# Each scenario is played so often for what it may lose, and before that until the kernel's
# caches and tables have grown to what that takes. A page lost each time would be $times; all
# else on the machine moves a few, such as page tables and stacks of what has just run.
times=50 warm_up=10 tolerance=25
[ -z "${long-}" ] || times=200 warm_up=40 tolerance=50

# The line of a scenario into $kind, $owner and so on. A name becomes one of the module's.
look_up() { # SCENARIO
	# shellcheck disable=SC2046 # one word a cell
	set -- $(echo "$cases" | grep "^$1 ")
	[ $# -eq 10 ] || fail "no line for the scenario"
	kind=$2 owner=$(party "$3") offender=$(party "$4") refcount=${5%/*} mapcount=${5#*/}
	alloc_caller=$(party "$6") caller=$(party "$7") context=$8 errno=$9
	shift 9
	out=$1
}

party() { # NAME
	[ "$1" = - ] && echo - || echo "provoke_$1"
}

direct() { # WORDS...: the reply is in $answer
	answer=
	echo "$*" >$provoke/DIRECT && read -r answer <$provoke/answer
}

cell() { # NAME: of $answer
	local rest=${answer#*"$1"=}

	echo "${rest%% *}"
}

# The symbol NAME, and none that only begins so; "-" is itself.
symbol() { # NAME
	[ "$1" = - ] && echo '^-$' || echo "^$1[.+]"
}

# Once, each party in its place.
expect_told() {
	local by of=$owner

	case $kind,$caller in
	receiver_full,*) by="$owner, to $offender, ${caller}[.+].*, in" ;;
	*,-) by="$offender; found in" ;;
	freed_behind,*) by="not known; found by ${caller}[.+].*, in" ;;
	*) by="$offender, ${caller}[.+].*, in" ;;
	esac
	[ "$alloc_caller" = - ] || of="$owner, taken by ${alloc_caller}[.+].*"
	expect_log "labyrinth: $kind: "
	expect_equal "times that the console was told" \
		"$(log_since | grep -c "labyrinth: $kind: ")" 1
	expect_log "labyrinth:   by: $by $context on CPU [0-9]+; such since the last report: 1\$"
	expect_log "labyrinth:   of: $of\$"
	log_since | sed -n "s/.*labyrinth: \\($kind: \\|  \\(by\\|of\\|page\\|then\\): \\)/\\1/p" |
		while read -r line; do
			grep -qF -e "$line" $lab/verdicts || echo "$line"
		done >/tmp/untold
	expect_equal "lines that verdicts has not" "$(cat /tmp/untold)" ""
}

# While both live: it counts against the offender, or where nobody knows him, the owner.
expect_counted() {
	local blamed=$offender one wanted

	[ "$blamed" != - ] || blamed=$owner
	for one in provoke_holder provoke_offender; do
		wanted=0
		[ $one != "$blamed" ] || wanted=1
		[ "$(table owners count "name=$one")" = 0 ] || expect_owner $one violations $wanted
	done
}

expect_nothing_left() {
	expect_rows 0 owners "name~^provoke_"
	expect_rows 0 pages "owner~^provoke_"
}

# A reference that passes is none of these: reported is what stays for a second.
late="shared_reference shared_past_the_end"

is_late() { # SCENARIO
	case " $late " in
	*" $1 "*) true ;;
	*) false ;;
	esac
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
	expect_told
	expect_nothing_left
}

test_what_follows_the_rules_is_not_reported() {
	direct well_behaved
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_no_violation
	expect_nothing_left
}

test_every_scenario_of_the_module_has_its_test_here() {
	expect_equal "scenarios" "$(sort $provoke/DIRECT)" \
		"$(printf '%s\n' well_behaved $leisure $haste "$cases" | sed 's/ .*//;/^$/d' | sort)"
	for scenario in $(echo "$cases" | sed 's/ .*//'); do
		grep -q "^	expect_reported_once $scenario\$" "$0" || fail "$scenario is not played"
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

test_a_free_while_somebody_has_a_reference_is_reported_once() {
	expect_reported_once shared_reference
}

test_a_free_while_somebody_has_a_reference_that_outlives_the_owner_is_reported_once() {
	expect_reported_once shared_past_the_end
}

test_a_free_while_a_process_has_it_mapped_is_reported_once() {
	expect_reported_once shared_mapping
}

test_a_page_freed_behind_the_back_is_reported_once_when_it_is_given_back() {
	expect_reported_once freed_behind
}

test_a_page_freed_behind_the_back_is_reported_once_when_it_comes_back() {
	expect_reported_once freed_behind_comes_back
}

test_a_write_after_free_is_reported_once() {
	expect_reported_once use_after_free
}

test_a_free_out_of_scope_is_reported_once() {
	expect_reported_once wrong_scope
}

test_a_transfer_to_a_dying_owner_is_reported_once() {
	expect_reported_once dying_receiver
}

test_a_handle_used_after_its_end_is_reported_once() {
	expect_reported_once dead_owner
}

test_an_owner_destroyed_twice_is_reported_once() {
	expect_reported_once destroyed_twice
}

test_a_page_leaked_at_destroy_is_reported_once() {
	expect_reported_once orphan
}

test_a_receiver_over_its_budget_is_reported_once() {
	expect_reported_once receiver_full
}

test_a_bad_argument_is_reported_once() {
	expect_reported_once bad_argument
}

advice="labyrinth: advice: provoke_offender asks atomically where it could sleep: "

expect_advice() { # SCENARIO TIMES CALLER
	direct "$1" stay
	expect_equal "the scenario" "$answer" stays
	expect_owner provoke_offender could_sleep "$2" violations 0
	expect_match "who asks so" "$(sed -n 's/^could_sleep_caller //p' \
		$lab/owner/provoke_offender/stats)" "$3"
	direct end
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_no_violation
	expect_nothing_left
}

test_an_atomic_request_where_sleeping_is_legal_is_worth_advice() {
	expect_advice $leisure 1 "provoke_asks_at_leisure*\[lab_provoke]"
	expect_log "$advice.* in provoke_asks_at_leisure[.+]"
	expect_equal "times that the console was told" "$(log_since | grep -c "$advice")" 1
	grep -q "^${advice#labyrinth: }" $lab/verdicts || fail "it is not in verdicts"
}

test_an_atomic_request_where_sleeping_is_not_legal_is_not() {
	for scenario in $haste; do
		expect_advice "$scenario" 0 -
	done
	expect_not_in_log "$advice"
}

owner_module_comes_and_goes() {
	insmod "$modules/lab_provoke_gone.ko" && rmmod lab_provoke_gone || fail "the module stays"
}

test_an_owner_whose_module_is_gone_is_reported_once() {
	users=$(cat /sys/module/labyrinth/refcnt)
	owner_module_comes_and_goes
	expect_violation kind=module_gone owner=provoke_gone offender=provoke_gone pfn=-
	kind=module_gone owner=provoke_gone offender=provoke_gone caller=- alloc_caller=- context=task
	expect_told
	expect_equal "users of labyrinth" "$(cat /sys/module/labyrinth/refcnt)" "$users"
	direct well_behaved
	expect_match "the end" "$answer" "errno=0 out=0 refused=0 reused=0 amiss=0 *"
	expect_nothing_left
}

# Owners come and go by the thousand, each after grace periods. These wait for all CPUs, and
# are ten times as short with one.
test_no_scenario_loses_memory_however_often_it_is_played() {
	one_cpu_only 1
	# KASAN keeps what was freed, until it has so much that the oldest goes for the newest.
	! kernel_symbol ' kasan_quarantine_put$' >/dev/null || direct "well_behaved 3000"
	for scenario in $leisure $haste well_behaved $(echo "$cases" | sed 's/ .*//'); do
		local out=0 errno=0 kind='' reports=0

		! echo "$cases" | grep -q "^$scenario " || { look_up "$scenario"; reports=$times; }
		! is_late "$scenario" || reports=0
		direct "$scenario $warm_up"
		forget_reports
		direct "$scenario $times"
		echo "# $scenario: lost $(cell lost)"
		expect_match "$scenario" "$answer" \
			"errno=$errno out=$((out * times)) refused=0 reused=0 amiss=0 *"
		expect_rows "$reports" violations "seq>$violations_seen"
		expect_rows "$reports" violations "seq>$violations_seen" kind="$kind"
		expect_at_most "$scenario: pages lost" "$(cell lost)" $tolerance
		expect_nothing_left
	done
	one_cpu_only 0
}

memory() {
	direct memory
	echo "$answer"
}

test_owners_whose_modules_are_gone_lose_no_memory() {
	local i=0 rounds=50 before lost

	one_cpu_only 1
	while [ $i -lt 10 ]; do
		owner_module_comes_and_goes
		i=$((i + 1))
	done
	i=0
	before=$(memory)
	while [ $i -lt $rounds ]; do
		owner_module_comes_and_goes
		i=$((i + 1))
	done
	lost=$((before - $(memory)))
	echo "# module gone: lost $lost"
	# Of four each in stock; the processes that load and unload leave some behind, too.
	expect_at_most "pages lost" $lost $rounds
	one_cpu_only 0
}

let_the_log_speak
run_tests
