#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print the load that an owner had in a recording of the command, for the simulator.

usage: from_recording.py RECORDING OWNER

A line "MILLISECONDS PAGES" for each sample: the pages taken since the one before, as one burst.
"""
import json
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    before = None
    with open(sys.argv[1], encoding="utf-8") as recording:
        for line in map(json.loads, recording):
            for owner in line.get("owners", []):
                if owner["name"] != sys.argv[2]:
                    continue
                taken = owner["allocs"] + owner["refused"]
                if before is not None and taken > before:
                    print(line["ms"], taken - before)
                before = taken


main()
