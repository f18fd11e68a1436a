#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Switch a copy of a driver from alloc_page(GFP_ATOMIC) to labyrinth.
#
# usage: port.sh SOURCE OUT [NAME]
#
# SOURCE is the driver's folder, or its only file. The copy is made in OUT, a folder that must
# not exist yet. NAME is the variable that holds the driver's owner (default: SOURCE's name and
# "_pages"). Standard output shows the number of switched calls, and FILE:LINE of each place that
# needs a decision. Exit status 1 if nothing was switched.
#
# See Documentation/porting-a-driver.rst.
set -euo pipefail
export LC_ALL=C

rules=$(cd "$(dirname "$0")" && pwd)/port

die() { echo "port.sh: $*" >&2; exit 2; }

write_header() {
	cat <<-EOH
	/* SPDX-License-Identifier: GPL-2.0 */
	#ifndef _LABYRINTH_PORT_H
	#define _LABYRINTH_PORT_H

	#include <linux/labyrinth.h>

	/* Owner of the pages in the driver's rings. */
	extern struct labyrinth_owner *$name;

	#endif /* _LABYRINTH_PORT_H */
	EOH
}

count() { # WORD: calls of labyrinth_WORD in OUT
	{ grep -rhoE --include='*.[ch]' "labyrinth_$1\(" . || true; } | wc -l
}

[ $# -ge 2 ] || { sed -n '/^# usage/,/^# See/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ -e "$1" ] || die "no such driver: $1"
[ ! -e "$2" ] || die "$2 is there already"
command -v spatch >/dev/null || die "spatch is missing: run scripts/setup.sh test"
name=$(basename "$1" .c)_pages
name=${3:-${name//[^A-Za-z0-9_]/_}}

if [ -d "$1" ]; then
	cp -rL "$1" "$2"
else
	mkdir -p "$2"
	cp -L "$1" "$2/"
fi
chmod -R u+w "$2"
cd "$2"
mapfile -d '' files < <(find . -name '*.[ch]' -print0)

spatch --very-quiet --in-place --local-includes --max-width 100 -D owner="$name" \
	--sp-file "$rules/labyrinth.cocci" "${files[@]}" >/dev/null || die "spatch failed"
taken=$(count alloc_page)
if [ "$taken" -gt 0 ]; then
	write_header >labyrinth_port.h
	grep -lZE 'labyrinth_(alloc|free|release|owner)_' "${files[@]}" | xargs -0 -n 1 \
		spatch --very-quiet --in-place --sp-file "$rules/include.cocci" >/dev/null
fi

echo "$taken taken, $(count free_page) given back," \
	"$(count release_page) released"
grep -rn --include='*.[ch]' 'labyrinth: decide:' . | sed 's|^\./||; s|:[[:space:]]*/\* |: |; s| \*/$||'
[ "$taken" -gt 0 ] || exit 1
[ "$(count owner_create)" -gt 0 ] ||
	echo "labyrinth: decide: no module_init() here: create $name before the first page is taken"
