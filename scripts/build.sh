#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build labyrinth for one kernel of the cache, with the named samples and test modules.
#
#	[LABYRINTH_MAKE="VARIABLE=VALUE..."] scripts/build.sh NAME [FOLDER...] [VARIABLE=VALUE...]
#
# FOLDER is "samples" or a folder below tests/. All callers share build/NAME (or build/$OUT). The
# sources are copied there, because kernels before 6.13 build external modules only in their
# source folder.
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
kernel=$("$top/scripts/kernels.sh" --print "$name")
kernel_has() { echo "$kernel" | sed -n "s/^$1=//p"; } # KEY
kdir=$(kernel_has kdir)
suite=$(kernel_has suite)
case $(kernel_has arch) in
arm64) variables="$variables ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-" ;;
s390x) variables="$variables ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- CC=s390x-linux-gnu-gcc" ;;
esac

mkdir -p "$out"
# One build at a time in each folder.
exec 9>"$out.lock"
flock 9
# Keep the files' times, so that only changed files are built again.
(cd "$top" && find Makefile Kbuild include labyrinth samples tests scripts/install.sh tools/labyrinth packaging/systemd \
	\( -name '*.[ch]' -o -name Kbuild -o -name '*.mk' -o -name Makefile -o -name '*.sh' -o -name '*.S' -o -name '*.8' -o -name '*.bash' \
		-o -name '*.service' -o -name '*.timer' \) \
	! -name '*.mod.c' -print0 | tar -cf - --null -T -) | tar -C "$out" -xf -
# Remove stale copies of deleted and moved sources.
(cd "$out" && find include labyrinth samples tests tools \( -name '*.[ch]' -o -name '*.sh' \) ! -name '*.mod.c' 2>/dev/null) |
	while read -r file; do
		[ -e "$top/$file" ] || rm "$out/$file"
	done
# shellcheck disable=SC2086 # one word per variable
exec ${suite:+"$top/scripts/debian.sh" "$suite"} make -j"$(nproc)" -C "$out" KDIR="$kdir" LABYRINTH_TESTS="${tests# }" ${LABYRINTH_MAKE-} $variables modules
