#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest: Debian's modprobe loads the installed modules.
set -eu
modprobe=/lib/labyrinth/modprobe
lab=/sys/kernel/debug/labyrinth

rm -f /bin/modprobe
$modprobe mydriver
[ -d /sys/module/labyrinth ] && [ -d /sys/module/mydriver ]
cat /sys/module/labyrinth/version

taken() { cat /sys/module/mydriver/parameters/consumed; }
i=0
until [ "$(taken)" -ge 100 ]; do
	[ $((i += 1)) -lt 100 ]
	sleep 0.1
done
# Each page was allocated in a hard interrupt.
echo 1 >/sys/module/mydriver/parameters/stall
until grep -q 'lab_sample.consumer owned .* hardirq ' $lab/pages; do
	[ $((i += 1)) -lt 200 ]
	sleep 0.1
done
! grep 'lab_sample.consumer owned' $lab/pages | grep -v ' hardirq '
[ "$(wc -l <$lab/violations)" -eq 1 ]
[ "$(cat /sys/module/mydriver/parameters/wrong)" -eq 0 ]

$modprobe -r mydriver
[ ! -e /sys/module/labyrinth ]
