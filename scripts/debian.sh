#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a command in a folder that has a minimal Debian of another suite: for kernels whose headers
# need a newer libc or compiler, and to build for other machines. Needs root and debootstrap.
#
# usage: debian.sh SUITE COMMAND...   run COMMAND in the folder
#        debian.sh --copy SUITE ROOT  copy the folder to ROOT, to install and purge packages there
#
# The folder is made once, in $LABYRINTH_CACHE (default: ~/.cache/labyrinth). COMMAND sees the
# cache of kernels and this checkout's build/ at their own paths, and starts in build/.

set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}
PATH=$PATH:/usr/sbin:/sbin

say() { echo "==> $*" >&2; }
die() { echo "debian.sh: $*" >&2; exit 1; }

packages() { # SUITE
	# To build and check packages, with DKMS; and what the headers of kernels need.
	echo dkms dh-dkms debhelper build-essential lintian kmod fakeroot libjansson-dev libncurses-dev \
		perl pahole libelf-dev
	case $1 in
	bookworm) echo linux-headers-amd64 linux-headers-6.12-amd64 ;;
	trixie)
		# For other compilers and machines; depmod needs the modules of 7.x.
		echo clang-19 lld-19 llvm-19 gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-s390x-linux-gnu \
			libc6-dev-s390x-cross linux-headers-rt-amd64 linux-headers-amd64/trixie-backports \
			linux-image-amd64/trixie-backports ;;
	*)        die "no suite $1: bookworm or trixie" ;;
	esac
}

mirror() { # CODENAME: where this machine gets that suite from
	# shellcheck disable=SC2016 # for apt, not for the shell
	apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^$1 main //p" | head -n 1
}

enter() { # ROOT COMMAND...
	local root=$1

	shift
	mkdir -p "$root$cache/kernels" "$root$top/build" "$cache/kernels" "$top/build"
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c '
		set -e
		root=$1 kernels=$2 build=$3
		shift 3
		mount -t proc proc "$root/proc"
		mount --bind "$kernels" "$root$kernels"
		mount --bind "$build" "$root$build"
		exec chroot "$root" /bin/sh -c "cd \"\$1\" && shift && exec \"\$@\"" - "$build" "$@"
	' - "$root" "$cache/kernels" "$top/build" "$@"
}

make_root() { # SUITE
	local root=$cache/debian/$1 new=$cache/debian/.$1.new own main security list

	mapfile -t list < <(packages "$1" | tr -s ' ' '\n')
	exec 9>"$cache/debian/$1.lock"
	flock 9
	[ "$(cat "$root/installed" 2>/dev/null)" != "${list[*]}" ] || return 0
	own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	main=$(mirror "$own")
	security=$(mirror "$own-security")
	if [ ! -e "$root" ]; then
		say "making a folder with Debian $1: some minutes"
		rm -rf "$new"
		debootstrap --variant=minbase "$1" "$new" "$main" >&2 || die "debootstrap failed"
		mv "$new" "$root"
	fi
	say "Debian $1: installing packages"
	{
		printf "deb $main %s main\n" "$1" "$1-backports"
		[ -z "$security" ] || echo "deb $security $1-security main"
	} >"$root/etc/apt/sources.list"
	enter "$root" sh -c 'apt-get -qq update || echo "==> not every package list could be read"
		apt-get -qq -y --no-install-recommends install "$@"' - "${list[@]}" >&2 || die "the packages cannot be installed"
	echo "${list[*]}" >"$root/installed"
}

[ $# -ge 2 ] || { sed -n '/^# usage/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || die "chroot and mount need root"
command -v debootstrap >/dev/null || die "debootstrap is missing: run scripts/setup.sh test-all"
mkdir -p "$cache/debian"
if [ "$1" = --copy ]; then
	(make_root "$2")
	rm -rf "$3"
	mkdir -p "${3%/*}"
	cp -a "$cache/debian/$2" "$3"
else
	suite=$1
	shift
	(make_root "$suite")	# and let go of its lock
	enter "$cache/debian/$suite" "$@"
fi
