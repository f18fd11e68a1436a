#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Break labyrinth's core on purpose, one small change of the source at a time, and see that the
# torture finds each.
#
# usage: mutate.sh [--calls NUMBER] [MUTATION...]
#
# A mutation is a file mutations/NAME.sed, whose second line names the source and tells of the
# change. The default is all.

set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
copy=$top/build/native-mutant
kernel=6.12 calls=1e8 seeds=(1 2 3)

. "$top/tests/lib/ktap.sh"

while [ $# -gt 0 ]; do
	case $1 in
	--calls) calls=$2; shift ;;
	-*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || set -- "$top"/tests/native/mutations/*.sed

copy_sources() {
	mkdir -p "$copy"
	tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" -xf -
	# A mutation may be left in the objects of a run that was stopped.
	touch "$copy"/labyrinth/core/*.[ch]
}

# How many calls it took until the torture failed.
torture() {
	local seed

	for seed in "${seeds[@]}"; do
		timeout 600 "$copy/build/native-$kernel/native" torture "$calls" "$seed" >"$copy/torture.log" 2>&1 &&
			continue
		sed -n 's/^# \([^ ]*: .* instead of .*\|signal .*\)/\1/p' "$copy/torture.log" | sed 's/^/# /'
		found=$(sed -n 's/^# \([0-9]*\) calls in.*/\1/p' "$copy/torture.log")
		return 0
	done
	return 1
}

try() { # SED-FILE
	local name what file

	name=$(basename "$1" .sed)
	what=$(sed -n '2s/^# //p' "$1")
	file=${what%%:*}
	sed -f "$1" "$top/$file" >"$copy/$file"
	if cmp -s "$top/$file" "$copy/$file"; then
		echo "# the source has changed, and the mutation does not apply"
		result 1 "$name"
		return
	fi
	"$copy/tests/native/run.sh" --build && torture
	result $? "$name: $what: ${found:+found after $found calls}"
	cp "$top/$file" "$copy/$file"
}

copy_sources
echo "KTAP version 1"
echo "1..$#"
for mutation; do
	found=''
	try "$mutation"
done
exit "$failed"
