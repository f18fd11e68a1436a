#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest of run.sh: a driver is loaded from the package, then the package is upgraded.
set -eux
modprobe=/lib/labyrinth/modprobe
modules=/lib/modules/$(uname -r)
version=/sys/module/labyrinth/version
parameters=/sys/module/mydriver/parameters

rm -f /bin/modprobe
install() { # FOLDER
	rm -rf "$modules"
	mkdir -p /lib/modules
	cp -r "/lib/$1" "$modules"
}

works() { # COUNT: the driver has consumed so many pages, all of them right
	local i=0

	until [ "$(cat $parameters/consumed)" -ge "$1" ]; do
		[ $((i += 1)) -lt 100 ]
		sleep 0.1
	done
	[ "$(cat $parameters/wrong)" -eq 0 ]
}

install old
$modprobe mydriver
[ "$(cat $version)" = 1.0 ]
works 100

install new
works $(($(cat $parameters/consumed) + 100))
[ "$(cat $version)" = 1.0 ]
! rmmod labyrinth
labyrinth --version 2>&1 | grep "loaded module is version 1.0, this command is 1.1"
labyrinth owners | grep lab_sample.producer

$modprobe -r mydriver
[ ! -e /sys/module/labyrinth ]
$modprobe mydriver
[ "$(cat $version)" = 1.1 ]
works 100
[ "$(labyrinth --version 2>&1)" = "labyrinth 1.1" ]
$modprobe -r mydriver
