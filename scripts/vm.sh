#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Boot a kernel in QEMU and run one shell script in it.
#
# usage: vm.sh --kernel NAME [OPTION...] SCRIPT
#
#   --kernel NAME      a name in scripts/kernels.sh --list, or the path of an image
#   --smp N            CPUs, emulated in parallel (default 2)
#   --in-turn          emulate the CPUs in one thread: for a kernel that patches code while
#                      another CPU runs it, as for tracing
#   --mem SIZE         memory (default 1G)
#   --possible N       possible CPUs with --icount, of which one is online (default 1)
#   --icount           one CPU, one clock tick per instruction: counts repeat exactly
#   --timeout SEC      end the guest after this time (default 120)
#   --append "ARGS"    additional arguments for the kernel's command line
#   --qemu "ARGS"      additional arguments for QEMU, such as devices; repeatable
#   --out DIR          folder for the logs; without it the result goes to standard
#                      output, and a folder in /tmp is kept only after a failure
#   --file SRC[:DEST]  copy a file or folder into the guest, by default into
#                      /lib/labyrinth; repeatable
#   --env K=V          set a variable in the script's environment; repeatable
#
# Files in DIR: result.log (the script's output; the last line is its status),
# console.log (the kernel's log), qemu.log, and, while the guest runs, monitor.sock.
#
# Environment: LABYRINTH_APPEND, additional arguments for the kernel's command line;
# LABYRINTH_COVERAGE=1 writes GCOV's counters of labyrinth to DIR/coverage.tgz.
#
# Exit status: the script's own, or 124 timeout, 125 panic, 126 the guest ended
# without a status, 127 the guest could not be started.

set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
status_mark='# vm: exit status'

kernel='' smp=2 mem=1G possible=1 icount='' thread=multi timeout=120 append='' out='' script=''
image='' arch=amd64 busybox=''
files=() envs=() devices=()
work='' qemu=''

say() { echo "==> vm $kernel: $*" >&2; }
die() { echo "vm.sh: $*" >&2; exit 127; }

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[ -z "$qemu" ] || kill -KILL "$qemu" 2>/dev/null || true
	[ -z "$work" ] || rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

parse() {
	local words

	while [ $# -gt 0 ]; do
		case $1 in
		--icount) icount=1; shift; continue ;;
		--in-turn) thread=single; shift; continue ;;
		-*) [ $# -ge 2 ] || die "$1 needs a value" ;;
		*) [ -z "$script" ] || die "more than one script: $1"; script=$1; shift; continue ;;
		esac
		case $1 in
		--kernel)  kernel=$2 ;;
		--smp)     smp=$2 ;;
		--possible) possible=$2 ;;
		--mem)     mem=$2 ;;
		--timeout) timeout=$2 ;;
		--append)  append=$2 ;;
		--qemu)    read -ra words <<<"$2"; devices+=("${words[@]}") ;;
		--out)     out=$2 ;;
		--file)    files+=("$2") ;;
		--env)     envs+=("$2") ;;
		*)         die "no such option: $1" ;;
		esac
		shift 2
	done
	[ -n "$kernel" ] || die "--kernel is missing"
	[ -n "$script" ] || die "SCRIPT is missing"
	[ -r "$script" ] || die "cannot read $script"
	[[ $timeout =~ ^[0-9]+$ ]] || die "--timeout in whole seconds: $timeout"
}

find_image() {
	local line

	case $kernel in
	*/*) image=$kernel ;;
	*)
		while read -r line; do
			case $line in
			image=*)   image=${line#*=} ;;
			arch=*)    arch=${line#*=} ;;
			busybox=*) busybox=${line#*=} ;;
			esac
		done < <("$top/scripts/kernels.sh" --print "$kernel")
		[ -n "$image" ] || exit 127 ;;
	esac
	[ -r "$image" ] || die "cannot read $image"
	image=$(readlink -f "$image")
	case $arch in
	amd64) machine=x86_64 console=ttyS0 results=ttyS1 ;;
	arm64) machine=aarch64 console=ttyAMA0 results=ttyS0 ;;
	*)     die "$kernel cannot be booted" ;;
	esac
	command -v "qemu-system-$machine" >/dev/null ||
		die "qemu-system-$machine is missing: run scripts/setup.sh demo, or for arm64 test"
}

# Copy a program's shared libraries, so that programs that are not static run in the guest.
add_libraries() { # PROGRAM
	local lib

	{ ldd "$1" 2>/dev/null || true; } | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$root$(dirname "$lib")"
		cp -L "$lib" "$root$lib"
	done || true
}

add_file() { # SRC[:DEST]
	local src=${1%%:*} dest=/lib/labyrinth/

	[ "$src" = "$1" ] || dest=${1#*:}
	[ -e "$src" ] || die "no such file: $src"
	[[ $dest = /* ]] || die "--file needs an absolute path in the guest: $dest"
	[[ $dest = */ ]] || [ ! -d "$root$dest" ] || dest=$dest/
	[[ $dest != */ ]] || dest=$dest$(basename "$src")
	mkdir -p "$root$(dirname "$dest")"
	cp -rL "$src" "$root$dest"
	[ -d "$src" ] || [ ! -x "$src" ] || add_libraries "$src"
}

add_env() { # K=V
	local value=${1#*=}

	[[ $1 =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || die "--env takes K=V: $1"
	printf "export %s='%s'\n" "${1%%=*}" "${value//\'/\'\\\'\'}" >>"$root/env"
}

write_init() {
	cat >"$root/init" <<-EOI
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/
	mount -t devtmpfs dev /dev
	mount -t proc proc /proc
	mount -t sysfs sys /sys
	mount -t tmpfs tmp /tmp
	mount -t debugfs debug /sys/kernel/debug
	[ ! -d /sys/kernel/tracing ] || mount -t tracefs trace /sys/kernel/tracing
	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		[ -n "$icount" ] || [ ! -e "\$cpu" ] || echo 1 >"\$cpu"
	done
	stty -F /dev/$results raw
	exec >/dev/$results 2>&1 </dev/null
	. /env
	sh /script
	status=\$?
	if [ -e /sys/kernel/debug/kmemleak ]; then
		sleep 6  # kmemleak ignores newer objects
		# The first scan only records objects not seen earlier.
		echo scan >/sys/kernel/debug/kmemleak
		echo scan >/sys/kernel/debug/kmemleak
	fi
	if [ -n "${LABYRINTH_COVERAGE-}" ]; then
		mkdir /tmp/gcov
		# debugfs shows a size of 0: tar would copy no bytes.
		find /sys/kernel/debug/gcov -path '*/labyrinth/*.gcda' -exec cp {} /tmp/gcov \;
		stty -F /dev/ttyS2 raw
		tar -C /tmp/gcov -czf - . >/dev/ttyS2
	fi
	echo "$status_mark \$status"
	stty -F /dev/$results raw  # waits until the output is sent
	reboot -f
	EOI
	chmod +x "$root/init"
}

build_initramfs() {
	local file env

	[ -n "$busybox" ] || busybox=$(command -v busybox) || die "busybox is missing: run scripts/setup.sh demo"
	root=$work/root
	mkdir -p "$root"/{bin,dev,proc,sys,tmp,lib/labyrinth}
	cp -L "$busybox" "$root/bin/busybox"
	add_libraries "$busybox"
	for file in ${files[@]+"${files[@]}"}; do
		add_file "$file"
	done
	: >"$root/env"
	for env in ${envs[@]+"${envs[@]}"}; do
		add_env "$env"
	done
	cp "$script" "$root/script"
	write_init

	# Identical bytes in each run, so that instruction counts repeat.
	find "$root" -exec touch -h -d @0 {} +
	(cd "$root" && find . -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) \
		>"$work/initramfs"
}

start_qemu() {
	local args=(-nodefaults -no-user-config -display none -no-reboot -m "$mem")
	# The kernel patches its own code while it boots, and a virtual CPU may run a stale
	# translation. So boot with one CPU; /init brings the others online.
	local cmdline="console=$console,115200 panic=1 maxcpus=1" results_port=(-serial file:result.log)

	if [ "$arch" = arm64 ]; then
		[ -z "$icount" ] || die "--icount is for amd64"
		args+=(-M "virt,gic-version=3" -accel "tcg,thread=$thread" -smp "$smp" -cpu "max,pauth-impdef=on")
		results_port=(-chardev "file,id=result,path=result.log" -device "pci-serial,chardev=result")
	elif [ -n "$icount" ]; then
		args+=(-accel "tcg,thread=single" -smp "$possible" -icount "shift=0,sleep=off"
		       -cpu "max,-rdrand,-rdseed" -rtc "base=2024-01-01,clock=vm")
		cmdline+=" nokaslr norandmaps random.trust_cpu=off mitigations=off"
	else
		# QEMU emulates "rep stosb" and "rep movsb" byte by byte. With erms the kernel
		# clears and copies pages by them, and starting a process takes twice as long.
		args+=(-accel "tcg,thread=$thread" -smp "$smp" -cpu "max,-erms,-fsrm")
		# On a loaded machine, the kernel's check of its timer comes too early.
		cmdline+=" no_timer_check"
	fi
	args+=(-kernel "$image" -initrd "$work/initramfs" -append "$cmdline $append ${LABYRINTH_APPEND-}"
	       -serial file:console.log "${results_port[@]}"
	       ${LABYRINTH_COVERAGE:+-serial file:coverage.tgz}
	       -monitor "unix:monitor.sock,server=on,wait=off"
	       ${devices[@]+"${devices[@]}"})

	: >"$out/console.log"
	: >"$out/result.log"
	# Run in DIR, because a socket's path must be short.
	(cd "$out" && exec "qemu-system-$machine" "${args[@]}" >qemu.log 2>&1 </dev/null) &
	qemu=$!
}

last_result() {
	tail -n 1 "$out/result.log" | tr -cd '[:print:]' | cut -c1-60
}

# Sets $qemu_status, and $late after a timeout.
wait_for_qemu() {
	late=
	while kill -0 "$qemu" 2>/dev/null; do
		if [ $((SECONDS - start)) -ge $((timeout + 5)) ]; then
			kill -KILL "$qemu" 2>/dev/null || true
		elif [ -z "$late" ] && [ $((SECONDS - start)) -ge "$timeout" ]; then
			late=1
			kill "$qemu" 2>/dev/null || true
		fi
		[ ! -t 2 ] || printf '\r\033[K==> vm %s: %d s  %s' \
			"$kernel" $((SECONDS - start)) "$(last_result)" >&2
		sleep 0.2
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	qemu_status=0
	wait "$qemu" 2>/dev/null || qemu_status=$?
	qemu=
}

# Sets $status and $verdict.
judge() {
	local said

	said=$(tail -n 1 "$out/result.log" | sed -n "s/.*$status_mark \([0-9]*\)\$/\1/p")
	if [ -n "$late" ]; then
		status=124 verdict="timeout, the guest hangs or needs longer"
	elif grep -aq 'Kernel panic - not syncing' "$out/console.log"; then
		status=125 verdict="the guest panicked"
	elif [ -n "$said" ]; then
		status=$said verdict="exit status $said"
	elif [ "$qemu_status" -ne 0 ]; then
		status=126 verdict="QEMU ended with status $qemu_status: $(tail -n 1 "$out/qemu.log")"
	else
		status=126 verdict="the guest ended without a status"
	fi
}

[ $# -gt 0 ] || { sed -n '/^# usage/,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 127; }
parse "$@"
find_image
throwaway=
[ -n "$out" ] || { out=$(mktemp -d /tmp/labyrinth-vm.XXXXXX); throwaway=1; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
build_initramfs || die "cannot build the initramfs"

start=$SECONDS
say "running $(basename "$script") (timeout $timeout s)"
start_qemu
wait_for_qemu
judge
rm -f "$out/monitor.sock"

[ -z "$throwaway" ] || cat "$out/result.log"
if [ -n "$throwaway" ] && [ "$status" -eq 0 ]; then
	rm -r "$out"
	say "$verdict after $((SECONDS - start)) s"
elif [ "$status" -ge 124 ] && [ "$status" -le 126 ]; then
	say "$verdict, after $((SECONDS - start)) s: see $out/console.log"
else
	say "$verdict after $((SECONDS - start)) s, logs in $out"
fi
exit "$status"
