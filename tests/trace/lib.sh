# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the files here share beside ktap.sh: how events come on, and what was told.
. "${0%/*}/ktap.sh"

tracefs=/sys/kernel/tracing
events=$tracefs/events/labyrinth

switch() { # EVENT|all 0|1
	case $1 in
	all) echo "$2" >$events/enable ;;
	*) echo "$2" >"$events/$1/enable" ;;
	esac
}

# The calls that a tool is to see, as a script for calls.sh.
calls() {
	cat >/tmp/calls
	rm -f /tmp/called
}

# How calls.sh says that every call answered as it should.
expect_called() {
	expect_equal "the calls" "$(cat /tmp/called)" "failed="
}

# Of a trace, or a report of one, lines "EVENT FIELD=VALUE..." and nothing else.
only_events() {
	sed -n 's/^.*[0-9]: \([a-z]*\): *\([a-z_]*=.*\)$/\1 \2/p'
}

# So many of the events on standard input match.
count_events() { # EXTENDED-REGEX
	only_events | grep -cE -e "$1"
}
