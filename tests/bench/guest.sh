#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest: measure once, and print what was measured.
set -e

insmod /lib/labyrinth/labyrinth.ko
# $what: bench or worst
insmod "/lib/labyrinth/lab_$what.ko"
dmesg | sed -n "s/.*lab_$what: //p"
rmmod "lab_$what" labyrinth
