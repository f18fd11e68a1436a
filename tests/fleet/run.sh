#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test what is for operators of many machines: the systemd units that write the metrics, the alerting
# rules, the dashboard, and the page of alerts. Prints KTAP.
#
# usage: run.sh [--short]
#
#   --short   without the virtual machine, in which systemd runs the units
#
# scripts/setup.sh may have put Prometheus into the cache. Logs: build/fleet/. Exit status 1 if
# anything failed.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/fleet
out=$top/build/fleet
log=$out/log
units=$top/packaging/systemd
rules=$top/packaging/prometheus/labyrinth-rules.yml
board=$top/packaging/grafana/labyrinth.json
page=$top/Documentation/alerts.rst
dry=$top/tests/command/dry
folder=/var/lib/prometheus/node-exporter
PATH=$PATH:/usr/sbin:/sbin:${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}/prometheus/usr/bin
. "$top/tests/lib/ktap.sh"

check() { # CLAIM FILE...
	"$here/check.py" "$@"
}

labyrinth() {
	"$out/bin/labyrinth" "$@"
}

# ---- units

# In a root that has the command, so that verify finds it.
units_are_valid() {
	local root=$out/root system=/usr/lib/systemd/system

	make -s -C "$top/tools/labyrinth" O="$out/bin" DESTDIR="$root" prefix=/usr install &&
		cp /lib/systemd/system/{basic,sysinit,shutdown,timers,time-set,time-sync}.target "$root$system/" &&
		systemd-analyze verify --man=no --recursive-errors=no --root="$root" \
			$system/labyrinth-metrics.service $system/labyrinth-metrics.timer 2>&1 | tee "$out/said" &&
		[ ! -s "$out/said" ]
}

# The threshold is in tenths: exposure is 1.0 at most, of 10.
units_are_hardened() {
	systemd-analyze security --offline=true --threshold=10 --no-pager "$units/labyrinth-metrics.service"
}

units_follow_the_prefix() {
	local root=$out/other

	make -s -C "$top/tools/labyrinth" O="$out/bin" DESTDIR="$root" prefix=/opt/lab install &&
		grep -qx "ExecStart=/opt/lab/bin/labyrinth metrics --output=$folder/labyrinth.prom" \
			"$root/opt/lab/lib/systemd/system/labyrinth-metrics.service" &&
		make -s -C "$top/tools/labyrinth" DESTDIR="$root" prefix=/opt/lab uninstall &&
		[ -z "$(ls -A "$root")" ]
}

# ---- commands in annotations and on the page

commands_are_valid() {
	local line words status bad=0

	check commands "$rules" "$page" >"$out/commands"
	[ "$(wc -l <"$out/commands")" -gt 20 ] || return
	while read -r line; do
		read -ra words <<<"${line#labyrinth }"
		case $line in
		# These change or need a live module: only the words are checked.
		*" watch "*) labyrinth "${words[@]}" --from=/nonexistent >"$out/said" 2>&1
			status=$?; [ $status -ne 1 ] || status=0 ;;
		*" save "* | *" set "*) labyrinth "${words[@]}" >"$out/said" 2>&1
			status=$?; [ $status -ne 3 ] || status=0 ;;
		*) (cd "$out" && labyrinth "${words[@]}" --from="$dry" >"$out/said" 2>&1)
			status=$? ;;
		esac
		[ $status -eq 0 ] || { echo "$line: $status, $(cat "$out/said")"; bad=1; }
	done <"$out/commands"
	return $bad
}

# ---- rules and dashboard

expressions_parse() {
	check expressions "$board" >"$out/expressions.yml" && promtool check rules "$out/expressions.yml"
}

metrics_are_valid() {
	promtool check metrics <"$out/metrics" 2>&1 | tee "$out/said"
	[ ! -s "$out/said" ]
}

# ---- in a virtual machine

boot() {
	local kernel=6.12 unit systemd=/lib/systemd files=()

	"$top/scripts/build.sh" $kernel samples >"$out/build.log" 2>&1
	result $? "the module builds"
	for unit in basic sysinit shutdown timers time-set time-sync local-fs sockets paths slices; do
		files+=(--file "$systemd/system/$unit.target")
	done
	for unit in "${!files[@]}"; do
		[ "${files[unit]}" = --file ] || files[unit]+=:/usr/lib/systemd/system/
	done
	"$top/scripts/vm.sh" --kernel $kernel --timeout 300 --out "$out/vm" "${files[@]}" \
		--file "$systemd/systemd:/lib/systemd/" --file "$(command -v systemctl):/bin/" \
		--file "$units/labyrinth-metrics.service:/usr/lib/systemd/system/" \
		--file "$units/labyrinth-metrics.timer:/usr/lib/systemd/system/" \
		--file "$out/bin/labyrinth:/usr/bin/" --file "$here/confined.sh" \
		--file "$top/build/$kernel/labyrinth/labyrinth.ko" \
		--file "$top/build/$kernel/samples/lab_sample.ko" "$here/guest.sh" 2>"$out/vm.log"
	vm_results $? "$out/vm" "systemd runs the units" fleet
}

case ${1-} in
'' | --short) ;;
*) sed -n '/^# usage/,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
rm -rf "$out"
mkdir -p "$out"
echo "KTAP version 1"
for tool in promtool systemd-analyze python3; do
	command -v $tool >/dev/null || { echo "Bail out! $tool is missing: run scripts/setup.sh test"; exit 1; }
done
run "the command builds" make -s -C "$top/tools/labyrinth" O="$out/bin" CFLAGS=-O0
[ $failed -eq 0 ] || { echo "1..$nr"; exit 1; }
labyrinth metrics --from="$dry" >"$out/metrics"
run "systemd finds no fault with the units" units_are_valid
run "systemd calls the service safe" units_are_hardened
run "the units name the command where it is installed, and go with it" units_follow_the_prefix
run "promtool finds no fault with the metrics" metrics_are_valid
run "promtool finds no fault with the rules" promtool check rules "$rules"
run "each alert fires when it should, and only then" promtool test rules "$here/rules-test.yml"
run "each alert is tested both ways" check tested "$rules" "$here/rules-test.yml"
run "each alert has its section, with what to do, and each section its alert" check alerts "$rules" "$page"
run "each command that an alert or the page names is valid" commands_are_valid
run "promtool parses each expression of the dashboard" expressions_parse
run "each panel of the dashboard is in its place, and each variable used" check layout "$board"
run "rules and dashboard name only metrics that the command prints" check metrics "$out/metrics" "$rules" "$board"
run "each metric has a panel" check shown "$out/metrics" "$board"
[ -n "${1-}" ] || boot
echo "1..$nr"
exit $failed
