#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot a kernel with KUnit and run labyrinth's suites in it.
#
# usage: run.sh [--quick]
#
#   --quick   leave out the cases marked slow
#
# KTAP on standard output: one test per suite, then "module_unloads" and
# "no_kernel_splat". Logs are in build/KERNEL/kunit/. The exit status is 0 iff
# every suite of this folder ran, none failed or was empty, and the guest exited
# cleanly.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
kernel=${LABYRINTH_KUNIT_KERNEL:-kunit-6.12}
out=$top/build/$kernel/kunit
mark='labyrinth-kunit: loading'
timeout=600
# An oops ends the run at once. Expedited grace periods shorten it.
append='loglevel=7 oops=panic rcupdate.rcu_expedited=1'
problems=0

say() { echo "==> $*" >&2; }
problem() { echo "# $*"; problems=$((problems + 1)); }

case ${1:-} in
--quick) append+=' kunit.filter=speed>slow' timeout=300 ;;
'') ;;
*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

build() {
	"$top/scripts/build.sh" "$kernel" LABYRINTH_KUNIT=y >"$out/build.log" 2>&1 && return
	tail -n 30 "$out/build.log" >&2
	say "the build failed: see $out/build.log"
	exit 1
}

guest_script() {
	cat <<-EOS
	echo "$mark" >/dev/kmsg
	insmod /lib/labyrinth/labyrinth.ko || exit 1
	rmmod labyrinth || exit 2
	# Lockdep may turn itself off without a message; such a run proves less.
	[ ! -e /proc/lockdep_stats ] ||
		grep -q 'debug_locks: *1\$' /proc/lockdep_stats || exit 3
	echo "labyrinth-kunit: unloaded" >/dev/kmsg
	EOS
}

# The KTAP lines of the console log after the mark, without time stamps.
ktap_lines() {
	sed -E 's/\r$//; s/^(<[0-9]+>)?\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?//' "$1" |
		awk -v mark="$mark" 'index($0, mark) { found = 1; next } found' |
		grep -aE '^ *(KTAP version |1\.\.[0-9]+$|ok [0-9]+|not ok [0-9]+|#)' || true
}

suites_of_the_sources() {
	sed -n 's/^\t\.name = "\(labyrinth_[a-z_]*\)",$/\1/p' "$top"/tests/kunit/*_test.c | sort
}

check_suites() { # KTAP
	local suite

	for suite in $(suites_of_the_sources); do
		grep -qE "^ok [0-9]+ $suite( |\$)" "$1" ||
			problem "suite $suite is missing or failed"
		grep -qE "^# $suite: .*pass:0( |\$)" "$1" && problem "suite $suite passed no test"
	done
	! grep -qE '^ *not ok ' "$1" || problem "a test failed"
	grep -qE '^    ok ' "$1" || problem "no test was run"
}

mkdir -p "$out"
build
guest_script >"$out/guest.sh"

start=$SECONDS
status=0
"$top/scripts/vm.sh" --kernel "$kernel" --smp 4 --timeout "$timeout" --append "$append" \
	--out "$out" --file "$top/build/$kernel/labyrinth/labyrinth.ko" "$out/guest.sh" ||
	status=$?

ktap_lines "$out/console.log" >"$out/kunit.ktap"
planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$out/kunit.ktap" | head -n 1)
planned=${planned:-0}

unloads=ok splats=ok
grep -aq 'labyrinth-kunit: unloaded' "$out/console.log" || unloads='not ok'
"$top/scripts/splat.sh" "$out/console.log" >"$out/splats.log" || splats='not ok'

sed "s/^1\.\.$planned\$/1..$((planned + 2))/" "$out/kunit.ktap"
sed 's/^/# /' "$out/splats.log"
echo "$unloads $((planned + 1)) module_unloads"
echo "$splats $((planned + 2)) no_kernel_splat"

check_suites "$out/kunit.ktap"
[ "$status" -eq 0 ] || problem "the guest's exit status is $status: see $out/console.log"
[ "$unloads" = ok ] || problem "the module was not unloaded"
[ "$splats" = ok ] || problem "the kernel complained: see $out/splats.log"
echo "# $problems problems, $((SECONDS - start)) s"
[ "$problems" -eq 0 ]
