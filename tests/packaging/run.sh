#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the Debian packages in a fresh Debian, install them with DKMS for their kernels, build the
# sample as a second DKMS module, upgrade, and purge. On Debian 12, a virtual machine loads what was
# installed, and goes on while it is upgraded. Prints KTAP. Needs root: see scripts/debian.sh.
#
# usage: run.sh [bookworm|trixie]
#
# Logs: build/packaging/. Exit status 1 if anything failed.
set -uo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/packaging
root=$out/root
suite=${1:-bookworm}
log=$out/log
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/lib/ktap.sh"

bail() { # WHY
	echo "Bail out! $*"
	exit 1
}

unpack() {
	"$top/scripts/debian.sh" --copy "$suite" "$root" && mkdir -p "$root/root/src" &&
		tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$root/root/src" -xf -
}

inside() { # COMMANDS
	unshare -m sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" /bin/bash -c "cd /root; $2"' - "$root" "$1"
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

# ---- in a virtual machine

# Keep what depmod and DKMS have installed for $vm_release.
keep() { # FOLDER
	local modules=$root/lib/modules/$vm_release

	mkdir -p "$out/$1"
	cp -r "$modules"/updates "$modules"/modules.* "$out/$1/"
}

upgraded_in_use() {
	"$top/scripts/vm.sh" --kernel "$vm_kernel" --out "$out/vm" --file "$out/old:/lib/old" --file "$out/new:/lib/new" \
		--file "$(command -v modprobe)" --file "$root/usr/bin/labyrinth:/bin/labyrinth" \
		"$top/tests/packaging/guest.sh"
	local status=$?
	cat "$out/vm/result.log"
	return $status
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
mkdir -p "$out"
unpack >"$out/base.log" 2>&1 || { tail -n 20 "$out/base.log" | sed 's/^/# /'; bail "no Debian $suite to try in"; }
vm_kernel=''
if [ "$suite" = bookworm ]; then
	vm_kernel=6.12
	vm_release=$("$top/scripts/kernels.sh" --print $vm_kernel | sed -n 's/^release=//p')
fi
run "the packages are built" build 1.0
run "lintian finds no error" inside "lintian --allow-root --fail-on error deb/*.changes"
run "the tarball is reproducible" reproducible
run "the packages are installed" inside "apt-get install -y ./deb/labyrinth-dkms_1.0_all.deb ./deb/labyrinth-tools_1.0_*.deb"
run "the module is built, signed and found for each kernel" installed 1.0
run "a driver is built as a second DKMS module, and modprobe loads both" dependent
[ -z "$vm_kernel" ] || run "the kernel of the virtual machine is one of them" keep old
run "make install refuses a second copy" beside_make_install
run "the next version is built" build 1.1
run "the packages are upgraded" inside "apt-get install -y ./deb/labyrinth-dkms_1.1_all.deb ./deb/labyrinth-tools_1.1_*.deb"
run "the new module replaces the old one" installed 1.1
if [ -n "$vm_kernel" ]; then
	run "the new module is kept" keep new
	run "a driver goes on during the upgrade, and then loads the new module" upgraded_in_use
	run "kernel log is clean" "$top/scripts/splat.sh" "$out/vm/console.log"
fi
run "purging leaves nothing" purged
rm -rf "$root"
echo "1..$nr"
exit $failed
