#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Check that the C code in using-in-a-driver.rst is the sample's, and that the reports there have
# the words of labyrinth/diag/words.c.
set -eu

cd "$(dirname "$0")/.."
exec awk '
	function fail(line, words) {
		printf "%s:%d: %s\n", FILENAME, line, words
		bad = 1
	}
	function check() {
		if (block != "" && !index(sample, "\n" block))
			fail(first, "not in the sample:\n" block)
		block = ""
	}
	FNR == 1 { file++ }
	# Ignore indentation and blank lines, which differ on the page.
	file == 1 {
		gsub(/^[ \t]+/, "")
		if ($0 != "")
			sample = sample "\n" $0
		next
	}
	file == 2 { gsub(/^[ \t]+/, ""); report = report $0 " "; next }
	/^\.\. code-block:: c$/ { check(); code = 1; first = FNR; next }
	code && /^[^ ]/ { check(); code = 0 }
	code && /[^ ]/ { gsub(/^ +/, ""); block = block $0 "\n"; lines++ }
	# First and last line of the example of a report.
	/^ +labyrinth: / {
		match($0, /labyrinth: +/)
		split(substr($0, RSTART + RLENGTH), told, ": ")
		if (told[1] == "then") {
			if (!index(report, "\"" substr(told[2], 1, index(told[2], ";") - 1) "\""))
				fail(FNR, "labyrinth does not report: " told[2])
		} else if ($0 ~ /labyrinth: [a-z]/ &&
			   !index(report, "{ \"" told[1] "\", \"" told[2] "\",")) {
			fail(FNR, "labyrinth does not report: " told[2])
		}
		next
	}
	$NF ~ /^[a-z_]+: [a-zA-Z]/ && split($NF, told, ": ") == 2 {
		if (!index(report, "{ \"" told[1] "\", \"" told[2] "\","))
			fail(FNR, "labyrinth does not report: " $NF)
		reports++
	}
	END {
		check()
		kinds = gsub(/\{ "[a-z_]+", "[^"]*", "/, "", report)
		if (!lines || reports != kinds)
			fail(FNR, lines + 0 " lines of code, " reports + 0 " of " kinds " reports")
		exit bad
	}
' FS='  +' samples/lab_sample.c labyrinth/diag/words.c Documentation/using-in-a-driver.rst
