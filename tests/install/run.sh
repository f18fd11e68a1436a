#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install labyrinth for several kernels side by side, build the sample as an external module
# against the installed files, load both in a virtual machine, and uninstall. Then check the
# message of each command that cannot succeed. Prints KTAP.
#
# usage: run.sh [KERNEL...]	of scripts/kernels.sh, by default 6.1, 6.12 and 6.12-rt
#
# Everything is installed below build/install/root, which has what make and modprobe need of a
# root file system. Logs: build/install/. Exit status 1 if anything failed.
set -uo pipefail
export LC_ALL=C
unset DESTDIR INSTALL_MOD_PATH KREL KDIR LABYRINTH MAKEFLAGS

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/install
out=$top/build/install
root=$out/root
log=$out/log
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/lib/ktap.sh"

declare -A release kdir
kernels=("$@")
[ $# -gt 0 ] || kernels=(6.1 6.12 6.12-rt)

# ---- a root file system with kernels, but without their headers

make_root() {
	local kernel image modules

	mkdir -p "$root"/{etc,usr/src,usr/local/lib,usr/local/bin,usr/local/share/man}
	for kernel in "${kernels[@]}"; do
		while IFS='=' read -r key value; do
			case $key in
			release) release[$kernel]=$value ;;
			kdir)    kdir[$kernel]=$value ;;
			image)   image=$value ;;
			esac
		done < <("$top/scripts/kernels.sh" --print "$kernel")
		modules=$root/lib/modules/${release[$kernel]}
		mkdir -p "$modules"
		# Kernels built here have none of these.
		cp "$(dirname "$image")"/../lib/modules/"${release[$kernel]}"/modules.* "$modules/" 2>/dev/null ||
			touch "$modules/modules.order" "$modules/modules.builtin"
		depmod -b "$root" "${release[$kernel]}" || return
	done
}

# Every folder, and every file with its contents.
tree() { # FOLDER
	(cd "$1" && { find . -type d; find . -type f -exec cksum {} +; }) | sort
}

# The path of each file that an install for RELEASE adds.
installed_files() { # RELEASE
	printf './%s\n' "lib/modules/$1/updates/labyrinth/labyrinth.ko" \
		"usr/src/labyrinth/$1/Module.symvers" \
		"usr/src/labyrinth/$1/labyrinth.mk" "usr/src/labyrinth/$1/include/linux/labyrinth.h"
}

command_files() {
	printf './usr/local/%s\n' bin/labyrinth lib/systemd/system/labyrinth-metrics.service \
		lib/systemd/system/labyrinth-metrics.timer share/bash-completion/completions/labyrinth \
		share/man/man8/labyrinth.8
}

files_now() { # except the kernels' and depmod's
	(cd "$root" && find . -type f ! -path './lib/modules/*/modules.*' ! -name lab_sample.ko | sort)
}

# ---- commands and what they say

# COMMAND fails and prints one line, which contains TEXT, besides make's own.
says() { # TEXT COMMAND...
	local text=$1 said

	shift
	said=$("$@" 2>&1) && { echo "it succeeded: $said"; return 1; }
	case $said in
	*"$text"*) ;;
	*) echo "wanted: $text"; echo "got: $said"; return 1 ;;
	esac
	[ "$(grep -cv '^make\[*[0-9]*\]*: \(\*\*\*\|Entering\|Leaving\)' <<<"$said")" -le 1 ] || { echo "$said"; return 1; }
}

# Without root's permission to write anywhere.
as_nobody() { # COMMAND...
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ "$@"
	else
		"$@"
	fi
}

same() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || { echo "$1:"; diff <(echo "$3") <(echo "$2"); return 1; }
}

# ---- install

# Both variables name the same root; each is used for some kernels.
install() { # KERNEL
	local name=DESTDIR

	[ "$1" = 6.12 ] || name=INSTALL_MOD_PATH
	make -s -C "$top/build/$1" KDIR="${kdir[$1]}" $name="$root" install 2>"$out/stderr" || {
		cat "$out/stderr"
		return 1
	}
	same "standard error" "$(cat "$out/stderr")" ""
}

has_its_files() { # the kernels installed so far...
	local kernel

	same "files" "$(files_now)" "$({ for kernel; do
		installed_files "${release[$kernel]}"
	done; command_files; } | sort)"
}

modprobe_finds_it() { # KERNEL
	same "modprobe" "$(modprobe -n -v -d "$root" -S "${release[$1]}" labyrinth | tr -s ' ')" \
		"insmod $root/lib/modules/${release[$1]}/updates/labyrinth/labyrinth.ko "
}

modinfo_tells_the_version() { # KERNEL
	local version said

	version=$(sed -n 's/^#define LABYRINTH_VERSION\t"\(.*\)"/\1/p' "$top/include/linux/labyrinth.h")
	said=$(modinfo -b "$root" -k "${release[$1]}" labyrinth)
	same "version" "$(sed -n 's/^version: *//p' <<<"$said")" "$version" &&
		grep -qE '^srcversion: +[0-9A-F]{23}' <<<"$said" &&
		same "the command's" "$("$root/usr/local/bin/labyrinth" --version)" "labyrinth $version"
}

# ---- an external module: the sample, with the Kbuild of the documentation

build_stranger() { # KERNEL
	local dir=$out/stranger-$1

	mkdir -p "$dir"
	cp "$top/samples/lab_sample.c" "$dir/mydriver.c"
	awk '/^\.\. code-block:: make$/ { code = 1; next } code && /^[^ ]/ { exit }
		code { sub(/^   /, ""); print }' "$top/Documentation/using-in-a-driver.rst" >"$dir/Kbuild"
	# shellcheck disable=SC2016 # for make
	make -s -C "${kdir[$1]}" M="$dir" LABYRINTH="$root"'/usr/src/labyrinth/$(KERNELRELEASE)' modules &&
		! grep -iE 'warning|error' "$out/log" &&
		cp "$dir/mydriver.ko" "$root/lib/modules/${release[$1]}/updates/" &&
		depmod -b "$root" "${release[$1]}"
}

modprobe_loads_both() { # KERNEL
	local updates=$root/lib/modules/${release[$1]}/updates

	same "modprobe" "$(modprobe -n -v -d "$root" -S "${release[$1]}" mydriver | tr -s ' ')" \
		"insmod $updates/labyrinth/labyrinth.ko 
insmod $updates/mydriver.ko "
}

load() { # KERNEL
	"$top/scripts/vm.sh" --kernel "$1" --out "$out/vm-$1" \
		--file "$(command -v modprobe)" \
		--file "$root/lib/modules/${release[$1]}:/lib/modules/" "$here/guest.sh"
	local status=$?
	cat "$out/vm-$1/result.log"
	return $status
}

# ---- signatures

signed_with_a_key() {
	local first=${kernels[0]} to=$out/signed

	mkdir -p "$to"
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=labyrinth test/" -outform DER \
		-keyout "$out/key" -out "$out/cert" 2>&1 || return
	make -s -C "$top/build/$first" KREL="${release[$first]}" KDIR="${kdir[$first]}" DESTDIR="$to" \
		SIGN_KEY="$out/key" SIGN_CERT="$out/cert" install &&
		same "signer" "$(modinfo -F signer "$to/lib/modules/${release[$first]}/updates/labyrinth/labyrinth.ko")" \
			"labyrinth test" &&
		same "signer of what was built" "$(modinfo -F signer "$top/build/$first/labyrinth/labyrinth.ko")" ""
}

key_without_certificate() {
	says "a key and its certificate" make -s -C "$top/build/${kernels[0]}" KREL="${release[${kernels[0]}]}" \
		SIGN_KEY=/nonexistent/key DESTDIR="$out/none" install
}

remove_stranger() { # KERNEL
	rm "$root/lib/modules/${release[$1]}/updates/mydriver.ko"
	depmod -b "$root" "${release[$1]}"
}

# ---- uninstall: for each kernel in turn, without touching the files of the others

uninstall_one() { # KERNEL
	local before others=(-e "/${release[$1]}" -e ./usr/local -e '^./usr/src/labyrinth$')

	before=$(tree "$root" | grep -v "${others[@]}")
	make -s -C "$top" KREL="${release[$1]}" DESTDIR="$root" uninstall || return
	same "other files" "$(tree "$root" | grep -v "${others[@]}")" "$before" &&
		same "left" "$(cd "$root" && find . -path "*labyrinth*/${release[$1]}*" -o -path "*/${release[$1]}/updates*")" ""
}

# ---- commands that fail

another_kernel() {
	says "labyrinth.ko was built for ${release[${kernels[0]}]}, not for 6.6.6-none" \
		make -s -C "$top/build/${kernels[0]}" KREL=6.6.6-none DESTDIR="$out/none" install
}

headers_for_another_kernel() {
	local first=${kernels[0]}

	says "${kdir[$first]} is for ${release[$first]} and not for 6.6.6-none" \
		make -s -C "$top/build/$first" KREL=6.6.6-none KDIR="${kdir[$first]}"
}

clang_missing() {
	mkdir -p "$out/by-clang/include/config" "$out/by-clang/include/generated"
	touch "$out/by-clang/Makefile"
	echo '#define UTS_RELEASE "6.6.6-clang"' >"$out/by-clang/include/generated/utsrelease.h"
	echo CONFIG_CC_IS_CLANG=y >"$out/by-clang/include/config/auto.conf"
	says "6.6.6-clang was compiled by clang: apt-get install clang lld llvm" \
		make -s -C "$top/build/${kernels[0]}" KDIR="$out/by-clang" LLVM=-0
}

missing_headers() {
	says "no kernel headers at /lib/modules/6.6.6-none/build: apt-get install linux-headers-6.6.6-none or" \
		make -s -C "$top/build/${kernels[0]}" KREL=6.6.6-none
}

nothing_built() {
	mkdir -p "$out/fresh/scripts"
	cp "$top/Makefile" "$out/fresh/"
	cp "$top/scripts/install.sh" "$out/fresh/scripts/"
	says "nothing is built yet: run make first" \
		make -s -C "$out/fresh" KREL=6.6.6-none DESTDIR="$out/none" install
}

odd_path() { # PATH
	mkdir -p "$out/$1"
	cp "$top/Makefile" "$out/$1/"
	says "cannot be built in a path with a space or colon: move $out/$1" make -s -C "$out/$1"
	local status=$?
	rm -r "${out:?}/$1"
	return $status
}

# Copy the files that make needs to install.
prepare_for_nobody() { # FOLDER
	mkdir -p "$1/labyrinth" "$1/scripts" "$1/tools/labyrinth"
	cp "$top/Makefile" "$1/"
	cp "$top/scripts/install.sh" "$1/scripts/"
	cp "$top/tools/labyrinth/Makefile" "$1/tools/labyrinth/"
	chmod -R a+rX "$1"
}

read_only_checkout() {
	local dir

	dir=$(mktemp -d)
	prepare_for_nobody "$dir"
	chmod -R a-w "$dir"
	says "$dir is read-only: build a copy of it elsewhere" \
		as_nobody make -s -C "$dir" KDIR="${kdir[${kernels[0]}]}"
	local status=$?
	chmod -R u+w "$dir"
	rm -r "$dir"
	return $status
}

not_as_root() {
	local dir status krel=${release[${kernels[0]}]}

	dir=$(mktemp -d)
	prepare_for_nobody "$dir"
	mkdir -p "$dir/include/linux" "$dir/closed"
	mkdir -m 1777 "$dir/open"
	cp "$top/build/${kernels[0]}/labyrinth/labyrinth.ko" "$dir/labyrinth/"
	cp "$top/include/linux/labyrinth.h" "$dir/include/linux/"
	cp "$top/include/labyrinth.mk" "$dir/include/"
	touch "$dir/Module.symvers"
	chmod -R a+rX "$dir"
	chmod a-w "$dir/closed"
	says "cannot write to $dir/closed/lib/modules/$krel/updates/labyrinth: run this as root, or with DESTDIR=FOLDER" \
		as_nobody make -s -C "$dir" KREL="$krel" DESTDIR="$dir/closed" install
	status=$?
	# A staging folder is empty again after uninstall.
	as_nobody make -s -C "$dir" KREL="$krel" DESTDIR="$dir/open" install &&
		same "staged" "$(cd "$dir/open" && find . -type f | sort)" "$(installed_files "$krel" | sort)" &&
		[ -z "$(find "$dir/open" -name 'modules.*')" ] &&
		as_nobody make -s -C "$dir" KREL="$krel" DESTDIR="$dir/open" uninstall &&
		same "left" "$(find "$dir/open" -mindepth 1)" "" || status=1
	chmod -R u+w "$dir"
	rm -r "$dir"
	return $status
}

two_roots() {
	says "DESTDIR and INSTALL_MOD_PATH mean the same" \
		make -s -C "$top" KREL=6.6.6-none DESTDIR=/nonexistent/a INSTALL_MOD_PATH=/nonexistent/b install
}

not_installed() {
	says "labyrinth is not installed for 6.6.6-none" \
		make -s -C "$top" KREL=6.6.6-none DESTDIR="$root" uninstall
}

uninstall_of_unknown_kernel() {
	says "for which kernel? Name it by KREL=RELEASE" \
		make -s -C "$top" KDIR=/nonexistent DESTDIR="$root" uninstall
}

# In a built copy, without the headers of the running kernel.
clean_leaves_sources_only() {
	local dir=$out/clean status

	mkdir -p "$dir"
	(cd "$top/build/${kernels[0]}" && cp -r Makefile Kbuild include labyrinth scripts tools ./.*.cmd \
		modules.order Module.symvers "$dir/") || return
	make -s -C "$dir" KREL=6.6.6-none clean &&
		same "files" "$(cd "$dir" && find . -type f | sort)" "$(cd "$top" &&
			find ./Makefile ./Kbuild ./include ./labyrinth ./tools/labyrinth ./scripts/install.sh \
				-name '*.[ch8]' ! -name '*.mod.c' -o -name '*.sh' -o -name '*.bash' -o -name Makefile -o -name Kbuild -o -name '*.mk' | sort)"
	status=$?
	rm -r "$dir"
	return $status
}

help_has_each_target() {
	local target said

	said=$(make -s -C "$top" help)
	for target in command install uninstall clean demo check test test-all matrix bench bench-here \
		bench-native bench-accept lint docs dist deb pictures; do
		grep -qE "(^|; |, )make ${target}[ :]" <<<"$said" || { echo "not in make help: $target"; return 1; }
	done
}

# ----

echo "KTAP version 1"
rm -rf "$out"
mkdir -p "$out"
for tool in depmod modprobe modinfo setpriv openssl; do
	command -v $tool >/dev/null || { echo "Bail out! $tool is missing: run scripts/setup.sh test"; exit 1; }
done
run "a root file system with kernels: ${kernels[*]}" make_root
[ $failed -eq 0 ] || { echo "1..$nr"; exit 1; }
before=$(tree "$root")
for kernel in "${kernels[@]}"; do
	run "$kernel: make" "$top/scripts/build.sh" "$kernel"
done
run "make command" make -s -C "$top/build/${kernels[0]}" command CFLAGS=-O0
so_far=()
for kernel in "${kernels[@]}"; do
	run "$kernel: make install prints nothing on standard error" install "$kernel"
	so_far+=("$kernel")
	run "$kernel: only module, header, Module.symvers and the command are installed" \
		has_its_files "${so_far[@]}"
done
for kernel in "${kernels[@]}"; do
	run "$kernel: modprobe -n finds it" modprobe_finds_it "$kernel"
	run "$kernel: modinfo, the header and the command give the same version" \
		modinfo_tells_the_version "$kernel"
	run "$kernel: the sample builds with the Kbuild of the documentation" build_stranger "$kernel"
	run "$kernel: modprobe of the sample loads labyrinth first" modprobe_loads_both "$kernel"
	run "$kernel: both load, work and unload" load "$kernel"
	run "$kernel: kernel log is clean" "$top/scripts/splat.sh" "$out/vm-$kernel/console.log"
	run "$kernel: the sample is removed" remove_stranger "$kernel"
done

run "the module is signed if there is a key" signed_with_a_key
run "a key without its certificate is refused" key_without_certificate
run "labyrinth.ko for another kernel is not installed" another_kernel
run "headers of another kernel are refused" headers_for_another_kernel
run "a kernel compiled by clang needs clang" clang_missing
run "missing headers are reported with the package to install" missing_headers
run "install before build is refused" nothing_built
run "a path with a space is refused" odd_path "a b"
run "a path with a colon is refused" odd_path "a:b"
run "a read-only checkout is refused" read_only_checkout
run "install without root works in a writable folder only" not_as_root
run "DESTDIR together with INSTALL_MOD_PATH is refused" two_roots
run "uninstall for a kernel without labyrinth is refused" not_installed
run "uninstall for an unknown kernel is refused" uninstall_of_unknown_kernel
run "make clean without kernel headers leaves only sources" clean_leaves_sources_only
run "make help names each target" help_has_each_target

for kernel in "${kernels[@]}"; do
	run "$kernel: make uninstall keeps all other files" uninstall_one "$kernel"
done
run "the root file system is as it was before install" same "tree" "$(tree "$root")" "$before"
echo "1..$nr"
exit $failed
