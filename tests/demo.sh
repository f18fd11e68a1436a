#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make demo" as a test: each of its expectations is one result, and so is its end, the
# output of the command labyrinth.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
echo "KTAP version 1"
"$top/scripts/demo.sh" 2>&1 | awk '
	/^  \[ok\] / { sub(/^  \[ok\] */, ""); print "ok " ++n " demo: " $0; next }
	/^  \[FAIL\] / { sub(/^  \[FAIL\] */, ""); print "not ok " ++n " demo: " $0; next }
	/^--- / { seen = "" }
	/^  # labyrinth / { seen = seen " " $3 }
	/^ +\[#+.*3.*f.*m.*l.*h.*\]$/ { seen = seen " gauge" }
	{ print "# " $0 }
	END {
		good = seen ~ /^ zones gauge.* advise verdicts$/
		print (good ? "ok " : "not ok ") ++n " demo: the end shows gauges, advice and a verdict"
		print "1.." n
	}'
exit "${PIPESTATUS[0]}"
