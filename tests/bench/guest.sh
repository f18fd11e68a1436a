#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, measure and print: $what is any of path, worst, bench and scale, and
# with $second_cpu there is another CPU for the bench.
# shellcheck disable=SC2154
set -e

measure() { # MODULE
	dmesg -c >/dev/null
	insmod "/lib/labyrinth/$1.ko"
	dmesg | sed -n "s/.*$1: //p"
}

echo "release $(uname -r)"
for part in $what; do
	# Each with a labyrinth in which nobody has been before.
	insmod /lib/labyrinth/labyrinth.ko
	# Another CPU to free on: until then nothing but the measured one runs.
	if [ "$part" = bench ] && [ -n "$second_cpu" ]; then
		echo 1 >/sys/devices/system/cpu/cpu1/online
	fi
	measure "lab_$part"
	[ "$part" != path ] || cat /sys/kernel/debug/lab_path/*
	rmmod "lab_$part" labyrinth
done
