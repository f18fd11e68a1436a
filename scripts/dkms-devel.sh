#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Called by DKMS: install or remove the files that modules using labyrinth are built with, in
# the same place as make install.
#
# usage: dkms-devel.sh install|remove RELEASE	run in the build folder or the source folder
#
#   /usr/src/labyrinth/RELEASE/       header, Module.symvers and labyrinth.mk
set -eu

what=${1-} release=${2-}
devel=/usr/src/labyrinth/$release
other=/lib/modules/$release/updates/labyrinth/labyrinth.ko

[ -n "$release" ] || { sed -n '/^# usage/s/^# //p' "$0" >&2; exit 2; }
case $what in
install)
	mkdir -p "$devel/include/linux"
	install -m 644 include/linux/labyrinth.h "$devel/include/linux/"
	install -m 644 Module.symvers include/labyrinth.mk "$devel/"
	[ ! -e "$other" ] ||
		echo "$other, installed by make install, is a second copy: remove it by make uninstall" >&2
	;;
remove)
	# Keep the files of make install.
	[ ! -e "$other" ] || exit 0
	rm -f "$devel/include/linux/labyrinth.h" "$devel/Module.symvers" "$devel/labyrinth.mk"
	[ ! -d "$devel/include/linux" ] || rmdir -p --ignore-fail-on-non-empty "$devel/include/linux"
	;;
*)
	sed -n '/^# usage/s/^# //p' "$0" >&2
	exit 2
	;;
esac
