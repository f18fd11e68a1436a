#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sum up gcov's JSON: coverage.py DIR EXEMPT.

Prints one line per file, then "lines:" and "branches:" in percent; on standard error,
the lines and branches that no test ran. EXEMPT has lines "FILE<tab>TEXT<tab>REASON":
source lines of FILE ("*" for any) that contain TEXT are not counted. Unused rules are
reported."""

import collections
import glob
import gzip
import json
import os
import sys


def read_counts(folder):
    """Return line counts and branch counts by file, summed over all objects."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(dict)
    for path in glob.glob(os.path.join(folder, "*.gcov.json.gz")):
        with gzip.open(path) as file:
            report = json.load(file)
        for source in report["files"]:
            name = source["file"]
            if "/labyrinth/" in name and "/tests/" not in name:
                name = "labyrinth/" + name.rpartition("/labyrinth/")[2]
            elif name.endswith("include/linux/labyrinth.h"):
                name = "include/linux/labyrinth.h"
            else:
                continue
            for line in source["lines"]:
                number = line["line_number"]
                lines[name][number] += line["count"]
                counts = [branch["count"] for branch in line["branches"] if not branch["throw"]]
                # The number of branches of a header's line depends on where it is inlined.
                known = branches[name].setdefault((number, len(counts)), [0] * len(counts))
                for i, count in enumerate(counts):
                    known[i] += count
    return lines, branches


def read_exempt(path):
    rules = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, text, reason = line.rstrip("\n").split("\t")
                rules.append({"file": name, "text": text, "reason": reason, "used": False})
    return rules


def exempt(rules, name, text, missed):
    for rule in rules:
        if rule["file"] in ("*", name) and rule["text"] in text:
            rule["used"] = rule["used"] or missed
            return True
    return False


def main():
    folder, exempt_path = sys.argv[1:]
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    lines, branches = read_counts(folder)
    rules = read_exempt(exempt_path)
    sums = collections.Counter()
    for name in sorted(lines):
        with open(os.path.join(top, name), encoding="utf-8") as file:
            source = [""] + file.read().split("\n")
        here = collections.Counter()
        missed = []
        for number, count in sorted(lines[name].items()):
            if exempt(rules, name, source[number], not count):
                continue
            here["lines"] += 1
            here["lines run"] += count > 0
            if not count:
                missed.append((number, "never run"))
        for (number, _), counts in sorted(branches[name].items()):
            if not lines[name][number]:
                continue
            if exempt(rules, name, source[number], 0 in counts):
                continue
            here["branches"] += len(counts)
            here["branches run"] += sum(count > 0 for count in counts)
            if 0 in counts:
                missed.append((number, f"{counts.count(0)} of {len(counts)} branches never taken"))
        print(f"{name}: lines {here['lines run']} of {here['lines']}, "
              f"branches {here['branches run']} of {here['branches']}")
        for number, what in sorted(missed):
            print(f"{name}:{number}: {what}: {source[number].strip()}", file=sys.stderr)
        sums += here
    for rule in rules:
        if not rule["used"]:
            print(f"{exempt_path}: unused rule: {rule['file']} {rule['text']}", file=sys.stderr)
    if not sums["lines"] or not sums["branches"]:
        sys.exit("no counters")
    for what in ("lines", "branches"):
        percent = 100 * sums[what + " run"] / sums[what]
        print(f"{what}: {percent:.1f} % ({sums[what + ' run']} of {sums[what]})")


main()
