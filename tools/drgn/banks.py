# SPDX-License-Identifier: GPL-2.0
"""The banks, in which the tags are: labyrinth/core/tag.h."""
import collections

import drgn

import tag
from kernel import PAGE
from say import complain

Bank = collections.namedtuple("Bank", "nr tags stacks slots")


def read_banks(lab):
    """Number, address of the tags and of the stacks, and number of slots of each."""
    kernel = lab.kernel
    try:
        nr, = kernel.unpack("I", lab.at["lab_nr_banks"])
        room = lab.debug.types["lab_banks"].type_.length
        if nr > room:
            complain(f"there cannot be {nr} banks: looking at {room}")
        addresses = kernel.unpack(f"{room}Q", lab.at["lab_banks"])[:nr]
    except drgn.FaultError as err:
        complain(f"the banks, where the tags are, cannot be read: {err}")
        return
    for i, address in enumerate(addresses):
        if not address:
            continue
        try:
            bank = lab.debug.copy(lab.debug.object("struct lab_bank", address))
        except drgn.FaultError as err:
            complain(f"bank {i} at {address:#x} cannot be read, nor the pages in it: {err}")
            continue
        slots = nr_slots(lab, bank, f"bank {i}", address)
        if slots is not None:
            yield Bank(i, bank.slots.tags.value_(), bank.stacks.value_(), slots)


def nr_slots(lab, bank, name, address):
    """How many slots a bank has. It is told three times: two must agree."""
    ends = tag.HOP_RANGE - 1
    told = [bank.nr_slots.value_(), bank.capacity.value_() * tag.SLOTS_PER_PAGE + ends,
            bank.slots.homes.value_() // lab.tag_size + ends]
    likely = max(told, key=told.count)
    if told.count(likely) < 3:
        complain(f"{name} at {address:#x} is overwritten: it has {told[0]}, {told[1]} or "
                 f"{told[2]} slots")
    # Their bytes can be told by lab_tag::below.
    if told.count(likely) < 2 or likely > (1 << 31) // lab.tag_size:
        complain(f"{name} is left out, and the pages in it")
        return None
    return likely


def read_slots(lab, tags, first, nr):
    """The bytes of some, None for each that cannot be read."""
    size = lab.tag_size
    try:
        data = lab.kernel.read(tags + first * size, nr * size)
        return [data[i:i + size] for i in range(0, nr * size, size)]
    except drgn.FaultError:
        if nr == 1:
            return [None]
    # What is missing are pages as a rule: ask for both ends before all of it.
    if nr <= PAGE // size:
        ends = read_slots(lab, tags, first, 1) + read_slots(lab, tags, first + nr - 1, 1)
        if ends == [None, None]:
            return [None] * nr
    half = nr // 2
    return read_slots(lab, tags, first, half) + read_slots(lab, tags, first + half, nr - half)


def read_tags(lab, bank):
    """Number and bytes of each slot but the first, by which no page is found."""
    step = 2 * PAGE // lab.tag_size
    nr_missing, missing = 0, None
    for first in range(0, bank.slots, step):
        raws = read_slots(lab, bank.tags, first, min(step, bank.slots - first))
        for slot, raw in enumerate(raws, first):
            if raw is None:
                nr_missing += 1
                missing = missing[0] if missing else slot, slot
            elif slot:
                yield slot, raw
    if missing:
        complain(f"bank {bank.nr}: {nr_missing} of {bank.slots} slots cannot be read, from "
                 f"{missing[0]} to {missing[1]}: pages may be missing here")
