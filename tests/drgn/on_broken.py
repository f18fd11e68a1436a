#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Run tools/drgn on a core with broken memory. Prints KTAP.

usage: on_broken.py FOLDER LABYRINTH.KO

FOLDER has vm/core, and the tables owners and pages of that moment.
"""
import contextlib
import io
import random
import struct
import sys
import traceback

import drgn

from ktap import expect, expect_in, run_tests
from moment import CORE, MODULE, table

from core import open_core
from debuginfo import choose_debug_info
from kernel import WORD, Kernel
from lab import Lab
from lists import nodes
from owners import Owners
from pages import Pages
from say import Trouble


class Broken(Kernel):
    """A core with some bytes replaced and some ranges missing."""

    def __init__(self):
        self.patches, self.lost = {}, []
        super().__init__(open_core(CORE), CORE)

    def read(self, address, size):
        address &= WORD
        for start, end in self.lost:
            if address < end and address + size > start:
                raise drgn.FaultError("lost by the test", address)
        data = super().read(address, size)
        for at, new in self.patches.items():
            if address < at + len(new) and at < address + size:
                data = bytearray(data)
                for i, byte in enumerate(new):
                    if 0 <= at + i - address < size:
                        data[at + i - address] = byte
                data = bytes(data)
        return data


class Memory:
    """The core, opened once, which each test breaks in its own way."""

    def __init__(self):
        self.kernel = Broken()
        self.debug, self.names = choose_debug_info(self.kernel, MODULE)
        lab = self.lab()
        self.healthy = Pages(lab, None)
        self.owner = {lab.owner_name(at): at for at in lab.owners}

    def lab(self):
        return Lab(self.kernel, self.debug, self.names)

    def field(self, kind, at, member):
        return at + self.debug.offset(f"struct {kind}", member)

    def table(self, i=0):
        return self.kernel.pointer(self.names[b"lab_tables"] + 8 * i)

    def tags(self):
        return self.debug.value(self.debug.object("struct lab_table", self.table()).slots.tags)

    def used_tag(self):
        """Return a tag of nic-rx, which is in the first table."""
        line = next(l for l in self.healthy.lines("nic-rx", True) if " owned " in l)
        return int(line.split(" ")[-2], 16), line

    def tables(self, patches=None, lost=()):
        """Return the lines of owners and pages, and the complaints."""
        self.kernel.patches, self.kernel.lost = patches or {}, list(lost)
        self.kernel.named = {}
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                lab = self.lab()
                owners = list(Owners(lab).lines(None, False))
                pages = list(Pages(lab, None).lines(None, False))
            except (Trouble, drgn.FaultError) as err:
                owners, pages = [], []
                print(err, file=sys.stderr)
        self.kernel.patches, self.kernel.lost = {}, []
        return owners, pages, said.getvalue()


memory = None


def broken(patches=None, lost=()):
    global memory
    memory = memory or Memory()
    return memory.tables(patches, lost)


def names(owners):
    return [line.split(" ")[1] for line in owners]


def word(value):
    return struct.pack("<Q", value & WORD)


def test_unbroken_core_has_no_complaints():
    owners, pages, said = broken()
    expect("owners", owners, table("owners").splitlines()[1:])
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect("complaints", said, "")


def test_circular_list_ends():
    broken()
    first, second = (memory.field("labyrinth_owner", memory.owner[name], "list")
                     for name in ("nic-rx", "disk-tx"))
    owners, _, said = broken({second: word(first)})
    expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])
    expect_in("the list of owners is broken: after 2 it leads to", said)
    owners, _, said = broken({first: word(first)})
    expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])


class Changing:
    """A circular list in which each node leads back to the one read before."""
    asked, last = 0, None

    def unpack(self, _layout, node):
        self.asked += 1
        assert self.asked < 100, "the walk does not end"
        links = {1: 2, 2: 3, 3: 2}[node], self.last
        self.last = node
        return links


def test_list_that_changes_while_read_ends():
    with contextlib.redirect_stderr(io.StringIO()) as said:
        expect("nodes", nodes(Changing(), 1, "owners"), [2, 3])
    expect_in("the list of owners is broken: after 2 it leads to 0x2, which it had already",
              said.getvalue())


def test_nodes_behind_a_broken_link_are_found_from_the_other_end():
    broken()
    node = memory.field("labyrinth_owner", memory.owner["nic-rx"], "list")
    for wrong, why in ((0x6b6b6b6b6b6b6b6b, "cannot be read"),
                       (memory.names[b"lab_tables"], "does not lead back"),
                       (1 << 62, "cannot be read")):
        owners, pages, said = broken({node: word(wrong)})
        expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])
        expect_in(why, said)
        assert not any(" #" in line for line in pages), pages


def test_unreadable_owner_is_named_and_the_others_are_printed():
    broken()
    at = memory.owner["disk-tx"]
    cpu = memory.field("labyrinth_owner", at, "cpu")
    owners, pages, said = broken({cpu: word(1 << 62)})
    expect("owners", len(owners), 4)
    expect_in(" disk-tx lab_stub owner 8 ? ? 0 8 0 ? ? ", owners[1])
    expect_in(f"owner disk-tx at {at:#x}: cannot be read: the CPUs' counters", said)
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    start = memory.field("labyrinth_owner", at, "charged")
    owners, _, said = broken(lost=[(start, start + 4)])
    expect("owners", len(owners), 4)
    expect_in("owner disk-tx", said)
    field = memory.field("labyrinth_owner", at, "table")
    owners, _, said = broken({field: word(1 << 62)})
    expect_in(" 1 0 ? 8", owners[1])
    expect_in("owner disk-tx", said)


def test_name_of_garbage_is_one_cell():
    broken()
    at = memory.field("labyrinth_owner", memory.owner["disk-tx"], "name")
    owners, _, _ = broken({at: b"a b\n\xff\x1b[31m\\" + b"z" * 60})
    expect("cells", len(owners[1].split(" ")), 18)
    expect_in("a\\x20b\\x0a\\xff\\x1b[31m", owners[1])
    node = memory.kernel.pointer(memory.names[b"lab_orphans"])
    start = node - memory.debug.offset("struct lab_orphan", "list")
    name = memory.kernel.pointer(memory.field("lab_orphan", start, "owner"))
    _, pages, _ = broken({memory.field("lab_orphan_name", name, "text"): b"\xff\x80 z\0"})
    assert any(line.split(" ")[1] == "\\xff\\x80\\x20z" for line in pages), pages
    lost = memory.field("lab_orphan", start, "caller_name")
    _, pages, _ = broken({lost: word(0xdead << 40)})
    assert any(" orphan " in line and line.endswith(" ?") for line in pages), pages


def test_impossible_table_is_left_out():
    broken()
    slots = memory.field("lab_table", memory.table(), "nr_slots")
    _, pages, said = broken({slots: b"\xff\xff\xff\xff"})
    expect_in("is overwritten: it has 4294967295, ", said)
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    homes = memory.field("lab_table", memory.table(), "slots.homes")
    for wrong in (b"\xff\xff\xff\xff", b"\x10\0\0\0"):
        _, pages, said = broken({slots: wrong, homes: bytes(4)})
        expect_in("table 0 is left out, and the pages in it", said)
        assert any(" orphan " in line for line in pages), pages
    _, pages, said = broken({memory.names[b"lab_tables"]: word(0xdead << 40)})
    expect_in("table 0 at 0xdead0000000000 cannot be read", said)
    _, pages, said = broken({memory.names[b"lab_nr_tables"]: struct.pack("<I", 1 << 31)})
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect_in("there cannot be 2147483648 tables", said)


def test_unreadable_slots_are_counted():
    broken()
    tag, line = memory.used_tag()
    _, pages, said = broken(lost=[(tag, tag + 1)])
    expect("pages", len(pages), len(table("pages").splitlines()) - 2)
    slot = (tag - memory.tags()) // 32
    expect_in("table 0: 1 of ", said)
    expect_in(f"slots cannot be read, from {slot} to {slot}: pages may be missing", said)


def test_address_of_no_page_is_named():
    broken()
    tag, _ = memory.used_tag()
    page = memory.field("lab_tag", tag, "page")
    _, pages, said = broken({page: word(0xdeadbeef)})
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect_in("owner nic-rx: 0xdeadbeef is no struct page", said)
    _, pages, said = broken({page: word(memory.healthy.memmap.page(1 << 36))})
    expect_in(f"owner nic-rx: the struct page of pfn {1 << 36}, ", said)


def test_zones_have_the_kernels_names():
    broken()
    expect("zones", set(memory.healthy.memmap.zones.values()),
           {"DMA", "DMA32", "Normal", "Movable", "Device"})


def test_tag_of_an_unknown_owner_shows_the_number():
    broken()
    tag, line = memory.used_tag()
    old = int(line.split(" ")[-1], 16)
    at = memory.field("lab_tag", tag, "meta")
    _, pages, _ = broken({at: word(old & (1 << 40) - 1 | 77 << 40)})
    assert any(line.split(" ")[1] == "#77" for line in pages), pages
    _, pages, said = broken({at: word(old | 7 << 32)})
    expect_in("is no tag's meta word", said)


# The seed is fixed: the breaks are the same in each run.
def test_500_random_breaks_end_without_a_traceback():
    broken()
    rng = random.Random(1)
    size = memory.debug.types.type("struct labyrinth_owner").size
    places = [(at, size) for at in memory.owner.values()]
    places += [(memory.table(), 48), (memory.tags(), 32 * 200)]
    places += [(memory.names[name], 16) for name in (b"lab_owners", b"lab_orphans", b"lab_tables")]
    node = memory.kernel.pointer(memory.names[b"lab_orphans"])
    places += [(node - 64, 800)] * 2
    known = list(memory.owner.values()) + [memory.table(), memory.tags(), node, 0, WORD]
    for _ in range(500):
        patches = {}
        for _ in range(rng.randrange(1, 4)):
            at, length = rng.choice(places)
            value = rng.choice((rng.choice(known) + rng.randrange(-64, 64) * 8, rng.getrandbits(64),
                                rng.getrandbits(8), 0x6b6b6b6b6b6b6b6b))
            patches[at + rng.randrange(length // 8) * 8] = word(value)
        try:
            broken(patches)
        except Exception as err:
            raise AssertionError(f"{patches}: {traceback.format_exc()}") from err


sys.exit(run_tests(globals()))
