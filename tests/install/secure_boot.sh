#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot Debian's kernel by UEFI with Secure Boot, which locks it down, and load modules that were
# signed by make install. Prints KTAP. The firmware and the key that it knows are those of the
# package ovmf: "snakeoil", whose private key is public.
#
# usage: secure_boot.sh [KERNEL]	of scripts/kernels.sh, by default 6.12
#
# Logs: build/secure_boot/. Exit status 1 if anything failed.
set -uo pipefail
export LC_ALL=C

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/secure_boot
kernel=${1:-6.12}
build=$top/build/$kernel
log=$out/log
known=/usr/share/ovmf/PkKek-1-snakeoil
firmware=/usr/share/OVMF/OVMF_CODE_4M.snakeoil.fd
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/lib/ktap.sh"

kernel_has() { # KEY
	"$top/scripts/kernels.sh" --print "$kernel" | sed -n "s/^$1=//p"
}

installed_with() { # KEY CERTIFICATE FOLDER
	make -s -C "$build" KREL="$release" KDIR="$kdir" DESTDIR="$3" SIGN_KEY="$1" SIGN_CERT="$2" install
}

keys() {
	openssl rsa -in "$known.key" -passin pass:snakeoil -out "$out/known.key" &&
		openssl x509 -in "$known.pem" -outform DER -out "$out/known.cert" &&
		openssl req -new -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=labyrinth test/" -outform DER \
			-keyout "$out/other.key" -out "$out/other.cert"
}

# The firmware starts only what it knows the signer of: the kernel too.
signed() {
	keys && installed_with "$out/known.key" "$out/known.cert" "$out/known" &&
		installed_with "$out/other.key" "$out/other.cert" "$out/other" &&
		cp "$build/samples/lab_sample.ko" "$out/" &&
		"$kdir/scripts/sign-file" sha256 "$out/known.key" "$out/known.cert" "$out/lab_sample.ko" &&
		sbsign --key "$out/known.key" --cert "$known.pem" --output "$out/vmlinuz" "$(kernel_has image)" &&
		cp "${firmware/CODE/VARS}" "$out/vars.fd"
}

boot() {
	local updates=lib/modules/$release/updates/labyrinth/labyrinth.ko

	"$top/scripts/vm.sh" --kernel "$out/vmlinuz" --out "$out/vm" --smp 1 --append module.sig_enforce=1 \
		--qemu "-machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on" \
		--qemu "-drive if=pflash,format=raw,unit=0,readonly=on,file=$firmware" \
		--qemu "-drive if=pflash,format=raw,unit=1,file=$out/vars.fd" \
		--file "$build/labyrinth/labyrinth.ko" --file "$out/other/$updates:/lib/labyrinth/other/" \
		--file "$out/known/$updates:/lib/labyrinth/known/" --file "$out/lab_sample.ko" \
		--file "$build/build/labyrinth/labyrinth:/bin/labyrinth" "$top/tests/install/secure_boot_guest.sh"
}

# A line of the guest.
said() { # EXTENDED-REGEX
	tr -d '\r' <"$out/vm/result.log" | grep -qxE "$1" || { tr -d '\r' <"$out/vm/result.log"; return 1; }
}

echo "KTAP version 1"
rm -rf "$out"
mkdir -p "$out"
for tool in openssl sbsign; do
	command -v $tool >/dev/null || { echo "Bail out! $tool is missing: run scripts/setup.sh test-all"; exit 1; }
done
[ -e $firmware ] || { echo "Bail out! ovmf is missing: run scripts/setup.sh test-all"; exit 1; }
release=$(kernel_has release)
kdir=$(kernel_has kdir)
run "the module and the sample are built" "$top/scripts/build.sh" "$kernel" samples
run "the command is built" make -s -C "$build" command
run "make install signs with a known and with another key" signed
run "the machine boots" boot
run "Secure Boot locks the kernel down" said 'lockdown none \[integrity\] confidentiality'
run "the unsigned module is refused" said 'unsigned 129 .*: Key was rejected by service'
run "a module signed with an unknown key is refused" said 'other 129 .*: Key was rejected by service'
run "the module signed with the known key is loaded" said 'known 0 '
run "a driver signed with the known key is loaded and works" said 'sample 0 works'
run "the command shows owners and pages" said 'lab_sample.producer .*'
run "status works without the files that are locked" said 'audits +[?]'
run "whois says what is locked" said 'labyrinth: The kernel is locked down: not even root may write to files in .*'
run "both unload" said 'unload 0'
run "kernel log is clean" "$top/scripts/splat.sh" "$out/vm/console.log"
echo "1..$nr"
exit $failed
