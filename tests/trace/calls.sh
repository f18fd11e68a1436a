#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What a tool runs while it looks: the calls in /tmp/calls.
. "${0%/*}/ktap.sh"

test_name=calls failed=
{
	. /tmp/calls
	echo "failed=$failed"
} >/tmp/called 2>&1
