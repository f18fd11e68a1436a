# SPDX-License-Identifier: GPL-2.0
"""The modules in the kernel's list: their memory and their symbols."""
import struct

import drgn

from kallsyms import MOST_SYMBOLS
from kernel import PAGE
from lists import nodes
from say import complain, printable

# Prefixes of symbols that %pS skips.
NO_NAMES = (b".L", b"L0", b"$")


class Module:
    def __init__(self, kernel, debug, module):
        self.kernel = kernel
        self.name = printable(kernel.string(module.name.address_, 64))
        self.regions = []       # start, end, and end of the part with symbols
        if hasattr(module, "mem"):
            for mem in debug.copy(module.mem):
                base, size = mem.base.value_(), mem.size.value_()
                self.regions.append((base, base + size, base + size))
        else:
            for layout in (debug.copy(module.core_layout), debug.copy(module.init_layout)):
                base = layout.base.value_()
                self.regions.append((base, base + layout.size.value_(),
                                     base + layout.text_size.value_()))
        syms = debug.copy(debug.object("struct mod_kallsyms", debug.value(module.kallsyms)))
        self.table = syms.symtab.value_(), syms.num_symtab.value_(), syms.strtab.value_()
        self.known = None

    def symbols(self):
        """Pairs of a symbol's address and the address of its name."""
        if self.known is None:
            at, nr, strings = self.table
            data = self.kernel.read(at, 24 * min(nr, MOST_SYMBOLS))
            self.known = [(value, strings + name) for name, _, _, section, value, _ in
                          list(struct.iter_unpack("<IBBHQQ", data))[1:] if section]
        return self.known

    def text(self, at):
        return self.kernel.string(at, 512)

    def by_name(self):
        return {self.text(at): address for address, at in self.symbols()}

    def name_of(self, address):
        region = next((r for r in self.regions if r[0] <= address < r[1]), None)
        if not region:
            return None
        best, end, text = region[0] - 1, region[2], None
        for value, at in self.symbols():
            if not (best < value <= address or address < value < end):
                continue
            name = self.text(at)
            if not name or name.startswith(NO_NAMES):
                continue
            if value <= address:
                best, text = value, name
            else:
                end = value
        if text is None:
            return None
        return f"{printable(text)}+{address - best:#x}/{end - best:#x}[{self.name}]"

    def has(self, wanted):
        """True if the module's memory contains WANTED; None if not all of it can be read."""
        unread = False
        for start, end, _ in self.regions:
            data = b""
            for at in range(start, min(end, start + (1 << 26)), PAGE):
                try:
                    data = data[-len(wanted):] + self.kernel.read(at, PAGE)
                except drgn.FaultError:
                    data, unread = b"", True
                if wanted in data:
                    return True
        return None if unread else False


def find_module(kernel, debug):
    """Fill kernel.modules. Returns the module named labyrinth, or None."""
    found, offset = [], debug.offset("struct module", "list")
    for node in nodes(kernel, kernel.symbol("modules"), "modules"):
        try:
            found.append(Module(kernel, debug, debug.object("struct module", node - offset)))
        except drgn.FaultError as err:
            complain(f"the module at {node - offset:#x} cannot be read: {err}")
    kernel.modules = found
    return next((module for module in found if module.name == "labyrinth"), None)
