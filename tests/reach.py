#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Count the functions of labyrinth that each call can reach, and the depth of the calls.

usage: reach.py [FOLDER [FUNCTION...]]

FOLDER is labyrinth or labyrinth/core (the default, without reporting). Prints for each FUNCTION
(by default the calls of the interface) the number of functions that it reaches, of the files
they are in, and the longest chain of calls; then each circle of functions. The sources are
parsed simply: a name followed by a parenthesis is a call."""

import os
import re
import sys

CALLS = ("labyrinth_void_alloc_page_gfp_atomic_exclusive", "labyrinth_alloc_pages_bulk",
         "labyrinth_free_page", "labyrinth_free_pages_bulk", "labyrinth_release_page",
         "labyrinth_transfer_page", "labyrinth_check_page", "lab_refill_now")


def functions(folder):
    """Return {name: (file, body)}."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if not name.endswith((".c", ".h")) or name.endswith(".mod.c"):
                continue
            with open(os.path.join(where, name), encoding="utf-8") as file:
                text = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', "", file.read(), flags=re.S)
            for match in re.finditer(r"^[a-z_][^;{}#=]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", text,
                                     re.M | re.S):
                found[match[1]] = (name, match[2])
    return found


def main(folder="labyrinth/core", *wanted):
    known = functions(folder)
    calls = {name: {called for called in re.findall(r"\b(\w+)\(", body)
                    if called in known and called != name}
             for name, (_, body) in known.items()}
    recursive = set()

    def depth(name, path):
        if name in path:
            recursive.add(" -> ".join(path[path.index(name):] + (name,)))
            return 0
        return 1 + max((depth(called, path + (name,)) for called in calls[name]), default=0)

    for name in wanted or CALLS:
        reached, todo = set(), [name]
        while todo:
            at = todo.pop()
            if at not in reached:
                reached.add(at)
                todo += calls[at]
        files = {known[one][0] for one in reached}
        print(f"{name}: {len(reached)} functions in {len(files)} files, "
              f"{depth(name, ())} deep")
    for circle in sorted(recursive):
        print(f"in a circle: {circle}")


main(*sys.argv[1:])
