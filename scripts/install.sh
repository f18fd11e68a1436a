#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Install what make has built, or remove it.
#
# usage: install.sh install|uninstall RELEASE [ROOT]
#
# Below ROOT, for the kernel RELEASE:
#
#   /lib/modules/RELEASE/updates/labyrinth/labyrinth.ko
#   /usr/src/labyrinth/RELEASE/       header and Module.symvers, for modules that call labyrinth
#   /usr/local/                       the command, one for all kernels, if it has been built
#
# Not by kbuild's modules_install: that wants a signing key and xz, which few machines have.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
what=${1-} release=${2-} root=${3-}
modules=$root/lib/modules/$release
module=$modules/updates/labyrinth/labyrinth.ko
devel=$root/usr/src/labyrinth/$release

die() { echo "make: $*" >&2; exit 1; }

# The kernel's modules or, in a package's staging folder, nothing: there depmod is for the
# machine that the package is installed on.
run_depmod() {
	[ -z "$root" ] || [ -e "$modules/modules.order" ] || return 0
	PATH=$PATH:/usr/sbin:/sbin depmod ${root:+-b "$root"} "$release" ||
		echo "make: depmod failed: modprobe will not see the change until it succeeds" >&2
}

command_make() { # TARGET
	${MAKE:-make} -s -C "$top/tools/labyrinth" DESTDIR="$root" "$1"
}

check_built() {
	cd "$top"
	[ -e labyrinth/labyrinth.ko ] || die "nothing is built yet: run make first"
	built=$(grep -azo 'vermagic=[^ ]*' labyrinth/labyrinth.ko | tr -d '\0')
	[ "$built" = "vermagic=$release" ] ||
		die "labyrinth.ko was built for ${built#*=}, not for $release: run make for that first"
}

install_all() {
	check_built
	{ mkdir -p "${module%/*}" "$devel/include/linux" && [ -w "${module%/*}" ]; } 2>/dev/null ||
		die "cannot write to ${module%/*}: run this as root, or with DESTDIR=FOLDER"
	install -m 644 labyrinth/labyrinth.ko "$module"
	install -m 644 include/linux/labyrinth.h "$devel/include/linux/"
	install -m 644 Module.symvers "$devel/"
	[ ! -x build/labyrinth/labyrinth ] || command_make install
	run_depmod
	echo "installed $module and $devel"
}

# A file, and the folders above it that are empty then: up to FOLDER, or in a package's
# staging folder, which has no /etc, all of them.
remove() { # FOLDER FILE
	rm -f "$1/$2"
	[ -d "$1/${2%/*}" ] || return 0
	if [ -e "$root/etc" ]; then
		cd "$1"
		rmdir -p --ignore-fail-on-non-empty "${2%/*}"
	else
		cd "$root"
		set -- "$1/${2%/*}"
		rmdir -p --ignore-fail-on-non-empty "${1#"$root/"}"
	fi
	cd "$top"
}

uninstall_all() {
	[ -e "$module" ] || [ -e "$devel" ] || die "labyrinth is not installed for $release"
	remove "$modules" updates/labyrinth/labyrinth.ko
	remove "$root/usr/src" "labyrinth/$release/Module.symvers"
	remove "$root/usr/src" "labyrinth/$release/include/linux/labyrinth.h"
	set -- "$root"/lib/modules/*/updates/labyrinth
	if [ -e "$1" ]; then
		echo "the command labyrinth, where it is installed, stays: $1 is there"
	else
		command_make uninstall
	fi
	run_depmod
}

[ -n "$release" ] || die "for which kernel? Name it by KREL=RELEASE"
case $what in
install)   install_all ;;
uninstall) uninstall_all ;;
*)         die "install or uninstall?" ;;
esac
