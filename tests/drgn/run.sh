#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Test tools/drgn/labyrinth.py: its output must match debugfs' tables on the live kernel of a
# virtual machine and in a core of that machine, and it must survive broken cores. Prints KTAP.
#
# usage: run.sh [KERNEL...]	stock kernels, by default 6.1 and 6.12
#        run.sh --sources	only compare the script with the sources
#
# No package with the kernel's debug info is needed: see the script's --help.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/tests/drgn
script=$top/tools/drgn/labyrinth.py
python=/usr/bin/python3
vm=''
. "$top/tests/lib/ktap.sh"
export PYTHONDONTWRITEBYTECODE=1

trap '[ -z "$vm" ] || kill "$vm" 2>/dev/null' EXIT

# The driver that writes the kernel's location to QEMU's cores; Debian's kernels have it as a
# module. 6.1 has another header and option for vmcoreinfo.
build_fw_cfg() {
	local dir=$out/qemu_fw_cfg source

	source=$("$top/scripts/kernels.sh" --source 6.12 drivers/firmware) || return
	mkdir -p "$dir/include/linux"
	cp "$source/qemu_fw_cfg.c" "$dir/"
	echo 'obj-m := qemu_fw_cfg.o' >"$dir/Kbuild"
	if [ "$kernel" = 6.1 ]; then
		echo '#include <linux/crash_core.h>' >"$dir/include/linux/vmcore_info.h"
		# shellcheck disable=SC2016 # for make
		echo 'ccflags-y := -I$(src)/include -DCONFIG_VMCORE_INFO' >>"$dir/Kbuild"
	fi
	make -C "$kdir" M="$dir" modules
}

build() {
	kdir=$("$top/scripts/kernels.sh" --print "$kernel" | sed -n 's/^kdir=//p')
	[ -n "$kdir" ] && "$top/scripts/build.sh" "$kernel" kselftest && build_fw_cfg
}

# The files of Python that the script needs, and their libraries, as SRC:DEST.
python_files() {
	"$python" - "$script" <<-'EOP'
		import importlib, os, re, subprocess, sys
		import gettext, locale, shutil, traceback, encodings.ascii, encodings.latin_1
		folder = os.path.dirname(sys.argv[1])
		sys.path.insert(0, folder)
		for file in os.listdir(folder):
		    if file.endswith(".py"):
		        importlib.import_module(file[:-len(".py")])
		files = {getattr(module, "__file__", None) or "" for module in sys.modules.values()}
		for file in [file for file in files if file.endswith(".so")]:
		    said = subprocess.run(["ldd", file], stdout=subprocess.PIPE, text=True).stdout
		    files |= set(re.findall(r" (/\S+) ", said))
		print("\n".join(f"{file}:{file}" for file in files
		                if file.startswith(("/usr/lib/", "/lib/"))))
	EOP
}

python_tests() { # NAME FILE ARGS...
	local name=$1 file=$2

	shift 2
	"$python" "$here/$file" "$@" | sed 's/^/  /'
	result "${PIPESTATUS[0]}" "$kernel: $name"
}

# Boot a machine that runs live.sh, which waits while the host takes a core.
boot() {
	local files=() file

	for file in $(python_files); do
		files+=(--file "$file")
	done
	echo "here=/lib/labyrinth/live sh /lib/labyrinth/kselftest/run.sh live" >"$out/boot.sh"
	"$top/scripts/vm.sh" --kernel "$kernel" --smp 2 --mem 384M --timeout 600 --out "$out/vm" \
		--qemu "-device vmcoreinfo -serial unix:go.sock,server=on,wait=off" \
		--file "$(realpath "$python"):/usr/bin/python3" "${files[@]}" \
		--file "$(dirname "$script")" --file "$(command -v setpriv)" \
		--file "$here/live.sh:/lib/labyrinth/live/" \
		--file "$top/tests/kselftest/ktap.sh:/lib/labyrinth/live/" \
		--file "$top/tests/kselftest/run.sh:/lib/labyrinth/kselftest/" \
		--file "$out/qemu_fw_cfg/qemu_fw_cfg.ko" \
		--file "$top/build/$kernel/labyrinth/labyrinth.ko" \
		--file "$top/build/$kernel/tests/kselftest/lab_stub.ko" \
		"$out/boot.sh" 2>"$out/vm.log" &
	vm=$!
}

take_core() {
	until grep -q '^# now' "$out/vm/result.log" 2>/dev/null; do
		kill -0 "$vm" 2>/dev/null || { echo "# the machine requested no core: see $out/vm"; return 1; }
		sleep 0.5
	done
	(cd "$out/vm" && "$python" "$here/take_core.py" core)
}

live() {
	local status taken

	rm -rf "$out/vm"
	boot
	take_core
	taken=$?
	wait "$vm"
	status=$?
	vm=''
	tr -d '\r' <"$out/vm/result.log" | sed '/^# vm: /d; /^# [a-z]*| /d; /^# now/d; s/^/  /' |
		tee "$out/ktap"
	[ "$(grep -cE '^    (not )?ok ' "$out/ktap")" -eq "$(sed -n 's/^    1\.\.//p' "$out/ktap")" ] ||
		status=1
	result "$status" "$kernel: on the live kernel"
	"$top/scripts/splat.sh" "$out/vm/console.log" | sed 's/^/# /'
	result "${PIPESTATUS[0]}" "$kernel: kernel log is clean"
	result "$taken" "$kernel: a core is taken"
	for table in owners pages; do
		tr -d '\r' <"$out/vm/result.log" | sed -n "s/^# $table| //p" >"$out/$table"
	done
}

echo "KTAP version 1"
[ $# -gt 0 ] || set -- 6.1 6.12
"$python" -c 'import drgn' 2>/dev/null ||
	{ echo "Bail out! drgn is missing: run scripts/setup.sh test"; exit 1; }
kernel=sources
python_tests "tag.py matches the sources" source.py
[ "$1" != --sources ] || shift
for kernel; do
	out=$top/build/drgn/$kernel
	rm -rf "$out"
	mkdir -p "$out"
	build >"$out/build.log" 2>&1
	status=$?
	[ $status -eq 0 ] || tail -n 20 "$out/build.log" | sed 's/^/# /'
	result $status "$kernel: builds"
	[ $status -eq 0 ] || continue
	live
	[ -s "$out/vm/core" ] || continue
	modules=$top/build/$kernel
	python_tests "on its core" on_core.py "$out" "$modules/labyrinth/labyrinth.ko" \
		"$modules/tests/kselftest/lab_stub.ko"
	python_tests "on that core, broken" on_broken.py "$out" "$modules/labyrinth/labyrinth.ko"
	rm -f "$out/vm/core" "$out/vm/core."*
done
echo "1..$nr"
exit $failed
