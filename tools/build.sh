#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build labyrinth, its samples and its test modules for one kernel of the cache.
#
#	tools/build.sh NAME [MAKE-VARIABLE=VALUE...]
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
rsync -a --prune-empty-dirs --exclude=/build --exclude='*.mod.c' --include='*/' --include='*.[ch]' \
	--include=Kbuild --exclude='*' "$top/" "$out/"
exec make -C "$kdir" M="$out" LABYRINTH_TESTS=y "$@" modules
