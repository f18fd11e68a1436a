#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the Debian packages in a fresh Debian 12, install them with DKMS for two kernels, build
# the sample as a second DKMS module, upgrade, and purge. Prints KTAP. Needs debootstrap, and root
# for chroot and to mount /proc there, which DKMS reads.
#
# usage: run.sh
#
# Without its packages, the folder is kept in the cache of scripts/kernels.sh. Logs:
# build/packaging/. Exit status 1 if anything failed.
set -uo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/packaging
root=$out/root
base=${LABYRINTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labyrinth}/packaging-bookworm.tar
log=$out/log
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/lib/ktap.sh"

bail() { # WHY
	echo "Bail out! $*"
	exit 1
}

# ---- a Debian 12

make_base() {
	local mirror

	[ ! -e "$base" ] || return 0
	mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's/^bookworm main //p' | head -n 1)
	[ -n "$mirror" ] || return
	rm -rf "$root"
	mkdir -p "$root" "${base%/*}"
	debootstrap --variant=minbase bookworm "$root" "$mirror" &&
		cp -r /etc/apt/. "$root/etc/apt/" &&
		inside "apt-get update && apt-get install -y --no-install-recommends dkms dh-dkms debhelper \
			build-essential lintian kmod fakeroot libjansson-dev libncurses-dev \
			linux-headers-amd64 linux-headers-6.12-amd64" &&
		tar -C "$root" -cf "$base.new" . && mv "$base.new" "$base"
}

unpack() {
	rm -rf "$root"
	mkdir -p "$root/root/src" && tar -C "$root" -xf "$base" &&
		tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$root/root/src" -xf -
}

inside() { # COMMANDS
	unshare -m sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" /bin/bash -c "cd /root; $2"' - "$root" "$1"
}

# A test is commands that succeed.
try() { # WORDS COMMAND...
	local words=$1

	shift
	"$@" >"$log" 2>&1
	local status=$?
	[ $status -eq 0 ] || tail -n 15 "$log" | sed 's/^/# /'
	result $status "$words"
}

# ---- the packages

for_each_kernel() { # COMMANDS, in which $k is a release
	inside "set -e; for k in \$(ls /lib/modules); do $1; done"
}

build() { # VERSION
	inside "set -e; cd src
		sed -i 's/\\(#define LABYRINTH_VERSION[[:blank:]]*\\)\".*\"/\\1\"$1\"/' include/linux/labyrinth.h
		sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$1\"/' dkms.conf
		rm -rf build; scripts/package.sh deb; mkdir -p /root/deb; cp build/dist/deb/*.deb build/dist/deb/*.{changes,buildinfo} /root/deb/"
}

reproducible() {
	inside "set -e; cd src; sha256sum build/dist/*.tar.gz >/tmp/one; touch README.md
		SOURCE_DATE_EPOCH=1 scripts/package.sh dist; sha256sum build/dist/*.tar.gz >/tmp/two
		SOURCE_DATE_EPOCH=1 scripts/package.sh dist; sha256sum -c /tmp/two"
}

installed() { # VERSION
	for_each_kernel "[ \"\$(modinfo -k \$k -F version labyrinth)\" = $1 ]
		[ -n \"\$(modinfo -k \$k -F signer labyrinth)\" ]
		modprobe -n -v -S \$k labyrinth | grep -q '^insmod .*/updates/dkms/labyrinth.ko'
		[ -s /usr/src/labyrinth/\$k/Module.symvers ]
		grep -q 'LABYRINTH_VERSION.*\"$1\"' /usr/src/labyrinth/\$k/include/linux/labyrinth.h" &&
		inside "[ \"\$(labyrinth --version)\" = 'labyrinth $1' ]"
}

# With the Kbuild of the documentation.
dependent() {
	local driver=$root/usr/src/mydriver-1.0

	mkdir -p "$driver"
	cp "$top/samples/lab_sample.c" "$driver/mydriver.c"
	awk '/^\.\. code-block:: make$/ { code = 1; next } code && /^[^ ]/ { exit }
		code { sub(/^   /, ""); print }' "$top/Documentation/using-in-a-driver.rst" >"$driver/Kbuild"
	awk '/^   PACKAGE_NAME="mydriver"/ { code = 1 } code && !/^   / { exit }
		code { sub(/^   /, ""); print }' "$top/Documentation/packaging.rst" >"$driver/dkms.conf"
	inside "dkms add mydriver/1.0" &&
		for_each_kernel "dkms install mydriver/1.0 -k \$k
			modprobe -n -v -S \$k mydriver | grep -c insmod | grep -qx 2"
}

beside_make_install() {
	for_each_kernel "cd /root/src; make clean >/dev/null; make KREL=\$k
		if make KREL=\$k install >/tmp/said 2>&1; then exit 1; fi
		grep -q 'DKMS has installed labyrinth for' /tmp/said"
}

purged() {
	inside "set -e; dkms remove mydriver/1.0 --all
		apt-get purge -y labyrinth-dkms labyrinth-tools
		rm -rf /usr/src/mydriver-1.0
		left=\$(find / -xdev -path /root -prune -o -path /proc -prune -o -path /tmp -prune -o \
			-path /var/log -prune -o -name '*labyrinth*' -print)
		echo \"\$left\"; [ -z \"\$left\" ]"
}

echo "KTAP version 1"
[ "$(id -u)" -eq 0 ] || bail "chroot and mount need root"
command -v debootstrap >/dev/null || bail "debootstrap is missing: run scripts/setup.sh test"
mkdir -p "$out"
make_base >"$out/base.log" 2>&1 || { tail -n 20 "$out/base.log" | sed 's/^/# /'; bail "no Debian 12 to try in"; }
unpack >"$out/base.log" 2>&1 || bail "the Debian 12 cannot be unpacked"
try "the packages are built" build 1.0
try "lintian finds no error" inside "lintian --allow-root --fail-on error deb/*.changes"
try "the tarball is reproducible" reproducible
try "the packages are installed" inside "apt-get install -y ./deb/labyrinth-dkms_1.0_all.deb ./deb/labyrinth-tools_1.0_*.deb"
try "the module is built, signed and found for two kernels" installed 1.0
try "a driver is built as a second DKMS module, and modprobe loads both" dependent
try "make install refuses a second copy" beside_make_install
try "the next version is built" build 1.1
try "the packages are upgraded" inside "apt-get install -y ./deb/labyrinth-dkms_1.1_all.deb ./deb/labyrinth-tools_1.1_*.deb"
try "the new module replaces the old one" installed 1.1
try "purging leaves nothing" purged
rm -rf "$root"
echo "1..$nr"
exit $failed
