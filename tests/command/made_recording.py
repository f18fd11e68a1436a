#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print a made-up recording of a machine that ran out of memory and recovered.

usage: made_recording.py OWNERS SAMPLES [NAME]    NAME is the first owner's
"""
import json
import math
import sys

owners, samples = int(sys.argv[1]), int(sys.argv[2])
names = ["nic-rx", "disk-tx", "crypt-pool", "log-ring"] + [f"owner-{i}" for i in range(4, owners)]
if len(sys.argv) > 3:
    names[0] = sys.argv[3]
names = names[:owners]
CALLER = "rx_refill+0x9a/0x1c0[nic]"
MIN, BOTTOM = 1024, 384


def put(**line):
    print(json.dumps(line, separators=(",", ":")))


def owner(i, t, refused):
    wave = (1 + math.sin(t * (5 + i % 7) + i)) / 2
    owned = int((200 >> min(i, 6)) * (0.3 + 0.7 * wave)) + 1
    return {
        "id": i + 1, "name": names[i], "module": "nic" if i == 0 else f"drv{i}", "budget": 256,
        "owned": owned, "stocked": max(0, 16 - int(24 * math.exp(-((t - .6) * 6) ** 2))) if i < 3 else 0,
        "stock": 16 if i < 3 else 0, "from_reserve": int(owned * .6 * math.exp(-((t - .6) * 6) ** 2)),
        "allocs": 1000 * (owners - i) + int(100 * t * samples) * (owners - i), "frees": 0,
        "refused": refused, "violations": 1 if i == 0 and t > .5 else 0, "quarantined": 0,
        "reserve_pct": [50, 20, 0, 0][i % 4],
    }


put(labyrinth_recording=1, command="1.0", module="1.0", date="2026-11-21T16:00:00Z", interval_ms=1000,
    srcversion="5A3C1D0E6F7B8A9C0D1E2F3", kernel="6.12.48+deb13-amd64", machine="x86_64",
    min_free_kbytes=4096)
refused, seq, violated = 0, 0, False
for n in range(samples):
    t = n / max(1, samples - 1)
    dry = math.exp(-((t - .6) * 6) ** 2)
    new = int(9 * max(0, dry - .6) / .4) if n else 0
    rows = [{"seq": seq + k + 1, "age_ms": 10 * (new - k), "owner": names[0], "reason": "floor",
             "context": "hardirq", "cpu": 0, "node": 0, "zone": "Normal", "free": 700, "min": MIN,
             "floor": 704, "caller": CALLER} for k in range(new)] if owners else []
    seq, refused = seq + new, refused + new
    wrong = []
    if owners and t > .5 and not violated:
        violated = True
        wrong = [{"seq": 1, "age_ms": 5, "kind": "double_free", "owner": names[0], "offender": names[0],
                  "pfn": 7054, "refcount": 1, "mapcount": 0, "alloc_caller": CALLER, "caller": "rx_clean+0x34/0x110[nic]"}]
    free = int(4200 - 3500 * dry + 260 * math.sin(t * 40))
    put(ms=1000 * n,
        owners=[owner(i, t, refused if i == 0 else int(3 * t) if i == 1 else 0) for i in range(owners)],
        zones=[{"node": 0, "zone": "DMA32", "free": 73169 + int(900 * math.sin(t * 9)), "min": 545, "low": 681, "high": 817,
                "lowmem_reserve": 7000, "cma": 0, "highatomic": 0, "atomic_floor": 205, "depth_pct": 0,
                "from_reserve": 0, "boost": 0},
               {"node": 0, "zone": "Normal", "free": free, "min": MIN, "low": 1280, "high": 1536,
                "lowmem_reserve": 0, "cma": 0, "highatomic": 0, "atomic_floor": BOTTOM,
                "depth_pct": max(0, (MIN - free) * 100 // (MIN - BOTTOM)), "from_reserve": int(120 * dry), "boost": 0}],
        refusals=rows, violations=wrong)
first = names[0] if owners else "nobody"
put(ms=1000 * (samples - 1) + 20,
    verdicts=f"2.4s ago\nfloor: {first} got no page: memory is short, and its share of the atomic reserve is used up\n"
             f"  by: {CALLER}, in hardirq on CPU 0\n  {first}: owns 146 of 256 pages, 87 of them from the reserve; 0 ready, stock 16, quarantined 0\n",
    advise=f"{first}: refused {seq} times without a pause, for the reason \"floor\"\n  stock from 16 to {16 + seq}\n      stock 16 + {seq} pages, budget 256\n",
    end=True, why="count")
