#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Turn the samples of tests/native into figures.

usage: report.py collect SAMPLES KEY=VALUE...   the JSON; the pairs go into "about"
       report.py table|goals|bars|curves JSON   text; the data of the chart's two parts
       report.py code PROGRAM CODE              the instructions that calls executed, with their
                                                source lines; CODE is the output of "PROGRAM code"

The document has "schema" 1. All figures are ticks of the time stamp counter, of a page.
  about    model of the machine, kernel release and compiler; what was skipped, and why
  cases    {case: {least, median, spread}}; least: the median of the least samples of
           each set of pages; spread: between the tenth and ninetieth percentile, in
           percent of the median
  ratios   [{case, peer, leasts, rounds}]: of the least samples, and the median of the
           ratios of each round
  cold     {"few" or "many": {owners: figures as of a case}}
  stacks   {peer: {pages: figures as of a case}}
  goals    [{name, goal, value, met}]; value and met are null if it was not measured
"""
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import chain
from statistics import median

# Title; case, label, the case of labyrinth that it is compared with.
GROUPS = [
    ("One page out and back", [
        ("lab_pair", "labyrinth", ""),
        ("lab_bulk", "labyrinth, bulk of 32", ""),
        ("pool_direct_pair", "page_pool, direct", "lab_pair"),
        ("pool_ring_pair", "page_pool, ring", "lab_pair"),
        ("objpool_pair", "objpool", "lab_pair"),
        ("array_pair", "array as a stack", "lab_pair"),
    ]),
    ("64 pages out, then all back", [
        ("lab_burst", "labyrinth", ""),
        ("pool_direct_burst", "page_pool, direct", "lab_burst"),
        ("pool_ring_burst", "page_pool, ring", "lab_burst"),
        ("objpool_burst", "objpool", "lab_burst"),
        ("array_burst", "array as a stack", "lab_burst"),
    ]),
    ("Two CPUs: one page out and back by each, at once", [
        ("lab_own", "labyrinth, an owner each", ""),
        ("lab_shared", "labyrinth, one owner", ""),
        ("pool_direct_own", "page_pool, direct, one each", "lab_own"),
        ("pool_ring_own", "page_pool, ring, one each", "lab_own"),
        ("pool_ring_shared", "page_pool, ring, one and a lock", "lab_shared"),
        ("objpool_own", "objpool, one each", "lab_own"),
        ("objpool_shared", "objpool, one", "lab_shared"),
    ]),
    ("Two CPUs: taken by one, given back by the other", [
        ("lab_cross", "labyrinth", ""),
        ("pool_ring_cross", "page_pool, ring", "lab_cross"),
        ("objpool_cross", "objpool", "lab_cross"),
        ("nothing_cross", "handing over alone", "lab_cross"),
    ]),
    ("Without its lock prefixes: the rest is what its locked instructions cost", [
        ("lab_pair_unlocked", "labyrinth, one page", "lab_pair"),
        ("lab_burst_unlocked", "labyrinth, 64 pages", "lab_burst"),
        ("lab_bulk_unlocked", "labyrinth, bulk of 32", "lab_bulk"),
    ]),
    ("Other calls", [
        ("lab_check", "labyrinth, check", ""),
        ("lab_transfer", "labyrinth, transfer", ""),
        ("lab_cold", "labyrinth, from the kernel and released", ""),
        ("lab_stock", "labyrinth, with a stock", ""),
        ("kernel_pair", "the kernel alone (here a plain stack)", "lab_cold"),
    ]),
]

STACKS = [("lab", "labyrinth"), ("pool", "page_pool"), ("array", "array")]
COLD = [("few", "64 pages in turn"), ("many", "4,096 pages in turn")]

# A goal compares the least samples, not the rounds. A disturbance only adds ticks, and not in
# proportion: while the other thread of a core is busy, code that waits for its own locked
# instructions loses less than code that does not. So the median of the rounds depends on the
# neighbours: for one code it was 1.20 on a busy machine where the quietest tenth of the same
# rounds had 1.43, and the least samples of five runs 1.60 to 1.63. It is printed beside the
# other: where the two differ much, the machine was busy. A set of pages that was disturbed all the
# time has twice as many ticks; the median of the sets ignores it.
#
# Name; most; the value, of which one part may not have been measured.
GOALS = [
    ("pair over page_pool's, direct", 1.15, lambda d: over(d, "lab_pair", "pool_direct_pair")),
    ("pair over page_pool's, ring", 0.65, lambda d: over(d, "lab_pair", "pool_ring_pair")),
    ("64 out and back over page_pool's, direct", 1.0,
     lambda d: over(d, "lab_burst", "pool_direct_burst")),
    ("bulk of 32 over page_pool's pair, direct", 0.55,
     lambda d: over(d, "lab_bulk", "pool_direct_pair")),
    ("check, in ticks", 8, lambda d: d["cases"]["lab_check"]["least"]),
    ("two CPUs: one owner over an owner each", 1.2, lambda d: over(d, "lab_shared", "lab_own")),
    ("cold path with 64 owners over one", 1.1, lambda d: cold_over(d, "64")),
    ("cold path with 4096 owners over one", 1.1, lambda d: cold_over(d, "4096")),
]


def over(d, case, peer):
    return d["cases"][case]["least"] / d["cases"][peer]["least"]


def cold_over(d, owners):
    cold = d["cold"]["few"]
    return cold[owners]["least"] / cold["1"]["least"]


# ---- the samples

def read_samples(path):
    """Samples by line's name, and what was skipped."""
    samples, skipped = {}, []
    with open(path) as lines:
        for line in lines:
            name, colon, numbers = line.rstrip("\n").partition(":")
            if name.startswith("skipped "):
                skipped.append(line.strip().removeprefix("skipped "))
            elif not colon:
                sys.exit(f"report.py: no samples: {line.strip()}")
            else:
                samples[tuple(name.split())] = [float(n) for n in numbers.split()]
    return samples, skipped


def least(sets):
    return median(min(samples) for samples in sets)


def figures(sets):
    ordered = sorted(chain(*sets))
    tenth, ninetieth = (ordered[len(ordered) * n // 10] for n in (1, 9))
    middle = median(ordered)
    return {"least": round(least(sets), 2), "median": round(middle, 2),
            "spread": round(100 * (ninetieth - tenth) / middle)}


def ratios(cases):
    for _, rows in GROUPS:
        for peer, _, case in rows:
            if not case or peer not in cases:
                continue
            rounds = zip(chain(*cases[case]), chain(*cases[peer]))
            yield {"case": case, "peer": peer,
                   "leasts": round(least(cases[case]) / least(cases[peer]), 3),
                   "rounds": round(median(a / b for a, b in rounds), 3)}


def goals(d):
    for name, most, value in GOALS:
        try:
            value = round(value(d), 3)
        except KeyError:
            value = None
        yield {"name": name, "goal": most, "value": value,
               "met": None if value is None else value <= most}


def collect(path, *about):
    samples, skipped = read_samples(path)
    cases = {}
    for (kind, *names), values in samples.items():
        if kind == "case":
            cases.setdefault(names[0], []).append(values)
    d = {"schema": 1, "about": dict(pair.split("=", 1) for pair in about),
         "cases": {name: figures(sets) for name, sets in cases.items()},
         "ratios": list(ratios(cases)), "cold": {}, "stacks": {}}
    if skipped:
        d["about"]["skipped"] = "; ".join(skipped)
    for (kind, *names), values in samples.items():
        if kind != "case":
            part = d[{"cold": "cold", "stack": "stacks"}[kind]]
            part.setdefault(names[0], {})[names[1]] = figures([values])
    d["goals"] = list(goals(d))
    json.dump(d, sys.stdout, indent=1)
    print()


# ---- for readers

def number(value):
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def row(label, f, more=""):
    return (f"  {label:40}{number(f['least']):>8}{number(f['median']):>8}"
            f"{f['spread']:>6} %{more}").rstrip()


def table(d):
    about = d["about"]
    print(f"{about['model']}, code of Linux {about['kernel']}, {about['compiler']}")
    print("Ticks of the time stamp counter, a page. Of labyrinth over a peer: of the least samples;")
    print("median of the rounds.")
    if "skipped" in about:
        print(f"Skipped: {about['skipped']}")
    print(f"\n{'':42}{'least':>8}{'median':>8}{'spread':>8}{'over it':>14}")
    of_peer = {r["peer"]: r for r in d["ratios"]}
    for title, rows in GROUPS:
        rows = [r for r in rows if r[0] in d["cases"]]
        if rows:
            print(title)
        for case, label, _ in rows:
            r = of_peer.get(case)
            print(row(label, d["cases"][case],
                      f"{r['leasts']:>8.2f}{r['rounds']:>6.2f}" if r else ""))
    print("From the kernel and released, as owners are more")
    for kind, label in COLD:
        for owners, f in d["cold"][kind].items():
            print(row(f"{label}, owners: {int(owners):,}", f))
    print_stacks(d["stacks"])
    print_goals(d)


def print_stacks(stacks):
    print("\nPages out, then back in a shuffled order: least ticks")
    print(f"  {'pages':>10}" + "".join(f"{label:>12}" for _, label in STACKS))
    for pages in stacks["lab"]:
        cells = (number(stacks[peer][pages]["least"]) if pages in stacks[peer] else "-"
                 for peer, _ in STACKS)
        print(f"  {int(pages):>10,}" + "".join(f"{cell:>12}" for cell in cells))
    most = max(map(int, stacks["pool"]))
    print(f"  page_pool refuses a ring of more than {most:,} pages.")


def print_goals(d):
    print("\nGoals: at most, and measured")
    for g in d["goals"]:
        measured = "-" if g["value"] is None else f"{g['value']:.2f}"
        met = {True: "met", False: "missed", None: "not measured"}[g["met"]]
        print(f"  {g['name']:44}{g['goal']:>6.2f}{measured:>8}  {met}")


# ---- machine code

INSTRUCTION = re.compile(r" *([0-9a-f]+):\t(\S.*)$")
SOURCE = re.compile(r"/.*?/?([^/]+/[^/]+:\d+)")


def disassemble(program):
    """{address: (function, instruction, source line)}."""
    code, function, source = {}, "", ""
    said = subprocess.run(["objdump", "-dl", "--no-show-raw-insn", program], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    for line in said.splitlines():
        if found := INSTRUCTION.match(line):
            text = re.sub(r" *#.*", "", found[2]).strip()
            code[int(found[1], 16)] = function, text, source
        elif found := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            function = found[1]
        elif found := SOURCE.match(line):
            source = found[1]
    return code


def show_code(program, path):
    """Each instruction once, where it was first executed, and how often."""
    code = disassemble(program)
    for (_, name, batch), steps in read_code(path):
        locked = sum(code[step][1].startswith("lock") for step in steps)
        print(f"{name}: {len(steps) / int(batch):.1f} instructions a page, "
              f"{locked / int(batch):.1f} of them locked (L)")
        last = ""
        for address, times in Counter(steps).items():
            function, text, source = code[address]
            if function != last:
                print(f"  {function}")
            last = function
            print(f"  {times:4} {'L' if text.startswith('lock') else ' '} {text:60} {source}".rstrip())
        print()


def read_code(path):
    with open(path) as lines:
        for line in lines:
            name, _, steps = line.partition(":")
            yield name.split(), [int(step, 16) for step in steps.split()]


# Beside it, no other bar of the chart could be seen.
NOT_DRAWN = {"pool_ring_shared"}


def bars(d):
    """A line "PART LABEL COLOUR LEAST MEDIAN" for each bar."""
    for part, (_, rows) in enumerate(GROUPS):
        for case, label, _ in rows:
            if case in d["cases"] and case not in NOT_DRAWN:
                f = d["cases"][case]
                print(f'part{part} "{label}" {2 if case.startswith("lab_") else 1} '
                      f'{f["least"]:.1f} {f["median"]:.1f}')


def curves(d):
    """A line "PAGES TICKS..." for each number of pages."""
    for pages in d["stacks"]["lab"]:
        print(pages, *(d["stacks"][peer].get(pages, {"least": "?"})["least"] for peer, _ in STACKS))


def main(what="", path="", *more):
    if what == "collect" and path:
        return collect(path, *more)
    if what == "code" and len(more) == 1:
        return show_code(path, *more)
    outputs = {"table": table, "goals": print_goals, "bars": bars, "curves": curves}
    if what not in outputs or not path or more:
        sys.exit(__doc__)
    with open(path) as file:
        return outputs[what](json.load(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
