#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make demo as a test: each of its expectations is one result.
set -uo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
echo "KTAP version 1"
"$top/tools/demo.sh" 2>&1 | awk '
	/^  \[ok\] / { sub(/^  \[ok\] */, ""); print "ok " ++n " demo: " $0; next }
	/^  \[FAIL\] / { sub(/^  \[FAIL\] */, ""); print "not ok " ++n " demo: " $0; next }
	{ print "# " $0 }
	END { print "1.." n + 0 }'
exit "${PIPESTATUS[0]}"
