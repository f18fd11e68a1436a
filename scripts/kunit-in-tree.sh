#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Link labyrinth into a kernel's source tree (6.12 or later), for its own kunit.py:
#
#	scripts/kunit-in-tree.sh TREE
#	cd TREE && tools/testing/kunit/kunit.py run --arch=x86_64 \
#		--kunitconfig=drivers/misc/labyrinth/labyrinth --qemu_args='-smp 4'
#
# User-mode Linux, kunit.py's default without --arch, does not work: it has no
# ARCH_HAVE_NMI_SAFE_CMPXCHG, which labyrinth needs.
#
# usage: kunit-in-tree.sh TREE          add a link, a line in a Kconfig and one in a Makefile
#        kunit-in-tree.sh --undo TREE   remove them

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
dir=drivers/misc
# shellcheck disable=SC2016 # for make, not for the shell
in_makefile='obj-$(CONFIG_LABYRINTH) += labyrinth/labyrinth/'
in_kconfig="source \"$dir/labyrinth/labyrinth/Kconfig\""

die() { echo "kunit-in-tree.sh: $*" >&2; exit 1; }

has_line() { # FILE LINE
	grep -qxF "$2" "$1"
}

# An unchanged file keeps its time, so that nothing is built again.
add_line() { # FILE LINE
	has_line "$@" || echo "$2" >>"$1"
}

drop_line() { # FILE LINE
	has_line "$@" || return 0
	grep -vxF "$2" "$1" >"$1.labyrinth"
	cat "$1.labyrinth" >"$1"
	rm "$1.labyrinth"
}

undo=
[ "${1-}" != --undo ] || { undo=1; shift; }
case ${1-} in
'' | -*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
cd "$1"
[ -e tools/testing/kunit/kunit.py ] || die "no kernel source tree: $1"
[ ! -e $dir/labyrinth ] || [ -L $dir/labyrinth ] || die "not a link of ours: $1/$dir/labyrinth"

if [ -n "$undo" ]; then
	rm -f $dir/labyrinth
	drop_line $dir/Makefile "$in_makefile"
	drop_line $dir/Kconfig "$in_kconfig"
else
	ln -sfn "$top" $dir/labyrinth
	add_line $dir/Makefile "$in_makefile"
	add_line $dir/Kconfig "$in_kconfig"
fi
