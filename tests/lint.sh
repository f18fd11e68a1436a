#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Static checks of the sources, with results in KTAP: checkpatch --strict, kernel-doc,
# coccicheck, builds with W=1 C=2, and others.
#
# usage: lint.sh [--quick | --short]
#
#   --quick  as --short, and without the documentation
#   --short  without coccicheck and the command; builds for 6.12 only and without test modules;
#            checkpatch without the tests
set -uo pipefail
# perl and sphinx warn if the locale is not installed.
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit
quick='' short='' checked=sources kernels="6.1 6.12 6.12-rt" modules="samples kselftest bench growth torture"
case ${1-} in
--quick) quick=1 short=1 checked=product kernels=6.12 modules=samples ;;
--short) short=1 checked=product kernels=6.12 modules=samples ;;
esac
logs=build/lint
mkdir -p "$logs"
n=0 failed=0

kdir() { scripts/kernels.sh --print "$1" | sed -n 's/^kdir=//p'; } # KERNEL
# Debian's headers have no checkpatch.pl and no coccinelle/.
scripts=$(kdir kunit-6.12)/scripts
kernel_doc=$(kdir 6.12)/scripts/kernel-doc

# A check passes if its command succeeds and leaves nothing in its log.
check() { # NAME COMMAND...
	local name=$1 log
	shift
	n=$((n + 1))
	log=$logs/$n.log
	if "$@" >"$log" 2>&1 && [ ! -s "$log" ]; then
		echo "ok $n $name"
	else
		failed=1
		echo "not ok $n $name"
		sed 's/^/# /' "$log" | head -n 40
	fi
}

# Most sources are tests.
product() { find include labyrinth samples -name '*.[ch]' ! -name '*.mod.c'; }
sources() { product; find tests -path tests/command -prune -o \
	\( -name '*.[ch]' ! -name '*.mod.c' \) -print; }
command_sources() { find tools/labyrinth tests/command -name '*.[ch]'; }
scripts() { find scripts tools tests samples .ci -name '*.sh' -o -name '*.bash' -o -path .ci/run; }

# Run in a folder of links to the sources: checkpatch calls git where it finds .git, and leaves
# a file of CamelCase names in its working directory.
checkpatch() { # OPTION... <FILES
	local here=$logs/checkpatch

	rm -rf "$here"
	mkdir "$here"
	ln -s "$top"/{include,labyrinth,samples,tests,tools} "$here/"
	(cd "$here" && xargs perl "$scripts/checkpatch.pl" --no-tree --root=. --no-summary --strict --terse "$@" -f)
}

# compat.h is the one place that tests the kernel's version. The trace header is laid out like
# the kernel's. Lines of reports are single strings.
run_checkpatch() {
	$checked | checkpatch |
		grep -Ev -e '^labyrinth/core/compat.h:[0-9]*: WARNING: (LINUX_VERSION_CODE|Comparisons) should' \
			-e '^include/trace/events/labyrinth.h:[0-9]*: CHECK: (Alignment|Lines should)' \
			-e '^labyrinth/diag/(report|words|shortage).c:[0-9]*: CHECK: line length'
	return 0
}

# The command is no kernel code: it uses the types and attributes of C; messages are single strings.
run_command_checkpatch() {
	command_sources | checkpatch --ignore PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE |
		grep -v 'CHECK: line length'
	return 0
}

# With both compilers.
run_command_build() {
	local cc

	for cc in gcc clang; do
		make -s -C tools/labyrinth CC=$cc O="$PWD/build/lint-command-$cc" \
			CFLAGS='-O2 -Werror -Wshadow -Wformat=2'
	done
	tests/circles.py tools/labyrinth build/lint-command-gcc
}

run_splat_self_test() {
	local said
	said=$(scripts/splat.sh --self-test) || { echo "$said"; return 1; }
}

run_kernel_doc() {
	sources | xargs perl "$kernel_doc" -none -Wall
}

run_spdx() {
	{ sources; command_sources; scripts; find . -name build -prune -o \( -name Kbuild -o -name Makefile -o \
		-name '*.config' -o -name '*.rst' \) -print; } |
		xargs grep -L 'SPDX-License-Identifier: GPL-2.0'
	return 0
}

# No file that .gitignore names is in git, or in an archive without .git. In an archive,
# modules.order shows that make has been run.
run_ignored() {
	local pattern names=()

	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory='*' ls-files --cached --ignored --exclude-per-directory=.gitignore
		return
	fi
	[ ! -e modules.order ] || return 0
	while read -r pattern; do
		names+=(-o -name "$pattern")
	done < <(grep -v / .gitignore)
	find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${names[@]:1}" \) -print
}

# Excluded: files that exist only in the guest, variables defined there, and busybox's "local".
run_shellcheck() {
	scripts | xargs shellcheck -S warning -e SC1091,SC2034,SC2154,SC3043
}

# sparse, the extra warnings and modpost must report nothing. The options are those of all
# steps of tests/run.sh, so that only sparse processes each file again.
run_build() { # KERNEL
	local log=$logs/build-$1.log

	# shellcheck disable=SC2086 # one word a folder
	LABYRINTH_MAKE="W=1 KCFLAGS=-Werror" scripts/build.sh "$1" $modules C=2 >"$log" 2>&1 ||
		{ tail -n 20 "$log"; return 1; }
	grep -E 'warning|error|WARNING|ERROR' "$log"
	return 0
}

# The kernel's own scripts, except two that need an OCaml compiler.
run_coccicheck() {
	local src=build/coccicheck log=$logs/coccicheck.log
	rm -rf "$src"
	mkdir -p "$src"
	cp -r Kbuild include labyrinth samples tests "$src/"
	grep -rLE ocaml --include='*.cocci' "$scripts/coccinelle" | xargs -P 2 -I SCRIPT \
		make -s -C "$scripts/.." M="$PWD/$src" coccicheck MODE=report J=1 COCCI=SCRIPT \
		>"$log" 2>&1 || { tail -n 20 "$log"; return 1; }
	grep -E "^($PWD/$src/|$src/|\./)[^ ]*:[0-9]+" "$log"
	return 0
}

# Built with the options of tests/run.sh, which has built the module for 6.12 before.
run_circles() {
	LABYRINTH_MAKE="W=1 KCFLAGS=-Werror" scripts/build.sh 6.12 $modules >"$logs/build-circles.log" 2>&1 ||
		{ tail -n 20 "$logs/build-circles.log"; return 1; }
	tests/circles.py labyrinth build/6.12/labyrinth
}

# dkms.conf cannot compute its version.
run_release() {
	local version

	version=$(sed -n 's/^#define LABYRINTH_VERSION[[:blank:]]*"\(.*\)"/\1/p' include/linux/labyrinth.h)
	grep -qx "PACKAGE_VERSION=\"$version\"" dkms.conf || echo "dkms.conf has another version than $version"
	grep -q "^## $version" CHANGELOG.md || echo "CHANGELOG.md has no $version"
}

# Only compat.h tests the kernel's version.
run_versions() {
	product | grep -v '^labyrinth/core/compat.h$' | xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION'
	return 0
}

# The limit is about 400 lines.
run_lengths() {
	find labyrinth tools -name '*.[ch]' ! -name '*.mod.c' -exec wc -l {} + |
		awk '$2 != "total" && $1 > 430'
}

echo "KTAP version 1"
check "shellcheck" run_shellcheck
check "splat.sh finds every kind of splat and nothing else" run_splat_self_test
check "SPDX line in every file" run_spdx
check "no file that .gitignore names is tracked" run_ignored
check "no file is too long" run_lengths
check "only compat.h tests the kernel's version" run_versions
check "one version in the header, dkms.conf and CHANGELOG.md" run_release
check "no files call each other in a circle, and core/ calls diag/ only through hooks" run_circles
check "checkpatch --strict" run_checkpatch
[ -n "$short" ] || check "checkpatch of the command labyrinth" run_command_checkpatch
[ -n "$short" ] || check "command labyrinth builds without warnings from gcc and clang, and has no circle" run_command_build
check "kernel-doc -none" run_kernel_doc
check "code and reports in Documentation match the sources" samples/check-doc.sh
for k in $kernels; do
	check "builds for $k without warnings from W=1 and sparse" run_build "$k"
done
[ -n "$quick" ] || check "documentation builds" scripts/docs.sh
[ -n "$short" ] || check "coccicheck" run_coccicheck
echo "1..$n"
exit $failed
