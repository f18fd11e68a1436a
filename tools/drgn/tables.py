# SPDX-License-Identifier: GPL-2.0
"""The tag tables of labyrinth/core/table.h."""
import collections

import drgn

import tag
from kernel import PAGE
from say import complain

Table = collections.namedtuple("Table", "nr tags stacks slots")


def read_tables(lab):
    """Yield each table's number, the addresses of its tags and stacks, and its number of slots."""
    kernel = lab.kernel
    try:
        nr, = kernel.unpack("I", lab.at["lab_nr_tables"])
        room = lab.debug.types["lab_tables"].type_.length
        if nr > room:
            complain(f"there cannot be {nr} tables: looking at {room}")
        addresses = kernel.unpack(f"{room}Q", lab.at["lab_tables"])[:nr]
    except drgn.FaultError as err:
        complain(f"the tables, where the tags are, cannot be read: {err}")
        return
    for i, address in enumerate(addresses):
        if not address:
            continue
        try:
            table = lab.debug.copy(lab.debug.object("struct lab_table", address))
        except drgn.FaultError as err:
            complain(f"table {i} at {address:#x} cannot be read, nor the pages in it: {err}")
            continue
        slots = nr_slots(lab, table, f"table {i}", address)
        if slots is not None:
            yield Table(i, table.slots.tags.value_(), table.stacks.value_(), slots)


def nr_slots(lab, table, name, address):
    """The number of slots of a table. Three fields determine it; at least two must agree."""
    ends = tag.HOP_RANGE - 1
    told = [table.nr_slots.value_(), table.capacity.value_() * tag.SLOTS_PER_PAGE + ends,
            table.slots.homes.value_() // lab.tag_size + ends]
    likely = max(told, key=told.count)
    if told.count(likely) < 3:
        complain(f"{name} at {address:#x} is overwritten: it has {told[0]}, {told[1]} or "
                 f"{told[2]} slots")
    # lab_tag::below, a signed 32-bit number of bytes, limits a table's size.
    if told.count(likely) < 2 or likely > (1 << 31) // lab.tag_size:
        complain(f"{name} is left out, and the pages in it")
        return None
    return likely


def read_slots(lab, tags, first, nr):
    """The bytes of NR slots from FIRST on, None for each that cannot be read."""
    size = lab.tag_size
    try:
        data = lab.kernel.read(tags + first * size, nr * size)
        return [data[i:i + size] for i in range(0, nr * size, size)]
    except drgn.FaultError:
        if nr == 1:
            return [None]
    # Usually whole pages are missing: try both ends first.
    if nr <= PAGE // size:
        ends = read_slots(lab, tags, first, 1) + read_slots(lab, tags, first + nr - 1, 1)
        if ends == [None, None]:
            return [None] * nr
    half = nr // 2
    return read_slots(lab, tags, first, half) + read_slots(lab, tags, first + half, nr - half)


def read_tags(lab, table):
    """Yield number and bytes of each slot but the first, which never holds a page."""
    step = 2 * PAGE // lab.tag_size
    nr_missing, missing = 0, None
    for first in range(0, table.slots, step):
        raws = read_slots(lab, table.tags, first, min(step, table.slots - first))
        for slot, raw in enumerate(raws, first):
            if raw is None:
                nr_missing += 1
                missing = missing[0] if missing else slot, slot
            elif slot:
                yield slot, raw
    if missing:
        complain(f"table {table.nr}: {nr_missing} of {table.slots} slots cannot be read, from "
                 f"{missing[0]} to {missing[1]}: pages may be missing here")
