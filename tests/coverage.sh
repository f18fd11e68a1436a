#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure how much of the module the tests run: KUnit, the kselftests and the torture,
# on a kernel with GCOV. Prints KTAP.
#
# usage: coverage.sh
#
# All files are in build/coverage; "left-out" there lists the lines that no test ran.

set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
kernel=kunit-6.12
out=$top/build/coverage
tree=$out/tree
# Percent. gcov counts each outcome of each condition as a branch.
lines_limit=95
branches_limit=90
. "$top/tests/lib/ktap.sh"

# The tests run in a copy, so that this checkout is not built with the counters.
copy_tree() {
	rm -rf "$out"
	mkdir -p "$tree"
	(cd "$top" && tar -cf - --exclude=build Kbuild Makefile include labyrinth samples tests \
		scripts tools) | tar -C "$tree" -xf -
}

run() { # NAME COMMAND...
	local name=$1
	shift
	"$@" >"$out/$name.log" 2>&1
	result $? "$name passes with counters on"
}

# Sum up the counters of all boots beside the objects.
gather() {
	local archive objects=$tree/build/$kernel/labyrinth sum=$out/sum one=$out/one n=0

	while read -r archive; do
		rm -rf "$one"
		mkdir "$one"
		tar -C "$one" -xzf "$archive" 2>/dev/null || continue
		n=$((n + 1))
		if [ -d "$sum" ]; then
			gcov-tool merge -o "$sum.new" "$sum" "$one" >>"$out/gather.log" 2>&1 || return
			rm -rf "$sum"
			mv "$sum.new" "$sum"
		else
			mv "$one" "$sum"
		fi
	done < <(find "$tree/build" -name coverage.tgz)
	[ "$n" -gt 0 ] || return
	echo "# counters of $n boots"
	find "$sum" -name '*.gcda' -exec cp {} "$objects" \;
	(cd "$out" && gcov --json-format --branch-probabilities --object-directory "$objects" \
		"$objects"/*.gcda >>"$out/gather.log" 2>&1)
}

echo "KTAP version 1"
echo "1..6"
copy_tree
export LABYRINTH_COVERAGE=1 LABYRINTH_MAKE="LABYRINTH_GCOV=y LABYRINTH_KUNIT=y"
run kunit "$tree/tests/kunit/run.sh"
# The module contains the KUnit suites, which have run above.
export LABYRINTH_APPEND=kunit.enable=0
run kselftest "$tree/tests/kselftest/run-kernel.sh" "$kernel"
run torture "$tree/tests/torture/run.sh" "$kernel" smoke
gather
result $? "counters are readable"
python3 "$top/tests/coverage.py" "$out" "$top/tests/coverage.exempt" >"$out/sums" 2>"$out/left-out"
status=$?
sed 's/^/# /' "$out/sums"
sed 's/^/# not run: /' "$out/left-out"
figure() { sed -n "s/^$1: \([0-9.]*\) .*/\1/p" "$out/sums"; }
at_least() { # WHAT LIMIT
	[ "$status" -eq 0 ] && awk -v got="$(figure "$1")" -v limit="$2" \
		'BEGIN { exit !(got != "" && got + 0 >= limit) }'
	result $? "$1: $(figure "$1") %, at least $2 %"
}
at_least lines $lines_limit
at_least branches $branches_limit
exit $failed
