#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Install missing Debian packages that labyrinth needs.
#
# usage: setup.sh demo      to build the module and the command, and run them in a virtual machine
#        setup.sh test      the same, to build kernels, and for the tests of a change (the default)
#        setup.sh test-all  the same, and for all tests
#        setup.sh bench     to build the module, run benchmarks and draw their chart
#        setup.sh native    to build the module and link its code into a process
#        setup.sh docs      to build the documentation
#        setup.sh package   to build Debian packages
#        setup.sh pictures  the same as demo, and to draw the pictures of the command
#
# Kernels are not installed: scripts/kernels.sh unpacks them into its cache. Two programs of
# Prometheus are unpacked too: if installed, Prometheus would run as a service.
# Without a terminal, setup.sh asks nothing: it installs as root, or by sudo if sudo needs no
# password and CI=true or ASSUME_YES=1 is set.

set -eu

say() { echo "==> $*"; }
die() { echo "setup.sh: $*" >&2; exit 1; }

# The kernel's headers require gcc-12, and their tools need the three libraries and pahole.
build='make gcc gcc-12 binutils libc6-dev libelf1 libssl3 zlib1g pahole'
# tests/install runs depmod, modprobe and modinfo, and signs with openssl.
modules='kmod openssl'
# Either busybox will do.
vm='qemu-system-x86 busybox-static|busybox cpio'
own_kernel='bc bison flex libelf-dev xz-utils python3'
# tests/driver sends traffic with iperf3 and reads the driver's counters with ethtool.
traffic='iperf3 ethtool'
# tests/trace runs them in the guest; any version of perf works.
tracing='trace-cmd bpftrace linux-perf'
# For the command labyrinth, and for tests/command.
command='libjansson-dev libncurses-dev'
command_tests='clang libclang-rt-14-dev valgrind man-db mandoc bsdextrautils tmux procps
	chromium'
# tests/drgn reads a core with drgn.
cores='python3-drgn'
# libpython is for coccinelle's rules that are written in Python.
# scripts/debian.sh makes folders with debootstrap; tests/install boots with Secure Boot; tests/matrix
# boots arm64; tests/fleet runs systemd in a virtual machine.
wide='systemd debootstrap ovmf sbsigntool qemu-system-arm clang lld llvm'
lint='sparse coccinelle libpython3.11 perl python3 shellcheck spin'

wanted() {
	case $1 in
	demo)  echo "$build $vm $command" ;;
	test)  echo "$build $vm $modules $own_kernel $traffic $tracing $command $command_tests $cores $lint python3-sphinx" ;;
	test-all) echo "$(wanted test) $wide" ;;
	# Its traffic runs through a driver that is built from the kernel's source and ported.
	bench) echo "$build $vm $traffic coccinelle libpython3.11 xz-utils gnuplot-nox fonts-dejavu-core python3" ;;
	native) echo "$build xz-utils python3" ;;
	pictures) echo "$build $vm $command tmux python3 chromium fonts-dejavu-core" ;;
	docs)  echo "perl python3-sphinx" ;;
	package) echo "build-essential debhelper dh-dkms libjansson-dev libncurses-dev" ;;
	*)     die "demo, test, test-all, bench, native, docs, pictures or package?" ;;
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

# Sets $as_root to the prefix of a command that needs root.
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

# Unpack into $LABYRINTH_CACHE, where tests/command finds it.
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
	) || die "the packages cannot be downloaded: run apt-get update, then this script again"
}

finish() {
	case $mode in test*) unpack_prometheus ;; esac
	say "setup $mode: $1"
	exit
}

mode=${1:-test}
command -v apt-get >/dev/null || die "apt-get is missing: this script supports only Debian"
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
