# SPDX-License-Identifier: GPL-2.0
"""The table of pages. What a page is used for is not found out here: "use" is "?"."""
import itertools
import struct

import drgn

import tag
from tables import read_tables, read_tags
from clock import Clock
from kernel import WORD
from lists import nodes
from memmap import MemMap
from say import complain, printable

# Names of the phases in debugfs; the other phases show as "owned".
STATES = {"LAB_READY": "ready", "LAB_QUARANTINED": "quarantined"}


class Pages:
    COLUMNS = "pfn owner state age_ms context cpu node zone from_reserve stack use caller"
    MORE = " page tag meta"

    def __init__(self, lab, hz):
        self.lab = lab
        self.debug = lab.debug
        self.memmap = MemMap(lab.kernel, lab.debug)
        self.clock = Clock(lab.kernel, hz)
        self.offsets = {member: lab.debug.offset("struct lab_tag", member)
                        for member in ("meta", "page", "caller", "time")}
        self.phases = lab.debug.enum("lab_phase")
        self.contexts = {value: name.split("_")[-1].lower()
                         for value, name in lab.debug.enum("labyrinth_context").items()}

    def lines(self, wanted, more):
        for cells in itertools.chain(self.tagged(wanted), self.orphans(wanted)):
            yield " ".join(map(str, cells if more else cells[:-3]))

    def tagged(self, wanted):
        names = self.names()
        for table in read_tables(self.lab):
            for slot, raw in read_tags(self.lab, table):
                meta, page = self.fields(raw, "Q", "meta", "page")
                owner = tag.owner(meta)
                if not page or not owner:
                    continue
                name = names.get(owner, f"#{owner}")
                if not wanted or name == wanted:
                    yield self.cells(table, slot, raw, name, meta, page)

    def fields(self, raw, kind, *members):
        return (struct.unpack_from(f"<{kind}", raw, self.offsets[member])[0]
                for member in members)

    def names(self):
        """Names of all owners, by id."""
        names = {}
        for address in self.lab.owners:
            try:
                names[self.debug.value(self.lab.owner(address).id)] = self.lab.owner_name(address)
            except drgn.FaultError as err:
                complain(f"the owner at {address:#x} cannot be read: {err}")
        return names

    def cells(self, table, slot, raw, name, meta, page):
        whose = f"table {table.nr}, slot {slot}, owner {name}"
        phase = self.phases.get(tag.phase(meta))
        if phase is None:
            complain(f"{whose}: {meta:#x} is no tag's meta word")
        pfn, node, zone = self.memmap.place(page, whose)
        caller, time = self.fields(raw, "I", "caller", "time")
        near = self.lab.at["lab_tables"]
        return (pfn, name, STATES.get(phase, "owned"), self.clock.since_tag(time),
                tag.context(meta), tag.cpu(meta), node, zone, tag.from_reserve(meta),
                self.stack(table, slot), "?" if STATES.get(phase) == "quarantined" else "-",
                self.lab.caller(near + tag.signed(caller - near) & WORD),
                f"{page:#x}", f"{table.tags + self.lab.tag_size * slot:#x}", f"{meta:#x}")

    def stack(self, table, slot):
        if not table.stacks:
            return "-"
        depth = self.lab.stack_depth
        try:
            callers = self.lab.kernel.unpack(f"{depth}Q", table.stacks + slot * 8 * depth)
        except drgn.FaultError:
            return "?"
        return "<".join(map(self.lab.caller, itertools.takewhile(bool, callers))) or "-"

    def orphans(self, wanted):
        offset = self.debug.offset("struct lab_orphan", "list")
        for node in nodes(self.lab.kernel, self.lab.at["lab_orphans"], "orphans"):
            address = node - offset
            try:
                orphan = self.debug.copy(self.debug.object("struct lab_orphan", address))
            except drgn.FaultError as err:
                complain(f"the orphan at {address:#x} cannot be read: {err}")
                continue
            name = self.orphan_name(orphan.owner.value_(), 64)
            if (not wanted or name == wanted) and not self.is_free(orphan):
                yield self.orphan_cells(orphan, name)

    def is_free(self, orphan):
        """True if the orphan was freed: debugfs no longer lists it."""
        page = self.memmap.page(orphan.pfn.value_())
        try:
            return not self.debug.value(self.debug.object("struct page", page)._refcount)
        except drgn.FaultError:
            return False

    def orphan_cells(self, orphan, name):
        pfn = orphan.pfn.value_()
        page = self.memmap.page(pfn)
        _, node, zone = self.memmap.place(page, f"orphan of {name}")
        return (pfn, name, "orphan", self.clock.since(orphan.born.value_()),
                self.contexts.get(orphan.context.value_(), "?"), orphan.cpu.value_(), node, zone,
                int(orphan.from_reserve.value_()), "-", "?", self.orphan_caller(orphan),
                f"{page:#x}", "-", "-")

    def orphan_name(self, address, most):
        """The text of a struct lab_orphan_name, which orphans share."""
        offset = self.debug.offset("struct lab_orphan_name", "text")
        try:
            return printable(self.lab.kernel.string(address + offset, most))
        except drgn.FaultError:
            return "?"

    def orphan_caller(self, orphan):
        name = orphan.caller_name.value_()
        return self.orphan_name(name, 512) if name else self.lab.caller(orphan.caller.value_())
