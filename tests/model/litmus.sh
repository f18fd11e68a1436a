#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Check the memory ordering with herd7 and the kernel's memory model: litmus/*.litmus.
#
# usage: litmus.sh
#
# KTAP on standard output; logs in build/litmus/. In each test the outcome of "exists" must
# never occur, and with each of its mutations it must. The functions and lines that it cites
# are compared with the sources.
#
# The model of 6.12 needs herd7 7.52 or later. The first test checks that both fit: it runs the
# model's own tests. If there is no herd7, Debian's is unpacked to $LABYRINTH_CACHE (default:
# ~/.cache/labyrinth), with the libc that it needs.

set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}
out=$top/build/litmus
# The first Debian release with herdtools7.
suite=forky
tmp=
. "$top/scripts/apt.sh"
. "$top/tests/lib/ktap.sh"
. "$here/names.sh"

say() { echo "==> $*" >&2; }
die() { echo "litmus.sh: $*" >&2; exit 1; }
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT

# Set the array herd to the command in this folder, which is started by its own libc.
herd_in() { # FOLDER
	local lib=$1/usr/lib/x86_64-linux-gnu

	herd=("$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$1/usr/bin/herd7"
		-set-libdir "$1/usr/share/herdtools7/herd")
}

fetch_herd() { # FOLDER
	local apt=("${apt_options[@]}") deb

	tmp=$cache/.tmp.herd7.$$
	mkdir "$tmp" "$tmp/herd7" || return
	apt_private_lists >&2
	apt_private_suite "$suite" >&2
	say "downloading herdtools7 of $suite"
	apt_download herdtools7 libc6 libgmp10 || return
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp/herd7" --wildcards --no-anchored \
			bin/herd7 herdtools7/herd ld-linux-x86-64.so.2 libc.so.6 libm.so.6 \
			'libgmp.so.*' 2>/dev/null
	done
	herd_in "$tmp/herd7"
	"${herd[@]}" -version >/dev/null && mv -T "$tmp/herd7" "$1"
}

find_herd() {
	local dir=$cache/herd7

	herd=(herd7)
	! command -v herd7 >/dev/null || return 0
	mkdir -p "$cache"
	exec 9>"$cache/herd7.lock"
	flock 9
	[ -e "$dir" ] || fetch_herd "$dir" || die "herd7 cannot be downloaded"
	exec 9>&-
	herd_in "$dir"
}

observe() { # TEST: print Never, Sometimes or Always; nothing if it is not accepted
	(cd "$model" && timeout 60 "${herd[@]}" -conf linux-kernel.cfg "$1") >"$out/log" 2>&1
	cp "$out/log" "$out/$(basename "$1").log"
	grep -q '^Flag' "$out/log" || sed -n 's/^Observation [^ ]* \([A-Z][a-z]*\) .*/\1/p' "$out/log"
}

kernel_tests_hold() {
	local test wanted got bad=0 count=0

	for test in "$model"/litmus-tests/*.litmus; do
		wanted=$(sed -n 's/^ \* Result: //p' "$test")
		got=$(observe "$test")
		[ "$wanted" = "$got" ] || { echo "# $(basename "$test"): $got, not $wanted"; bad=1; }
		count=$((count + 1))
	done
	echo "# $count tests"
	[ $bad -eq 0 ] && [ $count -gt 0 ]
}

# The functions that the test's comment names.
functions_exist() { # TEST
	local name bad=0

	for name in $(grep -oE 'lab(yrinth)?_[a-z_]+\(\)' "$1" | sort -u); do
		grep -rqE "^([^[:blank:]#].*[ *])?${name%()}\(" "$top/labyrinth" ||
			{ echo "# no such function: $name"; bad=1; }
	done
	return $bad
}

cited() { # TEST
	names_hold "$1" "$top/labyrinth" && functions_exist "$1"
}

never() { # TEST
	[ "$(observe "$1")" = Never ]
}

found() { # TEST NAME SCRIPT: the outcome occurs after sed has changed the test's code
	local mutated=$out/$name-$2.litmus

	sed "/^{/,\$ {
		$3
	}" "$1" >"$mutated"
	! cmp -s "$1" "$mutated" && [ "$(observe "$mutated")" = Sometimes ]
}

check() { # WORDS COMMAND...
	"${@:2}"
	result $? "$1"
}

[ $# -eq 0 ] || { sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
model=$("$top/scripts/kernels.sh" --source 6.12 tools/memory-model) || exit
find_herd
rm -rf "$out"
mkdir -p "$out"

echo "KTAP version 1"
echo "# $("${herd[@]}" -version)"
check "the kernel's own litmus tests give the results that they state" kernel_tests_hold
for test in "$here"/litmus/*.litmus; do
	name=$(basename "$test" .litmus)
	check "$name: the sources contain the code that the test cites" cited "$test"
	check "$name: the outcome never occurs" never "$test"
	while IFS=: read -r mutation script; do
		check "$name: mutation $mutation is found" found "$test" "$mutation" "$script"
	done < <(sed -n 's/^ \* mutation //p' "$test")
done
echo "1..$nr"
exit $failed
