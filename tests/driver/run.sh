#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Compare the kernel's e1000 driver with the same driver switched to labyrinth by
# tools/port.sh: real traffic both ways between two emulated cards in one virtual machine,
# with memory plentiful and short. Prints KTAP and a table of figures.
#
# usage: run.sh [--throughput]
#
#   --throughput  instead, count the instructions of a transfer: see throughput.sh
#
# The driver's source is fetched from Debian's linux-source and stays in the cache and build/.
# Logs and modules: build/driver/. Exit status 1 if anything failed. The figures are those of
# an emulated machine and fail no test; those of --throughput are compared by tests/bench/run.sh.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/driver
kernel=6.12
driver=e1000
folder=drivers/net/ethernet/intel/e1000
out=$top/build/driver
throughput=''
case ${1-} in
--throughput) throughput=1 out+=-throughput ;;
'') ;;
*) sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
. "$top/tests/lib/ktap.sh"

bail() { # WORDS...
	echo "Bail out! $*"
	exit 1
}

compile() { # VARIANT
	make -C "$kdir" M="$out/$1" CONFIG_E1000=m KCFLAGS="-I$top/include" \
		KBUILD_EXTRA_SYMBOLS="$top/build/$kernel/Module.symvers" modules >"$out/$1.log" 2>&1
}

# Remove the kernel's reports of refused GFP_ATOMIC requests, which are expected here.
without_refusals() { # LOG
	awk '/page allocation failure: order:/ { left = 100 }
		left-- <= 0
		/Mem-Info:/ { left = 0 }' "$1"
}

echo "KTAP version 1"
for tool in iperf3 ethtool spatch qemu-system-x86_64; do
	PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null ||
		bail "$tool is missing: run scripts/setup.sh test"
done
kdir=$("$top/scripts/kernels.sh" --print "$kernel" | sed -n 's/^kdir=//p')
[ -n "$kdir" ] || bail "kernel $kernel is missing: run scripts/kernels.sh $kernel"
source=$("$top/scripts/kernels.sh" --source "$kernel" "$folder") || bail "the source of $driver is missing"
rm -rf "$out"
mkdir -p "$out"

"$top/scripts/build.sh" "$kernel" samples >"$out/labyrinth.log" 2>&1 ||
	{ tail -n 20 "$out/labyrinth.log" | sed 's/^/# /'; bail "labyrinth does not build"; }
cp -r "$source" "$out/plain"
"$top/tools/port.sh" "$source" "$out/switched" "${driver}_pages" >"$out/port.log" 2>&1
status=$?
sed 's/^/# /' "$out/port.log"
result $status "$driver: the semantic patch applies"

compile plain &
compile switched
status=$?
wait $! || bail "the unmodified driver does not build: see $out/plain.log"
[ $status -eq 0 ] || tail -n 20 "$out/switched.log" | sed 's/^/# /'
result $status "$driver: the switched driver builds"
[ $status -eq 0 ] || { echo "1..$nr"; exit 1; }
said=$(grep -hE 'warning|WARNING' "$out/switched.log")
[ -z "$said" ] || sed 's/^/# /' <<<"$said"
result "${#said}" "$driver: the switched driver builds without a warning"

# One cable connects the two cards and nothing else.
run_vm() { # SCRIPT VM-OPTION...
	local script=$1

	shift
	"$top/scripts/vm.sh" --kernel "$kernel" --mem 512M --out "$out/vm" "$@" \
		--qemu "-netdev hubport,id=here,hubid=0 -device $driver,netdev=here,mac=52:54:00:00:00:01" \
		--qemu "-netdev hubport,id=there,hubid=0 -device $driver,netdev=there,mac=52:54:00:00:00:02" \
		--env driver="$driver" \
		--file "$(PATH=$PATH:/usr/sbin command -v iperf3):/bin/" \
		--file "$(PATH=$PATH:/usr/sbin command -v ethtool):/bin/" \
		--file "$top/build/$kernel/labyrinth/labyrinth.ko" \
		--file "$top/build/$kernel/samples/lab_pressure.ko" \
		--file "$out/plain/$driver.ko:/lib/labyrinth/plain/" \
		--file "$out/switched/$driver.ko:/lib/labyrinth/switched/" \
		--file "$here/cards.sh" "$here/$script"
}

if [ -n "$throughput" ]; then
	run_vm throughput.sh --icount --timeout 1800
	result $? "$driver: throughput"
	"$top/scripts/splat.sh" "$out/vm/console.log" | sed 's/^/# /'
	result "${PIPESTATUS[0]}" "$driver: kernel log is clean"
	sed -n 's/^throughput/# &/p' "$out/vm/result.log"
	echo "1..$nr"
	exit $failed
fi

run_vm guest.sh --smp 2 --timeout 400
status=$?
tr -d '\r' <"$out/vm/result.log" | sed '/^# vm: /d; s/^/  /' | tee "$out/ktap"
[ "$status" -lt 124 ] || echo "# the machine ended with $status: see $out/vm"
planned=$(sed -n 's/^ *1\.\.//p' "$out/ktap")
ended=$(grep -cE '^ *(not )?ok ' "$out/ktap")
[ "${planned:-0}" -eq "$ended" ] || { echo "# ${planned:-?} tests were planned, $ended ended"; status=1; }
result "$status" "$driver: traffic, plain and switched"

without_refusals "$out/vm/console.log" >"$out/console"
"$top/scripts/splat.sh" "$out/console" | sed 's/^/# /'
result "${PIPESTATUS[0]}" "$driver: kernel log is clean"
echo "1..$nr"
exit $failed
