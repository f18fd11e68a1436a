#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make release files in build/dist/.
#
# usage: package.sh dist    a reproducible tarball of the sources, with its checksum
#        package.sh deb     Debian packages: labyrinth-dkms and labyrinth-tools
#
# Both are dated by SOURCE_DATE_EPOCH if it is set, else by the last commit, else (in an unpacked
# tarball) by the newest file.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

top=$(cd "$(dirname "$0")/.." && pwd)
out=$top/build/dist
cd "$top"
version=$(sed -n 's/^#define LABYRINTH_VERSION[[:blank:]]*"\(.*\)"/\1/p' include/linux/labyrinth.h)
name=labyrinth-$version

# List the source files, without build results.
files() {
	if [ -e .git ]; then
		git ls-files -z
	else
		find . -name build -prune -o -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod' \
			! -name '*.mod.c' ! -name '.*.cmd' ! -name '.*.d' ! -name modules.order \
			! -name Module.symvers -printf '%P\0'
	fi
}

epoch() {
	if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
		echo "$SOURCE_DATE_EPOCH"
	elif [ -e .git ]; then
		git log -1 --format=%ct
	else
		files | xargs -0 stat -c %Y | sort -n | tail -n 1
	fi
}

dist() {
	mkdir -p "$out"
	files | sort -z | tar --transform "s,^,$name/," --mtime "@$(epoch)" --owner 0 --group 0 \
		--numeric-owner --mode go-w --format ustar --no-recursion --null -cf - -T - |
		gzip -n -9 >"$out/$name.tar.gz"
	(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
	echo "$out/$name.tar.gz"
}

deb() {
	local tree=$out/deb/$name tool

	for tool in dpkg-buildpackage dh dh_dkms; do
		command -v "$tool" >/dev/null || { echo "package.sh: $tool is missing: run scripts/setup.sh package" >&2; exit 1; }
	done
	dist
	rm -rf "$out/deb"
	mkdir -p "$out/deb"
	tar -C "$out/deb" -xzf "$out/$name.tar.gz"
	cp -r "$tree/packaging/debian" "$tree/debian"
	printf 'labyrinth (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' \
		"$version" "$(sed -n 's/^Maintainer: //p' "$tree/debian/control")" \
		"$(date -R -d "@$(epoch)")" >"$tree/debian/changelog"
	(cd "$tree" && SOURCE_DATE_EPOCH=$(epoch) dpkg-buildpackage -us -uc -b) >"$out/deb/log" 2>&1 ||
		{ tail -n 20 "$out/deb/log" >&2; exit 1; }
	rm -rf "$tree"
	ls "$out"/deb/*.deb
}

case ${1-} in
dist) dist ;;
deb) deb ;;
*) sed -n '/^# usage/,/^#$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
