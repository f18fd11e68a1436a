#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest of secure_boot.sh: try to load the modules, and print what happened.
modules=/lib/labyrinth

load() { # WORD FILE
	said=$(insmod "$2" 2>&1)
	echo "$1 $? $said"
}

mount -t securityfs security /sys/kernel/security
echo "lockdown $(cat /sys/kernel/security/lockdown)"
load unsigned $modules/labyrinth.ko
load other $modules/other/labyrinth.ko
load known $modules/known/labyrinth.ko
said=$(insmod $modules/lab_sample.ko 2>&1)
status=$?
i=0
until [ "$(cat /sys/module/lab_sample/parameters/consumed)" -ge 100 ] || [ $((i += 1)) -gt 100 ]; do
	sleep 0.1
done
[ $i -gt 100 ] || said="works$said"
echo "sample $status $said"
labyrinth owners
labyrinth status
labyrinth whois pfn 1 2>&1
rmmod lab_sample && rmmod labyrinth
echo "unload $?"
