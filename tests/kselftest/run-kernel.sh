#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the kselftests on one kernel in virtual machines, and print KTAP.
#
# usage: run-kernel.sh NAME [--quick | --long] [--seed N] [FILE...]
#
# NAME is a kernel of scripts/kernels.sh. With FILEs (contract, errors, ...), only these
# run. --quick runs a few of them, --long runs more files and more rounds. --seed N repeats
# the writes of a "fuzz" run that reported this seed.
# Logs: build/NAME/kselftest/. Exit status 1 if a test failed or did not end, a machine
# crashed or hung, or the kernel log has a splat.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/kselftest
kernel='' quick='' long='' seed='' files=() only=()
plan=0
. "$top/tests/lib/ktap.sh"

# The first seven read the kernel log, which is rate limited. They run first, so that they need not
# wait for the limit.
all=(violations refusals lifetime scope contexts misuse settings contract errors budget flags adapt debugfs audit
	lookup page_use folder abi hotplug memory_loss pressure suspend strangers stress)
few=(contexts contract)

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--quick) quick=1 ;;
		--long) long=1 ;;
		--seed) [[ ${2-} =~ ^[0-9]+$ ]] || { kernel=''; break; }; seed=$2; shift ;;
		-*) kernel=''; break ;;
		*) if [ -z "$kernel" ]; then kernel=$1; else only+=("$1"); fi ;;
		esac
		shift
	done
	[ -n "$kernel" ] || { sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
}

# Check at each depth of a KTAP log that every plan has its number of results. Print what is
# missing.
complete() { # LOG
	awk '
	function check(depth) {
		if (planned[depth] == "")
			print "# a test without a plan"
		else if (planned[depth] != seen[depth])
			print "# " planned[depth] " tests were planned, " seen[depth] " ended"
		delete planned[depth]
	}
	{ match($0, /^ */); depth = RLENGTH }
	/^ *KTAP version 1$/ { open[depth] = 1; planned[depth] = ""; seen[depth] = 0 }
	/^ *1\.\.[0-9]+$/ { sub(/^ *1\.\./, ""); planned[depth] = $0 + 0 }
	/^ *(not )?ok [0-9]+/ {
		for (d in open)
			if (d + 0 > depth) {
				check(d)
				delete open[d]
			}
		seen[depth]++
		any = 1
	}
	/^ *Bail out!/ { print "# " $0 }
	END {
		for (d in open)
			check(d)
		if (!any)
			print "# no test at all"
	}' "$1"
}

# Boot a machine that runs FILEs. Report its exit status and its kernel log.
boot() { # NAME WORDS "VM-OPTIONS" FILE...
	local out=$build/kselftest/$1 words=$2 options=$3 status amiss module
	local copies=(--file "$here:/lib/labyrinth/kselftest" --file "$build/tests/kselftest/two_threads" \
		--file "$build/tests/kselftest/fuzz_writes" \
		--file "$top/Documentation/ABI/testing/debugfs-labyrinth"
		--file "$top/Documentation/ABI/testing/sysfs-kernel-labyrinth")

	shift 3
	for module in "$build"/labyrinth/labyrinth.ko "$build"/tests/kselftest/*.ko; do
		copies+=(--file "$module")
	done
	rm -rf "$out"
	mkdir -p "$out"
	echo "sh /lib/labyrinth/kselftest/run.sh $*" >"$tools/boot.sh"
	# shellcheck disable=SC2086 # several words
	"$top/scripts/vm.sh" --kernel "$kernel" --out "$out" --timeout 1200 $options \
		--env preempt_count="$(grep -c '^CONFIG_PREEMPT_COUNT=y' "$kdir/include/config/auto.conf")" \
		--env quick="$quick" --env long="$long" --env seed="$seed" \
		"${copies[@]}" "$tools/boot.sh"
	status=$?
	tr -d '\r' <"$out/result.log" | sed '/^# vm: /d' >"$out/ktap"
	sed 's/^/  /' "$out/ktap"
	amiss=$(complete "$out/ktap")
	[ -z "$amiss" ] || { echo "$amiss"; status=1; }
	[ "$status" -lt 124 ] || echo "# the machine ended with $status: see $out"
	result "$status" "$kernel: $words"

	"$top/scripts/splat.sh" "$out/console.log" | sed 's/^/# /'
	result "${PIPESTATUS[0]}" "$kernel: $words: kernel log is clean"
}

build() {
	local log=$build/kselftest/build.log

	mkdir -p "$build/kselftest" "$tools"
	"$top/scripts/build.sh" "$kernel" kselftest ${modules:+LABYRINTH_KSELFTESTS="$modules"} >"$log" 2>&1 || { tail -n 20 "$log" | sed 's/^/# /'; return 1; }
}

parse "$@"
build=$top/build/$kernel
kdir=$("$top/scripts/kernels.sh" --print "$kernel" | sed -n 's/^kdir=//p')
tools=$build/kselftest/bin
files=("${all[@]}")
[ -z "$quick" ] || files=("${few[@]}")
# Tests that allocate all memory run in a small machine.
# Its CPUs take turns, because the kernel patches its code for watch, and QEMU 7.2 may go on
# executing a translation of the code before.
small=(guarantee) mem=512M
[ -n "$quick" ] || small+=(watch)
split=() removal=() tiny=()
# A test that needs a boot option.
clearing=()
[ -z "$long" ] || clearing=(clearing)
[ -z "$long" ] || files+=(fuzz losses)
# What the few files need.
modules=${quick:+lab_stub.o,lab_reserve.o}
# Not on the debug kernels, whose checks allocate memory at any time.
case $kernel in
6.1 | 6.12 | 6.12-rt)
	mem=384M
	if [ -n "$quick" ] && [ "$kernel" = 6.1 ]; then small=(); else small+=(reserve); fi
	[ -z "$long" ] || { small+=(watch_reserve dry advised); tiny=(advised); split=(reserve_large); removal=(memory_remove); } ;;
esac
if [ ${#only[@]} -gt 0 ]; then
	modules=''
	files=() small=() split=() removal=() clearing=() tiny=()
	for file in "${only[@]}"; do
		case $file in
		reserve_large) split=("$file") ;;
		memory_remove) removal=("$file") ;;
		clearing) clearing=("$file") ;;
		advised) small+=("$file"); tiny=("$file") ;;
		reserve | guarantee | dry | watch | watch_reserve) small+=("$file") ;;
		*) files+=("$file") ;;
		esac
	done
fi

plan=$((1 + 2 * ((${#files[@]} > 0) + (${#small[@]} > 0) + (${#split[@]} > 0) + (${#clearing[@]} > 0) +
	(${#tiny[@]} > 0) + (${#removal[@]} > 0))))
echo "KTAP version 1"
echo "1..$plan"
build
result $? "$kernel: builds"
if [ "$failed" -eq 0 ]; then
	# Debian's kernels zero each allocated page, which takes time: only in a long run.
	zeroing=${long:-0}
	[ ${#files[@]} -eq 0 ] || boot machine "4 CPUs" \
		"--smp 4 --mem 1G --append init_on_alloc=$zeroing" "${files[@]}"
	[ ${#small[@]} -eq 0 ] ||
		boot small "4 CPUs in turn, $mem, all of it taken" "--smp 4 --in-turn --mem $mem --append init_on_alloc=0" "${small[@]}"
	[ ${#split[@]} -eq 0 ] || boot split "1 CPU, 1.5G, 1G of it above 4 GiB, all of it taken" \
		"--smp 1 --mem 1536M --append init_on_alloc=0 --qemu -M --qemu pc,max-ram-below-4g=512M" "${split[@]}"
	[ ${#tiny[@]} -eq 0 ] ||
		boot tiny "1 CPU, 256M, all of it taken" "--smp 1 --mem 256M --append init_on_alloc=0" "${tiny[@]}"
	[ ${#clearing[@]} -eq 0 ] || boot clearing "2 CPUs, init_on_free=1" \
		"--smp 2 --mem 512M --append init_on_free=1" "${clearing[@]}"
	# A DIMM of 8 blocks, which is node 1.
	[ ${#removal[@]} -eq 0 ] || boot removal "4 CPUs, 512M and a DIMM" \
		"--smp 4 --mem 512M,slots=1,maxmem=4G --append memhp_default_state=offline
		 --qemu -object --qemu memory-backend-ram,id=ram,size=512M
		 --qemu -numa --qemu node,nodeid=0,cpus=0-3,memdev=ram --qemu -numa --qemu node,nodeid=1
		 --qemu -object --qemu memory-backend-ram,id=dimm,size=1G
		 --qemu -device --qemu pc-dimm,id=slot,memdev=dimm,node=1" "${removal[@]}"
fi
exit $failed
