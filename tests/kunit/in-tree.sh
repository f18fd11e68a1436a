#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run labyrinth's KUnit suites built into a kernel, with the kernel's kunit.py.
#
# usage: in-tree.sh
#
# The kernel source that scripts/kernels.sh fetched for kunit-6.12 is unpacked,
# linked and built in the cache; the first run takes some minutes. KTAP on
# standard output: one test per suite, then "no_kernel_splat". The log is
# build/kunit-in-tree/console.log. The exit status is 0 iff kunit.py succeeded
# and every suite of this folder passed.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}
out=$top/build/kunit-in-tree
problems=0

say() { echo "==> $*" >&2; }
die() { echo "in-tree.sh: $*" >&2; exit 1; }
problem() { echo "# $*"; problems=$((problems + 1)); }

unpack() { # DEB FOLDER
	say "unpacking $(basename "$1")"
	rm -rf "$2" "$2.tmp"
	mkdir -p "$2.tmp/tree"
	dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/*.tar.xz' |
		tar -xJ -C "$2.tmp/tree" --strip-components=1
	mv "$2.tmp" "$2"
}

# The objects of another checkout may be newer than the sources of this one.
link() { # FOLDER
	[ "$(readlink "$1/tree/drivers/misc/labyrinth")" = "$top" ] ||
		rm -rf "$1/build/drivers/misc/labyrinth"
	"$top/scripts/kunit-in-tree.sh" "$1/tree"
}

suites_of_the_sources() {
	sed -n 's/^\t\.name = "\(labyrinth_[a-z_]*\)",$/\1/p' "$top"/tests/kunit/*_test.c | sort
}

deb=$(find "$cache/sources" -name 'linux-source-6.12_*.deb' 2>/dev/null | sort -V | tail -n 1)
[ -n "$deb" ] || die "no 6.12 source in the cache: run scripts/kernels.sh kunit-6.12"
dir=$cache/kunit-in-tree/$(basename "$deb" .deb)
mkdir -p "$out" "$cache/kunit-in-tree"
exec 9>"$cache/kunit-in-tree/lock"
flock -n 9 || { say "waiting for another run"; flock 9; }
[ -e "$dir" ] || unpack "$deb" "$dir"
link "$dir"
mkdir -p "$dir/build"

start=$SECONDS
status=0
say "building and running (log: build/kunit-in-tree/kunit.log)"
rm -f "$dir/build/test.log"
(cd "$dir/tree" && nice tools/testing/kunit/kunit.py run --arch=x86_64 \
	--kunitconfig=drivers/misc/labyrinth/labyrinth --build_dir="$dir/build" \
	--jobs "$(nproc)" --timeout 600 --qemu_args='-smp 4' 'labyrinth*') \
	>"$out/kunit.log" 2>&1 </dev/null || status=$?
[ -e "$dir/build/test.log" ] || { tail -n 30 "$out/kunit.log" >&2; die "no kernel was built or run"; }
cp "$dir/build/test.log" "$out/console.log"

sed -E 's/\r$//; s/^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ?//' "$out/console.log" |
	grep -aE '^ *(KTAP version |1\.\.[0-9]+$|ok [0-9]+|not ok [0-9]+|#)' >"$out/kunit.ktap" || true
splats=ok
"$top/scripts/splat.sh" "$out/console.log" >"$out/splats.log" || splats='not ok'
planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$out/kunit.ktap" | head -n 1)
planned=${planned:-0}

sed "s/^1\.\.$planned\$/1..$((planned + 1))/" "$out/kunit.ktap"
sed 's/^/# /' "$out/splats.log"
echo "$splats $((planned + 1)) no_kernel_splat"

for suite in $(suites_of_the_sources); do
	grep -qE "^ok [0-9]+ $suite( |\$)" "$out/kunit.ktap" ||
		problem "suite $suite is missing or failed"
done
[ "$status" -eq 0 ] || problem "kunit.py's exit status is $status: see $out/kunit.log"
[ "$splats" = ok ] || problem "the kernel complained: see $out/splats.log"
echo "# $problems problems, $((SECONDS - start)) s"
[ "$problems" -eq 0 ]
