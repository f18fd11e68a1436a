#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build labyrinth for one kernel of the cache, with the samples and test modules that are
# asked for.
#
#	[LABYRINTH_MAKE="VARIABLE=VALUE..."] scripts/build.sh NAME [FOLDER...] [VARIABLE=VALUE...]
#
# FOLDER is "samples" or one below tests/. All who ask share build/NAME (or build/$OUT), to
# which the sources are copied: kernels before 6.13 build external modules only where those are.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
name=$1 tests='' variables=''
shift
for word; do
	case $word in
	*=*)     variables="$variables $word" ;;
	samples) tests="$tests samples" ;;
	*)       tests="$tests tests/$word" ;;
	esac
done
out=$top/build/${OUT:-$name}
kdir=$("$top/scripts/kernels.sh" --print "$name" | sed -n 's/^kdir=//p')

mkdir -p "$out"
# One at a time in each folder.
exec 9>"$out.lock"
flock 9
# With their times, so that only what changed is built again.
(cd "$top" && find Makefile Kbuild include labyrinth samples tests scripts/install.sh tools/labyrinth \
	\( -name '*.[ch]' -o -name Kbuild -o -name Makefile -o -name '*.sh' -o -name '*.8' -o -name '*.bash' \) \
	! -name '*.mod.c' -print0 | tar -cf - --null -T -) | tar -C "$out" -xf -
# shellcheck disable=SC2086 # one word a variable
exec make -j"$(nproc)" -C "$out" KDIR="$kdir" LABYRINTH_TESTS="${tests# }" ${LABYRINTH_MAKE-} $variables modules
