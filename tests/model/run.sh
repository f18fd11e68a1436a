#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Check all interleavings of the models of the lock-free core with Spin.
#
# usage: run.sh [--short]	only one search, of the cache
#
# KTAP on standard output; logs in build/model/. One test per search of a model, one
# per mutation of it (which must fail), and one that compares the code cited in the
# models with the sources. A search that meets a limit of Spin proves nothing and fails.

set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$here/names.sh"
out=$top/build/model
depth=10000 memory=2000
# Slots of the hash table, as a power of two.
slots=24
how=-O2
short=
case ${1-} in
'') ;;
--short) short=1 ;;
*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
# A search touches hundreds of MB once; without huge pages, page faults dominate a short search.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
n=0 failed=0

result() { # STATUS NAME
	n=$((n + 1))
	[ "$1" -eq 0 ] || failed=1
	[ "$1" -eq 0 ] && echo "ok $n $2" || echo "not ok $n $2"
}

words_after() { # WORD MODEL
	sed -n "s/^ \* $1: //p" "$here/$2.pml"
}

build() { # LOG MODEL DEFINES...
	local dir=$out/$1

	rm -rf "$dir"
	mkdir -p "$dir"
	cp "$here/$2.pml" "$dir/"
	cd "$dir" || return
	spin -a "${@:3}" "$2.pml" >spin.log 2>&1 || return
	# Conditions on other processes do not work with partial order reduction.
	# shellcheck disable=SC2086 # options, one word each
	gcc $how -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DMEMLIM=$memory -o pan pan.c >gcc.log 2>&1
}

search() { # LOG MODEL DEFINES...
	local start=$EPOCHREALTIME

	build "$@" || { echo "# cannot be built: see build/model/$1"; return 2; }
	./pan -m$depth -w$slots >pan.log 2>&1
	echo "# $1: $(awk '/states, stored/ { printf "%d states, ", $1 }
		/total actual memory/ { printf "%d MB, ", $1 }' pan.log)$(
		awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s"
}

complete() {
	! grep -qE 'max search depth|out of memory|pan: reached|not completed|aborted' pan.log
}

found_none() { # LOG MODEL DEFINES...
	search "$@" && complete && grep -q 'errors: 0$' pan.log
}

found_one() { # LOG MODEL DEFINES...
	search "$@" && grep -qE 'pan:1: (assertion violated|invalid end state)' pan.log
}

# Print the lines of the processes, without inlined code, that no search of the model reached.
# The defines of a search decide which lines it has.
unreached() { # MODEL LOG...
	local from log

	from=$(grep -n '^proctype' "$here/$1.pml" | head -n 1 | cut -d: -f1)
	for log in "${@:2}"; do
		"$out/$log/pan" -d | sed -n "s/.* $1\.pml:\([0-9]*\) =>.*/\1/p" | sort -un
		sed -n "s/^\t$1\.pml:\([0-9]*\), state.*/-\1/p" "$out/$log/pan.log" | sort -u
	done | awk -v from="$from" '
		{ line = $1 < 0 ? -$1 : $1; balance[line] += $1 < 0 ? -1 : 1 }
		END {
			for (line in balance) {
				if (line + 0 > from + 0 && balance[line] <= 0) {
					print "# not reached: line " line
					bad = 1
				}
				count++
			}
			exit bad || !count
		}'
}

check() { # NAME COMMAND...
	"${@:2}"
	result $? "$1"
}

command -v spin >/dev/null || { echo "run.sh: spin is missing: run scripts/setup.sh test" >&2; exit 1; }
echo "KTAP version 1"
for model in stack tag cache; do
	check "$model: the sources contain the code that the model cites" \
		names_hold "$here/$model.pml" "$top/labyrinth"
done

[ -n "$short" ] || check "stack: no interleaving fails" found_none stack stack
[ -n "$short" ] || check "stack: no interleaving fails with two tags pushed and popped at once" \
	found_none stack-many stack -DWRONG_FREE
[ -n "$short" ] || check "tag: no interleaving fails in one table" found_none tag tag
[ -n "$short" ] || check "tag: no interleaving fails far from the bucket" found_none tag-far tag -DFAR
[ -n "$short" ] || check "tag: no interleaving fails in two tables" found_none tag-two-tables tag -DTWO_TABLES
[ -n "$short" ] || check "tag: no interleaving fails with pages freed behind" found_none tag-behind tag -DBEHIND
[ -n "$short" ] || check "tag: no interleaving fails in two tables with pages freed behind" \
	found_none tag-behind-two-tables tag -DBEHIND -DTWO_TABLES
check "cache: no interleaving fails with one call each" found_none cache-few cache -DFEW
[ -n "$short" ] || check "cache: no interleaving fails" found_none cache cache
[ -n "$short" ] || check "cache: no interleaving fails on one CPU" found_none cache-nest cache -DNEST
[ -n "$short" ] || check "cache: no interleaving fails with misuse" found_none cache-misuse cache -DMISUSE
[ -n "$short" ] || check "cache: no interleaving fails with misuse on one CPU" \
	found_none cache-misuse-nest cache -DMISUSE -DNEST
[ -z "$short" ] || { echo "1..$n"; exit $failed; }

check "stack: every step is reached" unreached stack stack stack-many
check "tag: every step is reached" unreached tag tag tag-far tag-two-tables tag-behind \
	tag-behind-two-tables
check "cache: every step is reached" unreached cache cache cache-few cache-nest cache-misuse \
	cache-misuse-nest

# Mutations are found early, and in reverse order even earlier.
how='-O0 -DREVERSE' slots=18
for model in stack tag cache; do
	for word in $(words_after Mutations $model); do
		check "$model: mutation $word is found" \
			found_one "$model-$word" $model "-D$word"
	done
	for word in $(words_after Known $model); do
		check "$model: known limitation $word is found" \
			found_one "$model-$word" $model "-D$word"
	done
done
echo "1..$n"
exit $failed
