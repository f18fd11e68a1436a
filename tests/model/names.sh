# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Do the sources contain the code that a model cites?

# For each comment "file: function: text" of a file, check that the function contains the text.
# The sources are in core/ or in diag/.
names_hold() { # FILE SOURCES
	awk -v core="$2/core" -v diag="$2/diag" '
	function body(file, name,	path, line, text, in_it) {
		if ((file, name) in known)
			return known[file, name]
		path = core "/" file
		if ((getline line <path) < 0)
			path = diag "/" file
		while ((getline line <path) > 0) {
			if (!in_it && line ~ "^[^ \t#].*[ *]" name "\\(" )
				in_it = 1
			else if (!in_it && line ~ "^" name "\\(")
				in_it = 1
			if (in_it) {
				text = text line "\n"
				if (line ~ /;$/ && line ~ /^[^ \t]/) {
					in_it = 0
					text = ""
				} else if (line ~ /^}/) {
					break
				}
			}
		}
		close(path)
		return known[file, name] = text
	}
	match($0, /\/\* [a-z_]+\.[ch]: .* \*\//) {
		named = substr($0, RSTART + 3, RLENGTH - 6)
		colon = index(named, ": ")
		file = substr(named, 1, colon - 1)
		rest = substr(named, colon + 2)
		colon = index(rest, ": ")
		name = substr(rest, 1, colon - 1)
		if (!index(body(file, name), substr(rest, colon + 2))) {
			printf "# %s:%d: not in the code: %s\n", FILENAME, FNR, named
			bad = 1
		}
		count++
	}
	END {
		printf "# %d names\n", count
		exit bad || !count
	}' "$1"
}
