#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Collect the results of tests/bench in one JSON document, and print it as tables.

usage: report.py collect FOLDER KEY=VALUE...   the JSON, from the logs in FOLDER; the
                                               pairs go into "about"
       report.py table|goals|rst|chart|counts JSON
       report.py gate JSON COUNTS              KTAP result lines, not yet numbered
       report.py unmet JSON                    the paths that explain the missed goals

The document has "schema" 1. Counts are instructions under QEMU's -icount, of one
operation or pair, or per page for bulk calls; each has "min" and "median".
  about      kernel release, compiler and method
  counts     {operation: {setting: {min, median}}}
  worst      {operation: {context: maximum}}: "nmi" and "hardirq", and both with the
             suffix "_of_many_cpus", for more possible CPUs
  paths      {path: {instructions, locked, lines, written}}: see path.py
  goals      [{name, what, goal, value, met}]
  driver     {variant: [kbit/s of each transfer]}: with --full, by a clock of one tick an instruction
  wallclock  {way: {CPUs: pairs per second and CPU}}: depends on the machine, not gated
"""
import json
import re
import sys

FREE, ZEROED = "init_on_alloc=0", "init_on_alloc=1"
TOLERANCE = 3  # percent

# Means of many turns, with the page allocator's own work, which depends on where its pages are.
MEANS = {"lab_no_stock_bulk", "lab_stock_bulk", "lab_no_stock_stream", "lab_stock_stream"}
TOLERANCE_OF_MEANS = 8

# Name; description, with {other counts}; goal; value, at most the goal; paths that explain it.
GOALS = [
    ("recycled_pair", "recycled alloc+free pair; page_pool, direct: {page_pool_direct_pair_bh}", 104,
     lambda d: least(d, "lab_recycled_pair"), "alloc free"),
    ("bulk_pair", "bulk of 32, recycled, alloc+free, per page", 46,
     lambda d: least(d, "lab_bulk_pair"), "bulk_alloc bulk_free"),
    ("cold_pair", "cold alloc+release+free, over {buddy_pair} of alloc_page", 1.10,
     lambda d: ratio(d, "lab_cold_pair", "buddy_pair"), "cold_alloc cold_release"),
    ("cold_bulk", "cold bulk of 32, per page, over the same", 0.70,
     lambda d: ratio(d, "lab_cold_bulk_pair", "buddy_pair"), "cold_bulk_alloc cold_release"),
    ("stock_bulk", "the same with a stock, refill included", 0.70,
     lambda d: ratio(d, "lab_stock_bulk", "buddy_pair"), "cold_bulk_alloc cold_release"),
    ("stock_zero_alloc", "zeroed page of the stock, over {buddy_zero_alloc} of alloc_page", 0.05,
     lambda d: ratio(d, "lab_stock_zero_alloc", "buddy_zero_alloc"), "stock_zero_alloc"),
    ("worst_stock_hardirq", "worst single alloc from stock, hardirq", 300,
     lambda d: d["worst"]["alloc_stock"]["hardirq"], "stock_zero_alloc"),
    ("check", "check", 30, lambda d: least(d, "lab_check"), "check"),
    ("watch_off", "alloc_page and free after watch was on, over {buddy_pair} before", 1.0,
     lambda d: ratio(d, "buddy_pair_unwatched", "buddy_pair"), ""),
    ("watch_free", "alloc_page and free with watch=free, over the same", 1.05,
     lambda d: ratio(d, "buddy_pair_watch_free", "buddy_pair"), ""),
    ("watch_reserve", "alloc_page and free with watch=reserve, over the same", 1.08,
     lambda d: ratio(d, "buddy_pair_watch_reserve", "buddy_pair"), ""),
    ("locked", "locked instructions of a recycled pair", 2,
     lambda d: d["paths"]["alloc"]["locked"] + d["paths"]["free"]["locked"], "alloc free"),
    # The page's own lines: its struct page, which is not counted, and its tag, which is.
    ("lines_alloc", "cache lines besides the page's own, recycled alloc", 2,
     lambda d: d["paths"]["alloc"]["lines"] - 1, "alloc"),
    ("lines_free", "cache lines besides the page's own, free", 2,
     lambda d: d["paths"]["free"]["lines"] - 1, "free"),
]

# The same, of ten transfers through a driver, which only --full measures.
DRIVER_GOALS = [
    ("driver", "e1000 switched by tools/port.sh, over the plain driver's time of a transfer", 1.03,
     lambda d: slower(d, "switched"), ""),
    ("driver_stock", "the same with a stock", 1.03, lambda d: slower(d, "stock"), ""),
]

# Mostly the kernel's unwinder, which takes longer the more code there is.
NOT_GATED = ["lab_stack_pair"]

# Correct calls; a wrong call's report has a limit of its own.
GATED_WORST = ["alloc_stock", "alloc_recycled", "free"]
# Such a call visits every possible CPU, of which there are eight, and every zone.
WORST_CALL = 4000

WHAT = {
    "empty": "nothing, with the clock itself",
    "locked_cmpxchg": "one locked cmpxchg",
    "lock_pair": "spin_lock and unlock, uncontended",
    "percpu_stack_pair": "per-CPU stack, interrupts off",
    "page_pool_direct_pair_bh": "page_pool, direct (softirq only)",
    "page_pool_ring_pair_bh": "page_pool, ring, softirqs off",
    "page_pool_ring_pair": "page_pool, ring",
    "objpool_pair": "objpool",
    "slub_4k_pair": "SLUB, object of 4 KiB",
    "mempool_pair": "mempool of pages",
    "buddy_pair": "alloc_page",
    "buddy_pair_bh": "alloc_page, softirqs off",
    "buddy_alloc": "alloc_page, alloc only",
    "buddy_zero_alloc": "alloc_page(__GFP_ZERO), alloc only",
    "buddy_bulk_pair": "alloc_pages_bulk of 32, per page",
    "lab_recycled_pair": "recycled",
    "lab_recycled_alloc": "recycled, alloc only",
    "lab_recycled_free": "free only",
    "lab_remote_free": "free only, another CPU's page",
    "lab_check": "check",
    "lab_bulk_pair": "recycled, bulk of 32, per page",
    "lab_release": "release",
    "lab_stock_pair": "from stock",
    "lab_stock_alloc": "from stock, alloc only",
    "lab_stock_zero_alloc": "zeroed from stock, alloc only",
    "lab_cold_pair": "cold: alloc, release, __free_page",
    "lab_cold_pair_bh": "cold, softirqs off",
    "lab_cold_pair_among_others": "cold, among larger owners",
    "lab_cold_alloc": "cold, alloc only",
    "lab_cold_bulk_pair": "cold, bulk of 32, per page",
    "lab_stream_pair": "cold, 32 one by one, per page",
    "lab_no_stock_bulk": "bulk of 32, released, without a stock, in turns",
    "lab_stock_bulk": "bulk of 32, released, with a stock, in turns",
    "lab_no_stock_stream": "32 one by one, released, without a stock, in turns",
    "lab_stock_stream": "32 one by one, released, with a stock, in turns",
    "lab_transfer": "transfer",
    "lab_zero_pair": "recycled, LABYRINTH_ZERO",
    "lab_poison_pair": "recycled, LABYRINTH_POISON",
    "lab_stack_pair": "recycled, LABYRINTH_STACK",
    "lab_process_pair": "recycled, LABYRINTH_SCOPE_PROCESS",
    "lab_traced_pair": "recycled, events alloc and free on",
    "lab_traced_alloc": "recycled, alloc only, events on",
    "lab_traced_free": "free only, events on",
    "lab_untraced_pair": "recycled, when the events are off again",
    "buddy_pair_watch_free": "alloc_page, watch=free",
    "buddy_pair_watch_reserve": "alloc_page, watch=reserve",
    "buddy_pair_watch_all": "alloc_page, watch=all",
    "buddy_pair_unwatched": "alloc_page, watch=off again",
}


def least(doc, name):
    return doc["counts"][name][FREE]["min"]


def ratio(doc, ours, theirs):
    return round(least(doc, ours) / least(doc, theirs), 3)


def slower(doc, variant):
    """Return the least time of a transfer over that of the plain driver."""
    return round(max(doc["driver"]["plain"]) / max(doc["driver"][variant]), 3)


def read_logs(doc, folder):
    """Read the lines of each run: plain, zeroing (with more possible CPUs), scale."""
    for run, setting in (("plain", FREE), ("zeroing", ZEROED)):
        for word in lines(f"{folder}/{run}/result.log"):
            if word[0] == "bench" and len(word) == 4:
                doc["counts"].setdefault(word[1], {})[setting] = {
                    "min": int(word[2]), "median": int(word[3])}
            elif word[0].startswith("worst_") and word[1] != "nothing":
                context = word[0].removeprefix("worst_")
                if run == "zeroing":
                    context += "_of_many_cpus"
                doc["worst"].setdefault(word[1], {})[context] = int(word[2])
    for word in lines(f"{folder}/paths"):
        doc["paths"][word[1]] = dict(zip(("instructions", "locked", "lines", "written"),
                                         map(int, word[2:])))
    for word in lines(f"{folder}/scale/result.log", missing_ok=True):
        if word[0] == "scale":
            doc["wallclock"].setdefault(word[1], {})[word[2]] = int(word[3])
    for word in lines(f"{folder}/driver.log", missing_ok=True):
        if word[:2] == ["#", "throughput"]:
            doc["driver"].setdefault(word[2], []).append(int(float(word[3])))


def lines(name, missing_ok=False):
    try:
        with open(name, encoding="ascii", errors="replace") as log:
            return [line.split() for line in log if line.strip()]
    except FileNotFoundError:
        if missing_ok:
            return []
        raise


def collect(folder, *about):
    doc = {"schema": 1, "about": dict(pair.split("=", 1) for pair in about), "counts": {},
           "worst": {}, "paths": {}, "goals": [], "wallclock": {}, "driver": {}}
    read_logs(doc, folder)
    for name, what, goal, value, _ in GOALS + (DRIVER_GOALS if doc["driver"] else []):
        try:
            got = value(doc)
            what = what.format_map({other: least(doc, other) for other in doc["counts"]})
        except KeyError as missing:
            sys.exit(f"report.py: no measurement of {missing}")
        doc["goals"].append({"name": name, "what": what, "goal": goal, "value": got,
                             "met": got <= goal})
    json.dump(doc, sys.stdout, indent=1)
    print()


def counted(doc):
    """Return {name: count} of labyrinth's own counts, which the gate compares."""
    own = {name: least(doc, name) for name in doc["counts"]
           if name.startswith("lab_") and name not in NOT_GATED}
    # The kernel's part would hide changes of what labyrinth adds to it.
    added = least(doc, "lab_cold_pair") - least(doc, "buddy_pair")
    own["lab_cold_pair_added"] = max(added, 0)
    for name in GATED_WORST:
        own |= {f"worst_{context}_{name}": most for context, most in doc["worst"][name].items()}
    return own


def counts(doc):
    print("# SPDX-License-Identifier: GPL-2.0")
    print("# Instructions that each path of labyrinth takes, init_on_alloc=0: written by")
    print("# \"make bench-accept\", compared by tests/bench/run.sh.")
    for key in ("kernel", "compiler"):
        print(f"# {key}: {doc['about'][key]}")
    for name, count in sorted(counted(doc).items()):
        print(name, count)


def gate_goals(doc):
    for goal in doc["goals"]:
        tell(goal["met"], "goal_" + goal["name"],
             f"{goal['what']}: {goal['value']}, at most {goal['goal']}")
    most = max(most for contexts in doc["worst"].values() for most in contexts.values())
    tell(most <= WORST_CALL, "worst_call", f"any call: {most}, at most {WORST_CALL}")


def gate_counts(doc, name):
    committed = {}
    for word in lines(name):
        if word[0] != "#":
            committed[word[0]] = int(word[1])
        elif word[1] in ("kernel:", "compiler:"):
            now, then = doc["about"][word[1][:-1]], " ".join(word[2:])
            if now != then:
                print(f"# {word[1]} {now} here, {then} in the committed counts: "
                      "compared nevertheless")
    got = counted(doc)
    for path in sorted(committed | got):
        if path not in got:
            tell(False, "count_" + path, "committed but not measured")
        elif path not in committed:
            tell(False, "count_" + path, f"{got[path]}, none committed: make bench-accept")
        else:
            gate_count(path, got[path], committed[path])


def gate_count(path, got, committed):
    tolerance = TOLERANCE_OF_MEANS if path in MEANS else TOLERANCE
    grown = got * 100 > committed * (100 + tolerance)
    by = f"{(got - committed) * 100 / committed:+.1f} %" if committed else "from nothing"
    said = f"{got} instructions, {committed} committed"
    tell(not grown, "count_" + path, said + (f": grown by {by}" if grown else ""))
    if got * 100 < committed * (100 - tolerance):
        print(f"# {path}: {by}: to accept the lower count, make bench-accept")


def tell(good, name, said):
    print(f"{'ok' if good else 'not ok'} - {name} # {said}")


def rows(doc, prefix=None):
    """Yield (name, what, the four figures) in the order of measurement."""
    for name, by_setting in doc["counts"].items():
        if prefix is None or name.startswith("lab_") == prefix:
            yield name, WHAT.get(name, name), [by_setting.get(s, {}).get(k, "-")
                                               for s in (FREE, ZEROED) for k in ("min", "median")]


def table(doc):
    print(f"# instructions, {doc['about']['kernel']}   {FREE}     {ZEROED}")
    print("#                               least   median    least   median")
    for name, _, figures in rows(doc):
        print(f"# {name:26}" + "".join(f"{figure:>9}" for figure in figures))
    print("# the most that one call takes         NMI  hardirq  of many possible CPUs")
    for name, contexts in doc["worst"].items():
        print(f"# {name:26}         " + "".join(f"{contexts.get(context, '-'):>9}" for context in (
            "nmi", "hardirq", "nmi_of_many_cpus", "hardirq_of_many_cpus")))
    print("# labyrinth's own part        instructions  locked  cache lines, written to")
    for name, path in doc["paths"].items():
        print(f"# {name:26}" + "".join(f"{figure:>9}" for figure in path.values()))
    for variant, rates in doc["driver"].items():
        print(f"# e1000 {variant:20} best of {len(rates)} transfers: {max(rates)} kbit/s "
              f"({max(rates) / max(doc['driver']['plain']):.3f} x)")
    if doc["wallclock"]:
        print("# not gated, by this machine's clock: million pairs per second and CPU (all, to one)")
        print("# busy virtual CPUs                     " + "".join(
            f"{cpus:>9}         " for cpus in next(iter(doc["wallclock"].values()))))
    for way, rates in doc["wallclock"].items():
        print(f"# {way:26}" + "".join(
            f"{rate / 1e6:9.2f} ({rate * int(cpus) / rates['1']:4.2f} x)"
            for cpus, rate in rates.items()))


def goals(doc):
    print(f"{'goal':60} {'at most':>8} {'this run':>9}")
    for goal in doc["goals"]:
        print(f"{goal['what']:60} {goal['goal']:>8} {goal['value']:>9}  "
              f"{'ok' if goal['met'] else 'MISSED'}")


def rst(doc):
    def head(title, cells):
        print(f"\n.. list-table:: {title}\n   :header-rows: 1\n")
        row(cells)

    def row(cells):
        for number, cell in enumerate(cells):
            print(f"   {'*' if number == 0 else ' '} - {cell}")

    print(".. SPDX-License-Identifier: GPL-2.0")
    print(".. Written by \"make bench\"; any change by hand is lost.")
    print(f"\nMeasured on {doc['about']['kernel']}, built with {doc['about']['compiler']}.")
    head("Goals, in instructions or as a ratio of them", ["what", "at most", "is", ""])
    for goal in doc["goals"]:
        row([goal["what"], goal["goal"], goal["value"], "" if goal["met"] else "**missed**"])
    for title, prefix in (("Yardsticks, and what the kernel has", False),
                          ("labyrinth", True)):
        head(f"{title}: instructions", ["what", "name", FREE, "median", ZEROED, "median"])
        for name, what, figures in rows(doc, prefix):
            row([what, f"``{name}``"] + figures)
    head("The most that one call takes: instructions",
         ["call", "in NMI", "in a hard interrupt", "in NMI, with 8 possible CPUs"])
    for name, contexts in doc["worst"].items():
        row([f"``{name}``"] + [contexts.get(context, "-") for context in (
            "nmi", "hardirq", "nmi_of_many_cpus")])
    head("What labyrinth itself runs", ["path", "instructions", "locked", "own cache lines",
                                        "of them written to"])
    for name, path in doc["paths"].items():
        row([f"``{name}``"] + list(path.values()))


def chart(doc):
    """Print lines for chart.gp: panel, label, colour, count, count with zeroing or '-'.

    Pairs and single calls are in panels of their own.
    """
    for panel, names in (
            ("ready", "locked_cmpxchg lock_pair percpu_stack_pair objpool_pair "
             "page_pool_direct_pair_bh page_pool_ring_pair slub_4k_pair lab_bulk_pair "
             "lab_recycled_pair lab_stock_pair"),
            ("kernel", "buddy_pair mempool_pair buddy_bulk_pair lab_cold_pair lab_cold_bulk_pair"),
            ("single", "lab_check lab_release lab_transfer lab_stock_zero_alloc buddy_zero_alloc")):
        for name in names.split():
            if name in doc["counts"]:
                by = doc["counts"][name]
                label = ("labyrinth: " if name.startswith("lab_") else "") + WHAT[name]
                print(panel, f'"{label}"', 2 if name.startswith("lab_") else 1,
                      by[FREE]["min"], by.get(ZEROED, {}).get("min", "-"))


def unmet(doc):
    goals = zip(doc["goals"], GOALS + DRIVER_GOALS)
    wanted = [path for goal, (*_, paths) in goals if not goal["met"] for path in paths.split()]
    print(*dict.fromkeys(wanted))


def main():
    if len(sys.argv) < 3 or not re.fullmatch("collect|table|goals|rst|chart|counts|gate|unmet",
                                             sys.argv[1]):
        sys.exit(__doc__)
    what, source, *rest = sys.argv[1:]
    if what == "collect":
        collect(source, *rest)
        return
    with open(source, encoding="ascii") as text:
        doc = json.load(text)
    if what == "gate":
        gate_goals(doc)
        gate_counts(doc, *rest)
    else:
        globals()[what](doc)


main()
