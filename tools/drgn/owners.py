# SPDX-License-Identifier: GPL-2.0
"""The table of owners."""
import drgn

import tag
from kernel import WORD
from say import complain, printable


class Owners:
    COLUMNS = ("id name module scope budget owned stocked stock peak from_reserve allocs frees "
               "refused violations quarantined reserve_pct bytes could_sleep")
    MORE = " handle slow"

    def __init__(self, lab):
        self.lab = lab
        self.debug = lab.debug
        self.scopes = {value: name.split("_")[-1].lower()
                       for value, name in lab.debug.enum("labyrinth_scope").items()}
        self.cpus = self.read_cpus()

    def read_cpus(self):
        """The per-CPU offset of each possible CPU."""
        kernel = self.lab.kernel
        size = self.debug.size("struct cpumask")
        try:
            mask = int.from_bytes(kernel.read(kernel.symbol("__cpu_possible_mask"), size), "little")
            offsets = kernel.symbol("__per_cpu_offset")
            return [kernel.pointer(offsets + 8 * cpu) for cpu in range(8 * size) if mask >> cpu & 1]
        except drgn.FaultError as err:
            complain(f"the CPUs cannot be counted: {err}")
            return None

    def counts(self, owner):
        """owned, stocked, allocs and frees, computed as in labyrinth/core/counters.c."""
        value = self.debug.value
        base = value(owner.cpu)
        lines = [self.debug.copy(self.debug.object("struct lab_cpu", base + offset))
                 for offset in self.cpus]
        arrived = value(owner.transferred_in)
        allocs = sum(line.allocs.a.counter.value_() for line in lines)
        left = sum(line.left.value_() for line in lines)
        owned = tag.signed(arrived + sum(
            line.balance.value_() - line.hints.value_() - (line.recycled.head.value_() >> 32)
            for line in lines) - left)
        ready = (value(owner.charged) + value(owner.nr_stocked) +
                 sum(line.uncharged.value_() for line in lines))
        return (owned, max(ready - owned - value(owner.quarantined), 0),
                allocs & WORD, max(allocs + arrived - owned - left, 0))

    def nr_bytes(self, owner):
        debug = self.debug
        slot = self.lab.tag_size
        if debug.value(debug.object("struct lab_table", debug.value(owner.table)).stacks):
            slot += 8 * self.lab.stack_depth
        handle = 1 << (debug.size("struct labyrinth_owner") - 1).bit_length()
        return (debug.value(owner.tags) * tag.SLOTS_PER_PAGE * slot + handle +
                debug.size("struct lab_owner_diag") +
                len(self.cpus) * debug.size("struct lab_cpu"))

    def cells(self, address):
        owner, name = self.lab.owner(address), self.lab.owner_name(address)
        value = self.debug.value
        lost = set()

        def cell(what, get, instead="?"):
            try:
                return get()
            except (drgn.FaultError, TypeError) as err:
                lost.add(f"{what} ({err})" if isinstance(err, drgn.FaultError) else what)
                return instead

        def number(member):
            return cell(member, lambda: value(getattr(owner, member)))

        def diag():
            return self.debug.object("struct lab_owner_diag", value(owner.diag))

        def counters(member):
            return cell(member, lambda: sum(
                counter["nr"]["counter"] for counter in value(getattr(diag(), member))))

        owned, stocked, allocs, frees = cell(
            "the CPUs' counters", lambda: self.counts(owner), "????")
        cells = [
            number("id"), name,
            cell("module", lambda: printable(
                self.lab.kernel.string(owner.module_name.address_, 64))),
            self.scopes.get(number("scope"), "?"), number("budget"), owned, stocked,
            number("stock"), number("peak"), number("from_reserve"), allocs, frees,
            counters("refused"), counters("violated"), number("quarantined"), number("reserve_pct"),
            cell("table", lambda: self.nr_bytes(owner)), cell("could_sleep", lambda: value(diag().could_sleep)),
            f"{address:#x}", cell("slow", lambda: f"{value(owner.slow):#x}"),
        ]
        if lost:
            complain(f"owner {name} at {address:#x}: cannot be read: {', '.join(sorted(lost))}")
        return cells

    def lines(self, wanted, more):
        for address in self.lab.owners:
            if not wanted or self.lab.owner_name(address) == wanted:
                cells = self.cells(address)
                yield " ".join(map(str, cells if more else cells[:-2]))
