#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run the calls in /tmp/calls, under a tracing tool.
. "${0%/*}/ktap.sh"

test_name=calls failed=
{
	. /tmp/calls
	echo "failed=$failed"
} >/tmp/called 2>&1
