#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run test files in the virtual machine, as one test each, and unload labyrinth at the end.
#
# usage: run.sh NAME...		NAME.sh is beside this script, the modules in $modules
here=${here:-/lib/labyrinth/kselftest}
modules=${modules:-/lib/labyrinth}
export modules

failed=0 nr=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" = 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}

uptime_s() {
	cut -d . -f 1 /proc/uptime
}

run_file() { # NAME
	local log=/tmp/$1.ktap begun

	begun=$(uptime_s)
	sh "$here/$1.sh" >"$log" 2>&1
	echo $? >/tmp/status
	sed 's/^/  /' "$log"
	echo "# $1: $(($(uptime_s) - begun)) s"
	result "$(cat /tmp/status)" "$1"
}

# Start each file with empty tables: every test reads them.
reload() {
	unload && insmod "$modules/labyrinth.ko"
}

unload() {
	rmmod labyrinth && [ ! -e /sys/module/labyrinth ] && [ ! -e /sys/kernel/debug/labyrinth ]
}

# Hundreds of owners are created and destroyed, each after grace periods: make these short.
[ ! -e /sys/kernel/rcu_expedited ] || echo 1 >/sys/kernel/rcu_expedited
[ ! -e /sys/kernel/rcu_normal ] || echo 0 >/sys/kernel/rcu_normal
echo "KTAP version 1"
echo "1..$(($# + 3))"
insmod "$modules/labyrinth.ko"
result $? "labyrinth loads"
reloaded=0
for name; do
	run_file "$name"
	reload || reloaded=1
done
result $reloaded "labyrinth is reloaded after each file"
unload
result $? "labyrinth unloads and leaves nothing"
exit $failed
