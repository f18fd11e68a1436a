#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Prepare the kernels that labyrinth is built for and tested on.
#
# usage: kernels.sh NAME...        fetch or build them
#        kernels.sh --print NAME   print what is known of a kernel that is ready: release=, kdir=,
#                                  image= if it can be booted, and for a kernel of another Debian
#                                  or machine suite= (of scripts/debian.sh), arch= and busybox=
#        kernels.sh --list         print the names
#        kernels.sh --source SERIES FOLDER
#                                  print the path of this folder of linux-source-SERIES;
#                                  fetch and unpack it if it is missing
#        kernels.sh --modules NAME MODULE...
#                                  print the paths of these modules of a stock kernel; fetch
#                                  and unpack them if they are missing
#
# All files are kept in $LABYRINTH_CACHE (default: ~/.cache/labyrinth). Nothing is installed, and
# root is not needed.

set -euo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
cache=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}
kernels=$cache/kernels
tmp=
job=

say() { echo "==> $*"; }
die() { echo "kernels.sh: $*" >&2; exit 1; }

cleanup() {
	[ -z "$job" ] || { kill "$job" && wait "$job"; } 2>/dev/null || true
	[ -z "$tmp" ] || rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

. "$top/scripts/apt.sh"

# ---- stock Debian kernels; key: the version of the meta package

stock_meta() { # NAME: the suffix of its two meta packages
	case $1 in
	6.1)     echo amd64 ;;
	6.12)    echo 6.12-amd64 ;;
	6.12-rt) echo 6.12-rt-amd64 ;;
	*)       return 1 ;;
	esac
}

stock_private_lists() {
	apt_private_lists
}

stock_key() {
	apt_version "linux-image-$(stock_meta "$1")"
}

stock_earlier() {
	readlink -e "$kernels/$1"
}

stock_fetch() {
	local meta image headers parts

	meta=$(stock_meta "$1")
	image=$(apt_depends "linux-image-$meta" 'linux-image-[0-9].*')
	headers=$(apt_depends "linux-headers-$meta" 'linux-headers-[0-9].*')
	[ -n "$image" ] && [ -n "$headers" ] || return 1
	parts=$(apt_depends "$headers" 'linux-headers-.*-common.*|linux-kbuild-.*')
	say "$1: downloading $image and its headers"
	# shellcheck disable=SC2086 # package names, one word each
	apt_download "$image" "$headers" $parts
}

unpack_debian() { # NAME
	local root=$tmp/root headers here image deb

	say "$1: unpacking"
	for deb in "$tmp"/debs/*.deb; do
		dpkg -x "$deb" "$root"
	done
	find "$root" -name '*.ko*' -delete

	headers=$(find "$root"/usr/src -maxdepth 1 -name 'linux-headers-*' ! -name '*-common*')
	# The headers name their folders by the installed paths: make them relative.
	# shellcheck disable=SC2016 # for make, not for the shell
	here='$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../'
	sed -i "s|^include /usr/src/|include $here|; s|^KBUILD_OUTPUT=/usr/src/|KBUILD_OUTPUT := $here|" "$headers/Makefile"

	echo "${headers##*/linux-headers-}" >"$tmp/release"
	# In /boot, or from 7.x on beside the modules.
	image=$(find "$root" -type f -name 'vmlinuz*')
	[ -z "$image" ] || ln -s "${image#"$tmp"/}" "$tmp/vmlinuz"
	ln -s "root/usr/src/${headers##*/}" "$tmp/build"
}

stock_make() {
	unpack_debian "$1"
	case $(cat "$tmp/release") in
	"${1%-rt}".*) ;;
	*) die "this Debian's linux-image-$(stock_meta "$1") is $(cat "$tmp/release"), not ${1%-rt}" ;;
	esac
}

# ---- Debian kernels of another suite or machine, for which modules are built in the folder of
# ---- scripts/debian.sh; key: the newest release. One that is in the cache is used as it is.

suite_parts() { # NAME: suite, architecture, and regular expression of the release
	case $1 in
	trixie-6.12)   echo trixie amd64 '6\.12\.[^-]*-amd64' ;;
	7.2)           echo trixie-backports amd64 '7\.2\.[^-]*-amd64' ;;
	7.3)           echo trixie-backports amd64 '7\.3\.[^-]*-amd64' ;;
	7.3-rt)        echo trixie-backports amd64 '7\.3\.[^-]*-rt-amd64' ;;
	arm64-6.12)    echo trixie arm64 '6\.12\.[^-]*-arm64' ;;
	arm64-16k-6.12) echo trixie arm64 '6\.12\.[^-]*-arm64-16k' ;;
	s390x-6.1)     echo bookworm s390x '6\.1\.0-[0-9]*-s390x' ;;
	*)             return 1 ;;
	esac
}

suite_private_lists() {
	local parts

	read -ra parts < <(suite_parts "$1")
	apt_private_lists
	apt_private_suite "${parts[0]}" "${parts[1]}"
}

suite_key() {
	local parts

	# The lists of the machine have no other suite.
	[ "$lists" = private ] || return 0
	read -ra parts < <(suite_parts "$1")
	apt-cache "${apt[@]}" search --names-only "^linux-headers-${parts[2]}\$" |
		sed 's/^linux-headers-//; s/ .*//' | sort -uV | tail -n 1
}

suite_earlier() {
	readlink -e "$kernels/$1"
}

suite_fetch() {
	local parts arch base packages kbuild

	read -ra parts < <(suite_parts "$1")
	arch=${parts[1]}
	say "$1: downloading linux-headers-$key"
	base=${key%-"$arch"*}
	base=${base%-rt}
	kbuild=linux-kbuild-$base
	[ -n "$(apt_version "$kbuild")" ] || kbuild=linux-kbuild-${base%.0-*}
	packages=("linux-headers-$key:$arch" "linux-headers-$base-common" "$kbuild")
	# From 7.x on, linux-image is empty and depends on linux-binary.
	if [ -n "$(apt_version "linux-binary-$key:$arch")" ]; then
		packages+=("linux-binary-$key:$arch")
	elif [ "$arch" != s390x ]; then	# which is only built for
		packages+=("linux-image-$key:$arch")
	fi
	[ "$arch" != arm64 ] || packages+=(busybox-static:arm64)
	apt_download "${packages[@]}"
}

suite_make() {
	local parts

	read -ra parts < <(suite_parts "$1")
	unpack_debian "$1"
	[ ! -e "$tmp/root/usr/bin/busybox" ] || ln -s root/usr/bin/busybox "$tmp/busybox"
	echo trixie >"$tmp/suite"
	echo "${parts[1]}" >"$tmp/arch"
}

# ---- own kernels, FLAVOUR-SERIES: linux-source-SERIES with tests/configs/FLAVOUR.config;
# ---- key: the version of the source and the checksum of the configuration

own_config() { # NAME or FLAVOUR: the configuration, included files first
	local file=$top/tests/configs/${1%-*}.config included

	sed -n 's/^# include \(.*\)\.config$/\1/p' "$file" | while read -r included; do
		own_config "$included" || return
	done
	cat "$file"
}

own_sum() {
	own_config "$1" | sha256sum | cut -c1-12
}

own_private_lists() {
	apt_private_lists
	case $1 in
	*-7.3) apt_private_suite trixie-backports ;;
	esac
}

own_key() {
	local version

	version=$(apt_version "linux-source-${1##*-}")
	[ -z "$version" ] || echo "$version-$(own_sum "$1")"
}

own_earlier() {
	find "$kernels" -maxdepth 1 -name "$1_*-$(own_sum "$1")" | sort -V | tail -n1 | grep .
}

own_deb() {
	echo "$cache/sources/linux-source-${1##*-}_$(apt_version "linux-source-${1##*-}").deb"
}

# The compressed source is kept for the other flavours.
own_fetch() {
	local deb

	deb=$(own_deb "$1")
	[ ! -e "$deb" ] || return 0
	say "$1: downloading linux-source-${1##*-}"
	apt_download "linux-source-${1##*-}" || return 1
	mkdir -p "$cache/sources"
	mv "$tmp"/debs/*.deb "$deb"
}

own_configure() { # in the source's folder
	local line option missing=

	own_config "$1" >asked.config
	! grep -qx CONFIG_CC_IS_CLANG=y asked.config || export LLVM=1
	make -s tinyconfig >/dev/null
	scripts/kconfig/merge_config.sh -m .config asked.config >/dev/null
	make -s olddefconfig

	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" .config && continue ;;
		'# CONFIG_'*' is not set')
			option=${line#\# }
			grep -q "^${option%% *}=" .config || continue ;;
		*)
			continue ;;
		esac
		echo "$1: the final configuration has not: $line" >&2
		missing=1
	done <asked.config
	[ -z "$missing" ] || die "$1: options were not accepted"
}

own_compile() { # in the source's folder
	local log=$kernels/$1.build.log start=$SECONDS ticks=0

	say "$1: building, 5 to 10 minutes on two cores (log: $log)"
	nice make -j"$(nproc)" bzImage modules >"$log" 2>&1 &
	job=$!
	while kill -0 "$job" 2>/dev/null; do
		sleep 1
		[ $((++ticks % 30)) -ne 0 ] ||
			say "$1: $((SECONDS - start)) s, $(grep -c '^  CC ' "$log") files compiled"
	done
	wait "$job" || { tail -n 20 "$log" >&2; die "$1: the build failed"; }
	job=
	say "$1: built in $((SECONDS - start)) s"
}

own_make() {
	local tool

	for tool in make gcc flex bison bc xz; do
		command -v "$tool" >/dev/null || die "$tool is missing: run scripts/setup.sh test"
	done

	say "$1: unpacking the source"
	mkdir "$tmp/src"
	dpkg-deb --fsys-tarfile "$(own_deb "$1")" | tar -xO --wildcards './usr/src/*.tar.xz' |
		tar -xJ -C "$tmp/src" --strip-components=1

	cd "$tmp/src"
	export KBUILD_BUILD_USER=labyrinth KBUILD_BUILD_HOST=labyrinth
	own_configure "$1"
	own_compile "$1"
	# Keep the files that a module's build needs, as the kernel selects them, and kunit's tools.
	make -s run-command \
		KBUILD_RUN_COMMAND="scripts/package/install-extmod-build $tmp/build" >/dev/null
	mkdir -p "$tmp/build/tools/testing"
	cp -r tools/testing/kunit "$tmp/build/tools/testing/"
	cp .config System.map "$tmp/build/"
	cp arch/x86/boot/bzImage "$tmp/vmlinuz"
	cp include/config/kernel.release "$tmp/release"
	cd "$kernels"
}

# ---- a folder of the kernel's source, for tests that build from it

source_deb() { # SERIES: set $deb to its path; fetch it if it is missing
	local lists

	for lists in machine private; do
		[ "$lists" = machine ] || own_private_lists "$1"
		[ -n "$(apt_version "linux-source-$1")" ] || continue
		own_fetch "$1" || continue
		deb=$(own_deb "$1")
		return
	done >&2
	deb=$(find "$cache/sources" -name "linux-source-$1_*.deb" | sort -V | tail -n1)
	[ -n "$deb" ] || die "linux-source-$1 is not in this machine's apt sources"
}

source_folder() { # SERIES FOLDER
	local apt=("${apt_options[@]}") deb dir

	mkdir -p "$cache/sources"
	exec 9>"$cache/sources/lock"
	flock 9
	tmp=$cache/sources/.tmp.$$
	mkdir "$tmp"
	source_deb "$1"
	dir=${deb%.deb}/$2
	if [ ! -e "$dir" ]; then
		say "unpacking $2 of $(basename "$deb")" >&2
		mkdir "$tmp/src"
		dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/*.tar.xz' |
			tar -xJ -C "$tmp/src" --strip-components=1 --wildcards "*/$2" ||
			die "linux-source-$1 has no $2"
		mkdir -p "$(dirname "$dir")"
		mv "$tmp/src/$2" "$dir"
	fi
	echo "$dir"
}

# ---- modules of a stock kernel, for tests that load its drivers

modules_fetch() { # NAME MODULE...: into $tmp/modules
	local release lists image patterns=() deb

	release=$(cat "$kernels/$1/release")
	image=linux-image-$release
	for lists in machine private; do
		[ "$lists" = machine ] || stock_private_lists "$1"
		apt_download "$image" && break
	done >&2
	deb=$(find "$tmp/debs" -name "${image}_*.deb")
	[ -n "$deb" ] || die "$image cannot be downloaded"
	shift
	patterns=("${@/#/*/}")
	mkdir "$tmp/modules"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x -C "$tmp/modules" --transform 's|.*/||' --wildcards "${patterns[@]/%/.ko*}" ||
		die "$image has not all of: $*"
	find "$tmp/modules" -name '*.xz' -exec unxz {} +
}

modules() { # NAME MODULE...
	local apt=("${apt_options[@]}") dir module missing=()

	[ "$(kind_of "$1")" = stock ] || die "$1 is not a stock kernel of this Debian"
	dir=$(readlink -e "$kernels/$1") || die "$1 is not ready: run scripts/kernels.sh $1"
	exec 9>"$kernels/$1.lock"
	flock 9
	for module in "${@:2}"; do
		[ -e "$dir/modules/$module.ko" ] || missing+=("$module")
	done
	if [ ${#missing[@]} -gt 0 ]; then
		say "$1: fetching ${missing[*]}" >&2
		tmp=$kernels/.tmp.$1.$$
		mkdir "$tmp"
		modules_fetch "$1" "${missing[@]}"
		mkdir -p "$dir/modules"
		mv "$tmp"/modules/* "$dir/modules/"
	fi
	for module in "${@:2}"; do
		echo "$dir/modules/$module.ko"
	done
}

# ---- all kinds

kind_of() { # NAME
	if stock_meta "$1" >/dev/null; then
		echo stock
	elif suite_parts "$1" >/dev/null; then
		echo suite
	elif [ "${1%-*}" != "$1" ] && [ -e "$top/tests/configs/${1%-*}.config" ]; then
		echo own
	else
		die "no such kernel: $1 (see --list)"
	fi
}

# Make the kernel in a temporary folder, so that a folder with the final name is complete.
make_kernel() { # KIND NAME FOLDER
	"$1_make" "$2"
	rm -rf "$tmp/debs" "$tmp/apt" "$tmp/src"
	mv "$tmp" "$3"
	tmp=
}

point_at() { # NAME FOLDER
	ln -s "$(basename "$2")" "$kernels/.$1.$$"
	mv -T "$kernels/.$1.$$" "$kernels/$1"
	say "$1: ready ($(cat "$2/release"))"
}

get() { # NAME
	local kind lists key dir
	local apt=("${apt_options[@]}")

	kind=$(kind_of "$1")
	tmp=$kernels/.tmp.$1.$$
	rm -rf "$kernels/.tmp.$1".*
	mkdir "$tmp"

	for lists in machine private; do
		[ "$lists" = machine ] || "${kind}_private_lists" "$1"
		key=$("${kind}_key" "$1")
		if [ -n "$key" ]; then
			dir=$kernels/$1_$key
		else
			dir=$("${kind}_earlier" "$1") || continue
		fi
		if [ ! -e "$dir" ]; then
			"${kind}_fetch" "$1" || continue
			make_kernel "$kind" "$1" "$dir"
		fi
		point_at "$1" "$dir"
		return
	done

	dir=$("${kind}_earlier" "$1") || die "$1: not in this machine's apt sources"
	say "$1: version $key cannot be downloaded, using an earlier one"
	point_at "$1" "$dir"
}

get_locked() { # NAME
	exec 9>"$kernels/$1.lock"
	flock -n 9 || { say "$1: waiting for another run"; flock 9; }
	get "$1"
	rm -rf "$tmp"
	tmp=
	exec 9>&-
}

list() {
	printf '%s\n' 6.1 6.12 6.12-rt
	printf '%s\n' trixie-6.12 7.2 7.3 7.3-rt arm64-6.12 arm64-16k-6.12 s390x-6.1
	printf '%s\n' kunit-6.12 kasan-6.12 kcsan-6.12 clang-6.12 kunit-7.3 rt-7.3
}

print() { # NAME
	local dir

	kind_of "$1" >/dev/null
	dir=$(readlink -e "$kernels/$1") || die "$1 is not ready: run scripts/kernels.sh $1"
	echo "release=$(cat "$dir/release")"
	echo "kdir=$(readlink -e "$dir/build")"
	[ ! -e "$dir/vmlinuz" ] || echo "image=$(readlink -e "$dir/vmlinuz")"
	[ ! -e "$dir/suite" ] || echo "suite=$(cat "$dir/suite")"
	[ ! -e "$dir/arch" ] || echo "arch=$(cat "$dir/arch")"
	[ ! -e "$dir/busybox" ] || echo "busybox=$(readlink -e "$dir/busybox")"
}

case $cache in
*[[:space:]:]*) die "the kernel cannot be built in a folder with a space or colon: $cache" ;;
/*) ;;
*) die "the cache needs an absolute path: $cache" ;;
esac

case ${1:-} in
--print) [ $# -eq 2 ] || die "usage: kernels.sh --print NAME"; print "$2" ;;
--list)  list ;;
--source)
	[ $# -eq 3 ] || die "usage: kernels.sh --source SERIES FOLDER"
	source_folder "$2" "$3" ;;
--modules)
	[ $# -ge 3 ] || die "usage: kernels.sh --modules NAME MODULE..."
	modules "${@:2}" ;;
'' | -*) sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
*)
	mkdir -p "$kernels"
	for name; do
		kind_of "$name" >/dev/null
	done
	for name; do
		get_locked "$name"
	done
	;;
esac
