#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Torture labyrinth on one kernel, in a virtual machine of 4 CPUs, and print KTAP.
#
# usage: run.sh KERNEL [smoke|long] [observed] [PARAMETER=VALUE...]
#
# KERNEL is one of scripts/kernels.sh. "observed" toggles the events, switches watch and
# reads all tables meanwhile. PARAMETERs are lab_torture.ko's, or hotplug=0 and faults=0, which turn off
# CPU hotplug and fault injection. The logs are in build/KERNEL/torture/ or
# torture-observed/. The exit status is 1 if anything failed.
#
# A stock kernel patches its code for an event, and QEMU 7.2 may go on executing a
# translation of the code before: its CPUs take turns when observed. The kernels of
# scripts/kernels.sh that are built here use conditions instead.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/torture
[ $# -gt 0 ] || { sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
kernel=$1
shift
preset=smoke limit=200 envs=() params=() tests=4
build=$top/build/$kernel
out=$build/torture
observed=''

for word; do
	case $word in
	smoke | long) preset=$word ;;
	observed) observed=1 tests=8 out=$out-observed envs+=(--env observed=1) ;;
	hotplug=* | faults=*) envs+=(--env "$word") ;;
	duration=*) params+=("$word") limit=$((${word#*=} * 3 + 200)) ;;
	ops=*) params+=("$word") limit=$((${word#*=} / 10000 + 300)) ;;
	*=*) params+=("$word") ;;
	*) echo "run.sh: unknown argument: $word" >&2; exit 2 ;;
	esac
done
[ "$preset" = smoke ] || [ "$limit" -gt 1200 ] || limit=1200

if [ -n "$observed" ]; then
	# Reading the tables waits for owners that come and go: a round takes seconds.
	case $preset:${params[*]-} in
	long:* | *duration=* | *ops=*) ;;
	*) params+=(duration=40) ;;
	esac
	case $kernel in
	6.1 | 6.12 | 6.12-rt) envs+=(--in-turn) ;;
	esac
fi

echo "KTAP version 1"
echo "1..$tests"
mkdir -p "$out"
"$top/scripts/build.sh" "$kernel" torture >"$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" | sed 's/^/# /'
	echo "Bail out! the module does not build for $kernel"
	exit 1
}

"$top/scripts/vm.sh" --kernel "$kernel" --out "$out" --smp 4 --mem 1G --timeout "$limit" \
	--env params="preset=$preset ${params[*]-}" ${envs[@]+"${envs[@]}"} \
	--file "$build/labyrinth/labyrinth.ko" --file "$build/tests/torture/lab_torture.ko" \
	"$here/guest.sh"
status=$?
tr -d '\r' <"$out/result.log" | sed '/^# vm: /d; /^KTAP/d; /^1\.\./d'
ended=$(grep -cE '^(not )?ok ' "$out/result.log")
[ "$status" -lt 124 ] || echo "# the machine's exit status is $status: see $out"
while [ "$ended" -lt $((tests - 1)) ]; do
	ended=$((ended + 1)) status=1
	echo "not ok $ended $kernel: the machine did not run this test"
done

amiss=$("$top/scripts/splat.sh" "$out/console.log") || status=1
[ -z "$amiss" ] || sed 's/^/# /' <<<"$amiss" | head -n 40
if [ -z "$amiss" ]; then echo "ok $tests kernel log is clean"; else echo "not ok $tests kernel log is clean"; fi
exit $((status != 0))
