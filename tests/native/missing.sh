#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Print assembler source that defines what OBJECT lacks: each symbol, once it is called, stops
# the process with its name. Those in DEFINED, a file, are defined elsewhere.
#
# usage: missing.sh OBJECT DEFINED
set -eu

echo '.text'
nm -u "$1" | awk '{ print $2 }' | grep -vxFf "$2" | while read -r symbol; do
	printf '.globl %s\n%s:\n\tlea 9f(%%rip), %%rdi\n\tjmp native_missing\n9:\t.asciz "%s"\n' \
		"$symbol" "$symbol" "$symbol"
done
echo '.section .note.GNU-stack, "", @progbits'
