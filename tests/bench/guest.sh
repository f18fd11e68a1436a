#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest, measure and print: $what is any of path, worst, bench, refill and scale;
# with $second_cpu the bench uses another CPU as well.
# shellcheck disable=SC2154
set -e

measure() { # MODULE
	dmesg -c >/dev/null
	insmod "/lib/labyrinth/$1.ko"
	dmesg | sed -n "s/.*$1: //p"
}

echo "release $(uname -r)"
for part in $what; do
	# Load labyrinth again for each part, so that it starts fresh.
	insmod /lib/labyrinth/labyrinth.ko
	# The other CPU is online for the bench only, so that it does not disturb other parts.
	if [ -n "$second_cpu" ]; then
		case $part in
		bench) echo 1 >/sys/devices/system/cpu/cpu1/online ;;
		refill) echo 0 >/sys/devices/system/cpu/cpu1/online ;;
		esac
	fi
	measure "lab_$part"
	[ "$part" != path ] || cat /sys/kernel/debug/lab_path/*
	rmmod "lab_$part" labyrinth
done
