#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Find files that call or include each other in a circle. circles.py SOURCES OBJECTS

SOURCES is the folder of the module or of the command, and OBJECTS the folder it was built in.
Calls are derived from the symbols that each object file defines and needs. The functions of
core/hooks.h do not count: core/ announces events to diag/ through them. Includes are those of
SOURCES; a .c file and its .h count as one. Prints each circle, and each name of diag/ that
core/ needs besides the hooks; the exit status is 1 if there is any."""

import collections
import os
import re
import subprocess
import sys


def files(folder, suffixes):
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith(suffixes) and not name.endswith((".mod.o", ".mod.c")):
                yield os.path.relpath(os.path.join(where, name), folder)


def calls(objects, hooks):
    """Return edges by object file, without its suffix, each with a symbol that is needed."""
    needs, where = {}, {}
    for name in files(objects, ".o"):
        unit = name[:-2]
        if os.path.basename(unit) == "labyrinth":
            continue
        needs[unit] = set()
        listing = subprocess.run(["nm", os.path.join(objects, name)], check=True,
                                 capture_output=True, text=True).stdout
        for line in listing.splitlines():
            *_, kind, symbol = line.split()
            if kind == "U":
                needs[unit].add(symbol)
            elif kind in "TDBRSVW":
                where[symbol] = unit
    edges = collections.defaultdict(dict)
    for unit, symbols in needs.items():
        for symbol in symbols - hooks:
            if where.get(symbol, unit) != unit:
                edges[unit][where[symbol]] = symbol
    return edges


def includes(sources):
    edges = collections.defaultdict(dict)
    for name in files(sources, (".c", ".h")):
        with open(os.path.join(sources, name), encoding="utf-8") as file:
            for header in re.findall(r'^#include "(.*)"', file.read(), re.M):
                path = os.path.normpath(os.path.join(os.path.dirname(name), header))
                if path[:-2] != name[:-2]:
                    edges[name[:-2]][path[:-2]] = f"#include in {name}"
    return edges


def circles(edges):
    """Return the strongly connected components of more than one file (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(at):
        index[at] = low[at] = len(index)
        stack.append(at)
        for to in edges.get(at, {}):
            if to not in index:
                visit(to)
                low[at] = min(low[at], low[to])
            elif to in stack:
                low[at] = min(low[at], index[to])
        if low[at] == index[at]:
            circle = stack[stack.index(at):]
            del stack[stack.index(at):]
            if len(circle) > 1:
                found.append(sorted(circle))

    for at in list(edges):
        if at not in index:
            visit(at)
    return found


def main(sources, objects):
    hooks, header = set(), os.path.join(sources, "core/hooks.h")
    if os.path.exists(header):
        with open(header, encoding="utf-8") as file:
            hooks = set(re.findall(r"\b(lab_event_\w+)\(", file.read()))
    bad = False
    for edges in calls(objects, hooks), includes(sources):
        if not edges:
            print(f"nothing is built in {objects}")
            bad = True
        for circle in circles(edges):
            bad = True
            print("a circle: " + " ".join(circle))
            for at in circle:
                for to in sorted(set(edges[at]) & set(circle)):
                    print(f"  {at} -> {to}: {edges[at][to]}")
        for at, needed in edges.items():
            for to, name in needed.items():
                if at.startswith("core/") and to.startswith("diag/"):
                    bad = True
                    print(f"core needs diag: {at} -> {to}: {name}")
    return bad


sys.exit(main(*sys.argv[1:]))
