#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test labyrinth's tracepoints with Debian's trace-cmd, bpftrace and perf, on one kernel
# in a virtual machine. Prints KTAP.
#
# usage: run.sh [KERNEL [FILE...]]
#
# KERNEL is a kernel of scripts/kernels.sh, by default 6.12. With FILEs (events, trace_cmd,
# ...), only these run. Logs: build/KERNEL/trace/. Exit status 1 if anything failed.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/trace
case ${1-} in
-*) sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
kernel=${1:-6.12}
[ $# -eq 0 ] || shift
build=$top/build/$kernel
out=$build/trace
files=(events reports trace_cmd bpftrace perf toggle)
[ $# -eq 0 ] || files=("$@")
modules=() tools=() in_turn=() at_once=()
. "$top/tests/lib/ktap.sh"

bail() { # WORDS...
	echo "Bail out! $*"
	exit 1
}

# Boot a machine that runs FILEs. Report its exit status and its kernel log.
boot() { # NAME WORDS FILE... -- VM-OPTION...
	local vm=$out/$1 words=$2 list=''

	shift 2
	while [ "$1" != -- ]; do
		list+=" $1"
		shift
	done
	shift
	mkdir -p "$vm"
	echo "here=/lib/labyrinth/trace sh /lib/labyrinth/kselftest/run.sh$list" >"$vm/boot.sh"
	"$top/scripts/vm.sh" --kernel "$kernel" --smp 2 --timeout 300 --out "$vm" \
		--file "$here:/lib/labyrinth/trace" \
		--file "$top/tests/kselftest/ktap.sh:/lib/labyrinth/trace/" \
		--file "$top/tests/kselftest/run.sh:/lib/labyrinth/kselftest/" \
		"${modules[@]}" "$@" "$vm/boot.sh"
	vm_results $? "$vm" "$kernel: $words" "$kernel: $words"
}

echo "KTAP version 1"
for file in "${files[@]}"; do
	case $file in
	toggle) at_once+=("$file") ;;
	*) in_turn+=("$file") ;;
	esac
done
echo "1..$(((${#in_turn[@]} > 0) * 2 + (${#at_once[@]} > 0) * 2))"
for tool in trace-cmd bpftrace perf; do
	path=$(command -v "$tool") || bail "$tool is missing: run scripts/setup.sh test"
	tools+=(--file "$path:/bin/")
done
rm -rf "$out"
mkdir -p "$out"
"$top/scripts/build.sh" "$kernel" kselftest >"$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" | sed 's/^/# /'
	bail "it does not build for $kernel"
}
for module in labyrinth/labyrinth tests/kselftest/lab_stub tests/kselftest/lab_stress; do
	modules+=(--file "$build/$module.ko")
done

# bpftrace needs LLVM, 200 MB.
[ ${#in_turn[@]} -eq 0 ] || boot tools "events and tracing tools" "${in_turn[@]}" -- \
	--mem 2G --in-turn "${tools[@]}"
[ ${#at_once[@]} -eq 0 ] || boot at_once "events under load" "${at_once[@]}" --
exit $failed
