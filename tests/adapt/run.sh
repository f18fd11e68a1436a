#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Compare the adaptive stock with fixed ones under loads, simulated and in a virtual machine, and
# print KTAP.
#
# usage: run.sh [--short] [--draw]
#
#   --short  without the virtual machine
#   --draw   write the tables and the chart to Documentation/ as well
#
# In the machine a clock tick is an instruction, and idle time passes at once: hours take minutes.
# Writes to build/adapt: sim, simulated, live, a folder for the machine.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/adapt
kernel=6.12
out=$top/build/adapt
log=$out/log
short=0 draw=0
. "$top/tests/lib/ktap.sh"

for option; do
	case $option in
	--short) short=1 ;;
	--draw) draw=1 ;;
	*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done

compile() {
	gcc -O2 -Wall -Wextra -Werror -o "$out/sim" "$here/sim.c" "$here/loads.c"
}

# A recorded load: what the first owner of a recording took.
recorded() {
	"$top/tests/command/made_recording.py" 1 100 >"$out/recording" &&
		"$here/from_recording.py" "$out/recording" nic-rx >"$out/recorded" &&
		"$out/sim" recorded "$out/recorded" >"$out/recorded.table" &&
		[ "$(wc -l <"$out/recorded.table")" -eq 6 ]
}

# Both tables in the form of a literal block, and the chart.
document() {
	local trace

	for trace in nights ramp bursts; do
		"$out/sim" trace "$trace" >"$out/$trace.trace" || return
	done
	cp "$out/simulated" "$top/Documentation/adaptive-stock-simulated.txt"
	cp "$out/live" "$top/Documentation/adaptive-stock-live.txt"
	# The licence goes after the XML declaration.
	gnuplot -e "folder='$out'" "$here/chart.gp" |
		sed '1a <!-- SPDX-License-Identifier: GPL-2.0 -->' >"$top/Documentation/adaptive-stock.svg"
}

live() {
	local modules=(--file "$top/build/$kernel/labyrinth/labyrinth.ko")

	modules+=(--file "$top/build/$kernel/tests/kselftest/lab_stub.ko")
	"$top/scripts/vm.sh" --kernel "$kernel" --icount --append init_on_alloc=0 --timeout 900 \
		--out "$out/vm" "${modules[@]}" "$here/guest.sh"
	vm_results $? "$out/vm" "on $kernel" "$kernel"
	sed -n 's/^  # |//p' "$out/vm/ktap" >"$out/live"
}

rm -rf "$out"
mkdir -p "$out"
echo "KTAP version 1"
echo "1..$((3 + (1 - short) * 2 + draw))"
run "the simulator compiles" compile
"$out/sim" table | tee "$out/simulated" | sed 's/^/# /'
"$out/sim" test >"$out/sim.ktap"
status=$?
sed 's/^/  /' "$out/sim.ktap"
result $status "the adaptive stock under simulated loads"
run "a recorded load can be simulated" recorded
if [ $short -eq 0 ]; then
	if "$top/scripts/build.sh" "$kernel" kselftest >"$out/build.log" 2>&1; then
		live
	else
		tail -n 20 "$out/build.log" | sed 's/^/# /'
		result 1 "it does not build for $kernel"
	fi
fi
[ $draw -eq 0 ] || run "tables and chart are written" document
exit $failed
