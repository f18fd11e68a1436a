# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP results of a script on the host: $nr counts them, $failed is 1 if one failed. $log is a file
# for the output of a test that is a command.

nr=0 failed=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" -eq 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}

# A test is a command that succeeds. Show its output if it fails.
run() { # WORDS COMMAND...
	local words=$1 status

	shift
	"$@" >"$log" 2>&1
	status=$?
	[ $status -eq 0 ] || tail -n 20 "$log" | sed 's/^/# /'
	result $status "$words"
}
