#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the tests, and print one line with the totals at the end.
#
# usage: run.sh check|test|test-all
#
#   check     a quick run while working on a change: minutes
#   test      what a change must pass: the stock kernels, and one built here
#   test-all  "test" in full, and all tests on every kernel built here: hours
#
# Each step prints KTAP. It is shown when the step has ended and kept in build/results/.
# Of nested results the innermost are counted. A step that fails without a failed test,
# or that runs no test, counts as one failure.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit
# Use the programs that scripts/setup.sh installs, and their untranslated messages.
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
results=build/results
rm -rf "$results"
mkdir -p "$results"
begun=$SECONDS
# Options of the steps: "test" skips slow repetitions in most of them.
short=--short long=
# A warning fails the step that builds.
export LABYRINTH_MAKE="W=1 KCFLAGS=-Werror"

say() { echo "==> [$((SECONDS - begun)) s] $*"; }

# Print the counts of a KTAP log: "passed failed skipped". A result line is a parent's if
# the one before it is indented deeper; a parent counts only if it failed and no child did.
count() { # LOG
	awk '/^ *(not )?ok [0-9]+/ {
		match($0, /^ */); indent = RLENGTH
		bad = $1 == "not"
		parent = seen && indent < last
		if (!parent) {
			if (toupper($0) ~ /# *SKIP/) skip++; else if (bad) fail++; else pass++
			child_bad = child_bad || bad
		} else {
			if (bad && !child_bad) fail++
			if (indent == 0) child_bad = 0
		}
		last = indent; seen = 1
	} END { print pass + 0, fail + 0, skip + 0 }' "$1"
}

step() { # NAME COMMAND...
	local name=$1 log=$results/$1.ktap status p f s cpu begun_step=$SECONDS TIMEFORMAT='%U %S'
	shift
	say "$name"
	echo 0 1 0 >"$results/$name.count"	# until it has ended
	cpu=$({ time "$@" </dev/null >"$log" 2>&1; } 2>&1; echo "status $?")
	status=${cpu##*status }
	cpu=$(awk '{ printf "%.0f", $1 + $2; exit }' <<<"$cpu")
	read -r p f s < <(count "$log")
	if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; }; then
		f=1
		echo "not ok - $name ended with status $status after $p tests" >>"$log"
	fi
	echo "$p $f $s" >"$results/$name.count"
	(flock 8; cat "$log"; say "$name: $p passed, $f failed, $s skipped; $((SECONDS - begun_step)) s, $cpu s of CPU") 8>"$results/lock"
}

# Queued steps, each a name and a command of words without blanks.
queue=()

later() { # NAME COMMAND...
	queue+=("$*")
}

# Take the next step from the queue and print its number.
take() {
	local next

	{
		flock 9
		read -r next <"$results/next"
		echo $((next + 1)) >"$results/next"
	} 9>"$results/next.lock"
	echo "$next"
}

work() {
	local next

	for ((next = $(take); next < ${#queue[@]}; next = $(take))); do
		# shellcheck disable=SC2086 # words
		step ${queue[next]}
	done
}

# Run two steps at a time, because a virtual machine is idle part of the time. With more of
# them, virtual CPUs that hold locks wait for each other, and all steps take longer.
work_off() {
	echo 0 >"$results/next"
	work &
	work
	wait
}

prepare() { # KERNEL...
	say "kernels: $*"
	scripts/kernels.sh "$@" || { echo "0 passed, 1 failed"; exit 1; }
}

stock="6.1 6.12 6.12-rt"
own="kunit-6.12 kasan-6.12 kcsan-6.12 kunit-7.3 rt-7.3"

run_check() {
	later kunit tests/kunit/run.sh --quick
	later kselftest-6.12 tests/kselftest/run-kernel.sh 6.12 contexts contract errors misuse \
		guarantee
	later lint tests/lint.sh --quick
	work_off
}

# The longest steps first; steps that wait alternate with steps that compute.
run_test() {
	later kselftest-6.12 tests/kselftest/run-kernel.sh 6.12 $long
	later command tests/command/run.sh $short
	later kselftest-6.12-rt tests/kselftest/run-kernel.sh 6.12-rt ${short:+--quick} $long
	later kunit tests/kunit/run.sh ${short:+--quick}
	later kselftest-6.1 tests/kselftest/run-kernel.sh 6.1 ${short:+--quick} $long
	later install tests/install/run.sh ${short:+6.1}
	later lint tests/lint.sh ${short:+--quick}
	[ -n "$short" ] || later trace tests/trace/run.sh
	later model tests/model/run.sh $short
	[ -n "$short" ] || later litmus tests/model/litmus.sh
	[ -n "$short" ] || later demo tests/demo.sh
	[ -n "$short" ] || later fleet tests/fleet/run.sh
	later adapt tests/adapt/run.sh $short
	later bench tests/bench/run.sh
	later torture-6.12 tests/torture/run.sh 6.12 smoke
	[ -n "$short" ] || later torture-native tests/native/run.sh torture
	[ -n "$short" ] || later mutate-native tests/native/mutate.sh
	[ -n "$short" ] || later driver tests/driver/run.sh
	[ -n "$short" ] || later watch tests/watch/run.sh
	later drgn tests/drgn/run.sh ${short:+--sources}
	work_off
}

# Each of these kernels detects other errors, so each runs all tests.
run_own() {
	for k in $own; do
		LABYRINTH_APPEND=
		[ "$k" != kasan-6.12 ] || LABYRINTH_APPEND="page_owner=on page_poison=1"
		export LABYRINTH_APPEND
		step "kunit-on-$k" env LABYRINTH_KUNIT_KERNEL="$k" tests/kunit/run.sh
		step "kselftest-$k" tests/kselftest/run-kernel.sh "$k" --long
		step "torture-long-$k" tests/torture/run.sh "$k" long ops=10000000
		step "torture-observed-$k" tests/torture/run.sh "$k" smoke observed
	done
	unset LABYRINTH_APPEND
	for k in $stock; do
		step "torture-long-$k" tests/torture/run.sh "$k" long ops=10000000
		step "torture-observed-$k" tests/torture/run.sh "$k" smoke observed
	done
	step coverage tests/coverage.sh
	step kunit-in-tree tests/kunit/in-tree.sh
	step install-7.3 tests/install/run.sh kunit-7.3 rt-7.3
	step growth-long tests/growth/run.sh --long
	step secure_boot tests/install/secure_boot.sh
	step packaging tests/packaging/run.sh
	step packaging-trixie tests/packaging/run.sh trixie
	step matrix tests/matrix/run.sh
}

case ${1-} in
check)
	prepare 6.12 kunit-6.12
	run_check
	;;
test)
	# shellcheck disable=SC2086 # one word a kernel
	prepare $stock kunit-6.12
	run_test
	;;
test-all)
	# shellcheck disable=SC2086 # one word a kernel
	prepare $stock $own
	short='' long=--long
	run_test
	run_own
	;;
*)
	echo "usage: $0 check|test|test-all" >&2
	exit 2
	;;
esac

grep -hE '^ *not ok' "$results"/*.ktap
read -r passed failed skipped < <(cat "$results"/*.count |
	awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
# The virtual machines have all that the tests need: no test may be skipped.
[ "$skipped" -eq 0 ] || echo "==> $skipped skipped, counted as failed"
failed=$((failed + skipped))
say "done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
