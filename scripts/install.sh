#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Install or remove what make has built.
#
# usage: install.sh install|uninstall RELEASE [ROOT]
#
# Files below ROOT, for the kernel RELEASE:
#
#   /lib/modules/RELEASE/updates/labyrinth/labyrinth.ko
#   /usr/src/labyrinth/RELEASE/       header, Module.symvers and labyrinth.mk, for modules that
#                                     call labyrinth
#   /usr/local/                       the command, one for all kernels, and the timer of its
#                                     metrics (not enabled), if it has been built
#
# kbuild's modules_install is not used: it needs a signing key and xz, which few machines have.
#
# The module is signed if there is a key: $SIGN_KEY with $SIGN_CERT, or the pair that DKMS made
# for this machine. sign-file and the hash algorithm are the kernel's in $KDIR.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
what=${1-} release=${2-} root=${3-}
modules=$root/lib/modules/$release
module=$modules/updates/labyrinth/labyrinth.ko
devel=$root/usr/src/labyrinth/$release
signed=''

die() { echo "make: $*" >&2; exit 1; }

# In a package's staging folder, do nothing: depmod runs on the machine that installs the package.
run_depmod() {
	[ -z "$root" ] || [ -e "$modules/modules.order" ] || return 0
	PATH=$PATH:/usr/sbin:/sbin depmod ${root:+-b "$root"} "$release" ||
		echo "make: depmod failed: modprobe will not see the change until it succeeds" >&2
}

sign() {
	local key=${SIGN_KEY-} cert=${SIGN_CERT-} hash

	if [ -z "$key$cert" ] && [ -z "$root" ] && [ -r /var/lib/dkms/mok.key ]; then
		key=/var/lib/dkms/mok.key cert=/var/lib/dkms/mok.pub
	fi
	[ -n "$key$cert" ] || return 0
	{ [ -r "$key" ] && [ -r "$cert" ]; } ||
		die "SIGN_KEY=$key and SIGN_CERT=$cert must both be there: a key and its certificate"
	[ -x "$KDIR/scripts/sign-file" ] || die "$KDIR has no scripts/sign-file"
	hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' "$KDIR/.config")
	"$KDIR/scripts/sign-file" "${hash:-sha256}" "$key" "$cert" "$1" || die "$1 cannot be signed"
	signed=", signed with $cert"
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
	set -- "$modules"/updates/dkms/labyrinth.ko*
	[ ! -e "$1" ] ||
		die "$1 is there: DKMS has installed labyrinth for $release; run dkms remove for it first"
	{ mkdir -p "${module%/*}" "$devel/include/linux" && [ -w "${module%/*}" ]; } 2>/dev/null ||
		die "cannot write to ${module%/*}: run this as root, or with DESTDIR=FOLDER"
	# Sign before installing, so that a failure leaves nothing behind.
	new=$(mktemp)
	trap 'rm -f "$new"' EXIT
	cp labyrinth/labyrinth.ko "$new"
	sign "$new"
	install -m 644 "$new" "$module"
	install -m 644 include/linux/labyrinth.h "$devel/include/linux/"
	install -m 644 Module.symvers include/labyrinth.mk "$devel/"
	[ ! -x build/labyrinth/labyrinth ] || command_make install
	run_depmod
	echo "installed $module$signed, and $devel"
}

# Remove a file and the folders above it that become empty: up to FOLDER, or all of them in a
# package's staging folder, which has no /etc.
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
	remove "$root/usr/src" "labyrinth/$release/labyrinth.mk"
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
