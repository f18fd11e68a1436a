#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build labyrinth, its samples and its test modules for one kernel of the cache.
#
#	[LABYRINTH_MAKE="VARIABLE=VALUE..."] tools/build.sh NAME [VARIABLE=VALUE...]
#
# The sources are copied to build/NAME (or build/$OUT) first: kernels before 6.13
# build external modules only where their sources are.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
name=$1
shift
out=$top/build/${OUT:-$name}
kdir=$("$top/tools/kernels.sh" --print "$name" | sed -n 's/^kdir=//p')

mkdir -p "$out"
# One at a time in each folder.
exec 9>"$out.lock"
flock 9
# With their times, so that only what changed is built again.
(cd "$top" && find Kbuild include labyrinth samples tests \( -name '*.[ch]' -o -name Kbuild \) \
	! -name '*.mod.c' -print0 | tar -cf - --null -T -) | tar -C "$out" -xf -
# shellcheck disable=SC2086 # one word a variable
exec make -C "$kdir" M="$out" LABYRINTH_TESTS=y ${LABYRINTH_MAKE-} "$@" modules
