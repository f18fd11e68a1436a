#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Install what labyrinth needs from Debian, if it is not there yet.
#
# usage: setup.sh demo    to build the module and the command, and try them in a virtual machine
#        setup.sh test    and to build our own kernel, and for every test (the default)
#        setup.sh bench   and to draw the chart of what was measured
#        setup.sh docs    only to build the documentation
#        setup.sh pictures  to try them so, and to draw the pictures of the command
#
# Kernels are never installed: scripts/kernels.sh keeps those to itself. Nor is Prometheus, of which
# two programs are needed: installed, it would run from then on.
# Without a terminal it asks nothing: it goes ahead as root, or by sudo if that
# needs no password and CI=true or ASSUME_YES=1 is set.

set -eu

say() { echo "==> $*"; }
die() { echo "setup.sh: $*" >&2; exit 1; }

# The kernel's headers name gcc-12, and their tools need the three libraries and pahole.
build='make gcc gcc-12 binutils libc6-dev libelf1 libssl3 zlib1g pahole'
# Either busybox will do.
# tests/install asks depmod, modprobe and modinfo.
modules='kmod'
vm='qemu-system-x86 busybox-static|busybox cpio'
own_kernel='bc bison flex libelf-dev xz-utils python3'
# The library is for coccinelle's rules that are written in Python.
# tests/driver sends traffic with iperf3 and reads the driver's own counters with ethtool.
traffic='iperf3 ethtool'
# tests/trace looks with them from within; perf of any version does.
tracing='trace-cmd bpftrace linux-perf'
# The command labyrinth, and what tests/command builds and looks at it with.
command='libjansson-dev libncurses-dev'
command_tests='clang libclang-rt-14-dev valgrind man-db mandoc bsdextrautils tmux procps
	chromium'
# tests/drgn reads a core with it.
cores='python3-drgn'
lint='sparse coccinelle libpython3.11 perl python3 shellcheck spin'

wanted() {
	case $1 in
	demo)  echo "$build $vm $command" ;;
	test)  echo "$build $vm $modules $own_kernel $traffic $tracing $command $command_tests $cores $lint python3-sphinx" ;;
	bench) echo "$build $vm gnuplot-nox fonts-dejavu-core python3" ;;
	pictures) echo "$build $vm $command tmux python3 chromium fonts-dejavu-core" ;;
	docs)  echo "perl python3-sphinx" ;;
	*)     die "demo, test, bench, docs or pictures?" ;;
	esac
}

is_installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

missing() { # PACKAGE|OTHER...
	for choice; do
		for package in $(echo "$choice" | tr '|' ' '); do
			! is_installed "$package" || continue 2
		done
		echo "${choice%%|*}"
	done
}

# Sets $as_root to what comes before a command that only root may run.
become_root() {
	install="apt-get install -y --no-install-recommends $*"

	as_root=
	[ "$(id -u)" -ne 0 ] || return 0
	command -v sudo >/dev/null || die "as root, run: $install"
	if [ "${CI:-}" = true ] || [ "${ASSUME_YES:-}" = 1 ]; then
		as_root='sudo -n'
		[ ! -t 0 ] || as_root=sudo
		$as_root true || die "run: sudo $install"
	elif [ -t 0 ]; then
		printf 'Install them with sudo? [y/N] '
		read -r answer
		case $answer in
		[Yy]*) as_root=sudo ;;
		*)     die "nothing installed. To do it yourself: sudo $install" ;;
		esac
	else
		die "run: sudo $install"
	fi
}

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}

# Into $LABYRINTH_CACHE, where tests/command looks as well.
unpack_prometheus() {
	cache=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}
	PATH=$PATH:$cache/prometheus/usr/bin

	! command -v promtool >/dev/null || ! command -v prometheus-node-exporter >/dev/null || return 0
	say "unpacking prometheus and prometheus-node-exporter into $cache"
	mkdir -p "$cache/prometheus"
	(
		cd "$cache/prometheus"
		apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 \
			download prometheus prometheus-node-exporter
		for deb in *.deb; do
			dpkg -x "$deb" .
			rm "$deb"
		done
	) || die "they could not be had: run apt-get update, and this again"
}

finish() {
	[ "$mode" != test ] || unpack_prometheus
	say "setup $mode: $1"
	exit
}

mode=${1:-test}
command -v apt-get >/dev/null || die "only Debian is known here"
wanted=$(wanted "$mode")
# shellcheck disable=SC2086 # one word each
packages=$(missing $wanted | tr '\n' ' ')
if [ -z "$packages" ]; then
	finish "nothing to install"
fi

say "setup $mode: Debian packages to install: $packages"
# shellcheck disable=SC2086 # one word each
become_root $packages
say "reading the package lists"
apt update || say "not every package list could be read"
say "installing"
# shellcheck disable=SC2086 # one word each
apt -o Dpkg::Use-Pty=0 install -y --no-install-recommends $packages
finish "done"
