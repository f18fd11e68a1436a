#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make Documentation/report.png, a picture of what labyrinth report writes, by headless
# Chromium; fails where that has anything to say of the page. tools/setup.sh pictures
# installs what it needs.
#
# usage: pictures.sh [RECORDING]    of one that is made up, if none is named
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

make -s -C "$top/tools/labyrinth" O="$out/build"
recording=${1-$out/recording}
[ $# -gt 0 ] || "$top/tests/command/made_recording.py" 4 60 >"$recording"
"$out/build/labyrinth" report "$recording" --output="$out/report.html"
# Its sandbox is none for root, and there is nothing in the page that would run.
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --enable-logging=stderr \
	--user-data-dir="$out/profile" --window-size=1180,1130 --screenshot="$out/report.png" \
	"file://$out/report.html" >"$out/log" 2>&1
if grep -E 'CONSOLE|Refused to|net::ERR' "$out/log"; then
	echo "pictures.sh: Chromium complains of the page." >&2
	exit 1
fi
mv "$out/report.png" "$top/Documentation/report.png"
