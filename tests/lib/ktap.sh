# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP results of a script on the host: $nr counts them, $failed is 1 if one failed.

nr=0 failed=0

result() { # STATUS WORDS...
	local ok=ok

	[ "$1" -eq 0 ] || ok="not ok" failed=1
	shift
	nr=$((nr + 1))
	echo "$ok $nr $*"
}
