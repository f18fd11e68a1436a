# SPDX-License-Identifier: GPL-2.0
"""labyrinth's variables and owners in the kernel's memory."""
import drgn

from lists import nodes
from say import Trouble, printable

VARIABLES = ("lab_owners", "lab_orphans", "lab_tables", "lab_nr_tables", "lab_caller_gone")


class Lab:
    def __init__(self, kernel, debug, names):
        self.kernel = kernel
        self.debug = debug
        try:
            self.at = {name: names[name.encode()] for name in VARIABLES}
        except KeyError as err:
            raise Trouble(6, f"where the module has {err} is not known: its kernel has been built "
                          "without CONFIG_KALLSYMS_ALL") from None
        self.tag_size = debug.size("struct lab_tag")
        self.stack_depth = debug.type("struct lab_table").member("stacks").type.type.length
        offset = debug.offset("struct labyrinth_owner", "list")
        self.owners = [node - offset for node in nodes(kernel, self.at["lab_owners"], "owners")]

    def owner(self, address):
        return self.debug.object("struct labyrinth_owner", address)

    def owner_name(self, address):
        try:
            return printable(self.kernel.string(self.owner(address).name.address_, 64))
        except drgn.FaultError:
            return "?"

    def caller(self, address):
        if not address:
            return "-"
        return "gone" if address == self.at["lab_caller_gone"] else self.kernel.name(address)
