# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Helpers shared by the tests here, beside ktap.sh: switch events and count them.
. "${0%/*}/ktap.sh"

tracefs=/sys/kernel/tracing
events=$tracefs/events/labyrinth

switch() { # EVENT|all 0|1
	case $1 in
	all) echo "$2" >$events/enable ;;
	*) echo "$2" >"$events/$1/enable" ;;
	esac
}

# Store standard input as the script that calls.sh runs.
calls() {
	cat >/tmp/calls
	rm -f /tmp/called
}

# Every call of calls.sh gave its expected answer.
expect_called() {
	expect_equal "the calls" "$(cat /tmp/called)" "failed="
}

# Reduce a trace, or a report of one, to lines "EVENT FIELD=VALUE...".
only_events() {
	sed -n 's/^.*[0-9]: \([a-z]*\): *\([a-z_]*=.*\)$/\1 \2/p'
}

# The number of events on standard input that match.
count_events() { # EXTENDED-REGEX
	only_events | grep -cE -e "$1"
}
