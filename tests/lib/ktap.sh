# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Results in KTAP, of a script on the host: $nr of them so far, and whether one $failed.

nr=0 failed=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" -eq 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}
