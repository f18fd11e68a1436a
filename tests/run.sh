#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All tests, or the quick ones, and one line of sums at the end.
#
# usage: run.sh test|check
#
# Each step prints KTAP; it is shown, kept in build/results/, and its results are
# counted: of nested ones the innermost. A step that fails without saying which
# test, or that runs none, counts as one failed.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit
results=build/results
rm -rf "$results"
mkdir -p "$results"
begun=$SECONDS
passed=0 failed=0 skipped=0

say() { echo "==> [$((SECONDS - begun)) s] $*"; }

# Counts of a KTAP log: "passed failed skipped". A result line is a parent's if
# the one before it is indented deeper; a parent counts only if it alone failed.
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
	local name=$1 log=$results/$1.ktap status p f s
	shift
	say "$name"
	"$@" </dev/null 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	read -r p f s < <(count "$log")
	if [ "$f" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$p" -eq 0 ]; }; then
		f=1
		echo "not ok - $name ended with status $status after $p tests; see $log"
	fi
	say "$name: $p passed, $f failed, $s skipped"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

prepare() { # KERNEL...
	say "kernels: $*"
	tools/kernels.sh "$@" || { echo "0 passed, 1 failed"; exit 1; }
}

case ${1-} in
check)
	prepare 6.12 kunit-6.12
	step lint tests/lint.sh --quick
	step kunit tests/kunit/run.sh --quick
	step kselftest-6.12 tests/kselftest/run-kernel.sh 6.12 --quick
	;;
test)
	prepare 6.1 6.12 6.12-rt kunit-6.12
	step lint tests/lint.sh
	step kunit tests/kunit/run.sh
	for k in 6.1 6.12 6.12-rt; do
		step "kselftest-$k" tests/kselftest/run-kernel.sh "$k"
	done
	step bench tests/bench/run.sh
	step demo tests/demo.sh
	;;
*)
	echo "usage: $0 test|check" >&2
	exit 2
	;;
esac

grep -hE '^ *not ok' "$results"/*.ktap
# The machines are ours: nothing has a reason to be skipped.
[ "$skipped" -eq 0 ] || echo "==> $skipped skipped, counted as failed"
failed=$((failed + skipped))
say "done"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
