#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the virtual machine: load labyrinth and lab_torture with $params, meanwhile
# take CPUs offline and online at random and inject page allocation faults where the
# kernel can, and print KTAP when the verdict is there. With $observed=1 all tables are
# read and all events toggled meanwhile, without a pause, and watch is switched each second.
modules=${modules:-/lib/labyrinth}
params=${params:-preset=smoke}
hotplug=${hotplug:-1}
faults=${faults:-1}
observed=${observed:-0}
torture=/sys/module/lab_torture/parameters
fail_alloc=/sys/kernel/debug/fail_page_alloc
lab=/sys/kernel/debug/labyrinth
watch=/sys/module/labyrinth/parameters/watch
settings=/sys/module/labyrinth/parameters/settings
tracefs=/sys/kernel/tracing
events=$tracefs/events/labyrinth
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

# Take CPUs offline and online as fast as possible, all but CPU 0.
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

# Fail only allocations that cannot wait, or the machine becomes unusable.
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

# Turn all events on and off, alone and together: owners leave the fast path and return
# to it, and calls find their event changing.
toggle_events() {
	local event times=0

	while [ "$(verdict)" = running ]; do
		for event in $events/*/enable $events/enable; do
			echo 1 >"$event"
			echo 0 >"$event"
			times=$((times + 1))
		done
	done
	echo $times >/tmp/toggled
}

# Watch the kernel's allocator in each mode for a second.
toggle_watch() {
	local mode times=0

	while [ "$(verdict)" = running ]; do
		for mode in free all reserve off; do
			echo $mode >$watch && times=$((times + 1))
			sleep 1
		done
	done
	echo free >$watch
	echo $times >/tmp/watched
}

# Change the limits of all owners each second: stocks that adapt, that grow and that shrink.
toggle_settings() {
	local rule times=0

	while [ "$(verdict)" = running ]; do
		for rule in "*:stock=auto" "*:stock=8,reserve_pct=20" "*:stock=auto,reserve_pct=80" "*:stock=64"; do
			echo "$rule" >$settings && times=$((times + 1))
			sleep 1
		done
	done
	echo >$settings
	echo $times >/tmp/set
}

# Note each file that could be read to its end, those in the owners' folders included,
# which come and go. One process for all of them, or a round takes too long.
read_tables() {
	while [ "$(verdict)" = running ]; do
		md5sum "$lab"/* "$lab"/owner/*/* 2>/dev/null
		cat /sys/kernel/labyrinth/*/*/[bf]* >/dev/null 2>&1
	done | sed "s:^[^ ]* *$lab/::" >/tmp/tables_read
}

# Replace the owners' names.
sort_of_table() {
	sed 's:^owner/.*/:owner/NAME/:' | sort
}

# Each table must have been read at least twice.
all_tables_were_read() {
	local table times amiss=0

	grep -q ^owner/ /tmp/tables || { echo "# no owner had a folder"; amiss=1; }
	for table in $(sort_of_table </tmp/tables | uniq); do
		times=$(sort_of_table </tmp/tables_read | grep -cxF "$table")
		echo "# $table read $times times"
		[ "$times" -ge 2 ] || amiss=1
	done
	return $amiss
}

begin_observing() {
	[ "$observed" = 1 ] || return
	[ -d $events ] || { echo "Bail out! no events: $events"; exit 1; }
	# Otherwise the scheduler's tracepoints are toggled as well.
	echo 0 >$tracefs/options/record-cmd
	cat $tracefs/trace_pipe >/dev/null &
	pipe=$!
	(cd $lab && find . -type f 2>/dev/null | sed 's:^\./::') >/tmp/tables
	read_tables &
	observers=$!
	toggle_events &
	observers="$observers $!"
	toggle_watch &
	observers="$observers $!"
	toggle_settings &
	observers="$observers $!"
}

# Check that events and tables were used often enough.
end_observing() {
	[ "$observed" = 1 ] || return
	# shellcheck disable=SC2086 # one word a process
	wait $observers
	usleep 200000
	kill $pipe
	told=$(cat $tracefs/per_cpu/cpu*/stats | awk '/^(read events|overrun):/ { n += $NF } END { print n + 0 }')
	echo "# toggled $(cat /tmp/toggled) times, $told events"
	[ "$(cat /tmp/toggled)" -ge 9 ] && [ "$told" -ge 100 ]
	result $? "events are toggled and read meanwhile"
	all_tables_were_read
	result $? "all tables are read meanwhile"
	caught=$(awk '$3 == "freed_behind" && $(NF - 1) == 1' $lab/violations | wc -l)
	echo "# watch switched $(cat /tmp/watched) times, $caught of the last frees behind were caught"
	[ "$(cat /tmp/watched)" -ge 4 ]
	result $? "watch is switched meanwhile"
	echo "# settings changed $(cat /tmp/set) times"
	[ "$(cat /tmp/set)" -ge 4 ]
	result $? "settings change meanwhile"
}

echo "KTAP version 1"
echo "1..$((3 + 4 * observed))"
insmod $modules/labyrinth.ko
inject_faults
# shellcheck disable=SC2086 # several words
insmod $modules/lab_torture.ko $params
plugger=
if [ "$hotplug" = 1 ]; then
	plug_and_unplug &
	plugger=$!
fi
begin_observing
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
end_observing
rmmod lab_torture && rmmod labyrinth && [ ! -e /sys/module/labyrinth ]
result $? "modules unload"
exit $failed
