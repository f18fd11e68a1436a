#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the guest: guest.sh with one more step. It is a separate file because the place of a
# page's tag depends on all that was loaded before.
events=/sys/kernel/tracing/events/labyrinth

switch() { # 0|1 EVENT...
	local event to=$1

	shift
	for event; do
		echo "$to" >$events/"$event"/enable
	done
}

toggle() { # TIMES
	for _ in $(seq "$1"); do
		switch 1 alloc free release
		switch 0 alloc free release
	done
}

# The first owner's pairs before, with and after events, and a timer interrupt while events
# are toggled and while tables are read with events on.
traced() {
	say pairs 0 0
	tell untraced before "$answer"
	for event in alloc free release "alloc free"; do
		# shellcheck disable=SC2086 # one word an event
		switch 1 $event
		say pairs 0 0
		tell traced "$(echo "$event" | tr ' ' +)" "$answer"
		# shellcheck disable=SC2086
		switch 0 $event
		say pairs 0 0
		tell untraced "$(echo "$event" | tr ' ' +)" "$answer"
	done
	switch 1 alloc free
	switch 0 alloc
	say pairs 0 0
	tell traced free "$answer"
	switch 0 free
	timed toggle 20
	tell tracing 20 "$cycles" "$late" "$call"
	switch 1 alloc free release
	timed read_all $lab/owners
	tell tracing_owners "$(wc -l <$lab/owners)" "$cycles" "$late" "$call"
	timed read_all $lab/pages
	tell tracing_pages "$(wc -l <$lab/pages)" "$cycles" "$late" "$call"
	switch 0 alloc free release
	say pairs 0 0
	tell untraced after "$answer"
}

. /lib/labyrinth/guest.sh
