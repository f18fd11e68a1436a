# SPDX-License-Identifier: GPL-2.0
"""The kernel's memory and its symbols."""
import struct

import drgn

from core import read_vmcoreinfo
from kallsyms import Kallsyms
from say import Trouble

PAGE = 4096
WORD = (1 << 64) - 1


class Kernel:
    def __init__(self, prog, path):
        self.prog = prog
        self.info = read_vmcoreinfo(prog, path)
        self.release = self.info.get("OSRELEASE", "?")
        self.map_image()
        self.symbols = Kallsyms(self)
        self.modules = []
        self.named = {}

    def map_image(self):
        """Map x86's kernel image: QEMU's cores lack it, and drgn 0.0.22 does not find it."""
        start = 0xffffffff80000000
        try:
            base = int(self.info["NUMBER(phys_base)"])
            size = int(self.info.get("NUMBER(KERNEL_IMAGE_SIZE)", 1 << 29))
            self.pointer(self.info_symbol("swapper_pg_dir"))
        except KeyError:
            pass
        except drgn.FaultError:
            self.prog.add_memory_segment(
                start, size, lambda address, length, _offset, _physical:
                self.prog.read(address - start + base, length, True))

    def read(self, address, size):
        return self.prog.read(address & WORD, size)

    def read_most(self, address, size):
        """Read as much of SIZE as possible, at least up to the end of the page."""
        try:
            return self.read(address, size)
        except drgn.FaultError:
            data = self.read(address, PAGE - address % PAGE)
            try:
                while len(data) < size:
                    data += self.read(address + len(data), PAGE)
            except drgn.FaultError:
                pass
            return data

    def unpack(self, layout, address):
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    def pointer(self, address):
        return self.unpack("Q", address)[0]

    def string(self, address, most):
        """A string up to its NUL, which may be the last readable byte."""
        text = b""
        while len(text) < most and b"\0" not in text:
            step = min(most - len(text), 64 - (address + len(text)) % 64)
            text += self.read(address + len(text), step)
        return text.split(b"\0")[0]

    def info_symbol(self, name):
        return int(self.info[f"SYMBOL({name})"], 16)

    def symbol(self, name):
        try:
            return self.symbols.by_name[name.encode()]
        except KeyError:
            pass
        try:
            return self.prog.symbol(name).address   # if drgn has the kernel's debug info
        except LookupError:
            raise Trouble(1, f"the kernel's table of symbols does not have {name}: it has been "
                          "built without CONFIG_KALLSYMS_ALL or is not known here. Run this by "
                          "drgn with the kernel's debug info (Debian: "
                          f"linux-image-{self.release}-dbg).") from None

    def name(self, address):
        """The name of an address in the kernel's %pS format."""
        if address not in self.named:
            places = (place.name_of(address) for place in (self.symbols, *self.modules))
            try:
                name = next(filter(None, places), None)
            except drgn.FaultError:
                name = None
            self.named[address] = name or f"{address:#x}"
        return self.named[address]
