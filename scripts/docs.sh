#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build the documentation: the header's kernel-doc, then all of it as HTML in
# build/docs/html. A warning is an error.
set -euo pipefail
# A locale that is always installed.
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
kdir=$(scripts/kernels.sh --print 6.12 | sed -n 's/^kdir=//p')
mkdir -p build/docs
perl "$kdir/scripts/kernel-doc" -Werror -rst -sphinx-version 5.3.0 include/linux/labyrinth.h \
	>build/docs/labyrinth.rst
sphinx-build -q -W -b html Documentation build/docs/html
