#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the virtual machine: load labyrinth and lab_torture with $params, take CPUs
# away and bring them back at random meanwhile, let the kernel refuse pages where
# it can be made to, and print KTAP when the verdict is there.
modules=${modules:-/lib/labyrinth}
params=${params:-preset=smoke}
hotplug=${hotplug:-1}
faults=${faults:-1}
torture=/sys/module/lab_torture/parameters
fail_alloc=/sys/kernel/debug/fail_page_alloc
failed=0 nr=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" = 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}

verdict() {
	cat $torture/verdict 2>/dev/null || echo "FAIL to load"
}

# Off and on as fast as it goes, all but CPU 0.
# shellcheck disable=SC3028 # busybox has RANDOM
plug_and_unplug() {
	local cpu file last=$(($(grep -c ^processor /proc/cpuinfo) - 1))

	[ "$last" -gt 0 ] || return
	while [ "$(verdict)" = running ]; do
		cpu=$((1 + RANDOM % last))
		file=/sys/devices/system/cpu/cpu$cpu/online
		[ -e $file ] || return
		echo $((1 - $(cat $file))) >$file 2>/dev/null
		usleep $((RANDOM % 20000))
	done
	for file in /sys/devices/system/cpu/cpu*/online; do
		echo 1 >"$file" 2>/dev/null
	done
}

# Those that cannot wait only, or the machine would not do what we tell it.
inject_faults() {
	[ "$faults" = 1 ] && [ -d $fail_alloc ] || return
	for setting in probability=20 interval=1 times=-1 space=0 verbose=0 task-filter=N \
		min-order=0 ignore-gfp-wait=Y ignore-gfp-highmem=N; do
		echo "${setting#*=}" >$fail_alloc/"${setting%%=*}" ||
			echo "# no fail_page_alloc/${setting%%=*}"
	done
	echo "# fail_page_alloc is on"
	params="$params faults=1"
}

stop_faults() {
	[ ! -d $fail_alloc ] || echo 0 >$fail_alloc/probability
}

echo "KTAP version 1"
echo "1..3"
insmod $modules/labyrinth.ko
inject_faults
# shellcheck disable=SC2086 # several words
insmod $modules/lab_torture.ko $params
plugger=
if [ "$hotplug" = 1 ]; then
	plug_and_unplug &
	plugger=$!
fi
while [ "$(verdict)" = running ]; do
	sleep 1
done
[ -z "$plugger" ] || wait "$plugger"
stop_faults

said=$(verdict)
dmesg | sed -n 's/^.*lab_torture: /# /p' | tail -n 60
case $said in
PASS | FAIL\ pages=0\ *) result 0 "torture passes" ;;
*) result 1 "torture passes: $said" ;;
esac
case $said in
PASS | FAIL*\ reports=0) result 0 "misuse is reported once, with the right two parties" ;;
*) result 1 "misuse is reported once, with the right two parties: $said" ;;
esac
rmmod lab_torture && rmmod labyrinth && [ ! -e /sys/module/labyrinth ]
result $? "modules unload"
exit $failed
