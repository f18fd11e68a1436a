# SPDX-License-Identifier: GPL-2.0
"""The kernel's memory map: pfn, node and zone of a struct page."""
import drgn

from kernel import WORD
from say import complain


class MemMap:
    def __init__(self, kernel, debug):
        self.kernel = kernel
        try:
            self.start = kernel.info_symbol("vmemmap")
        except KeyError:
            self.start = kernel.pointer(kernel.symbol("vmemmap_base"))
        self.size = debug.size("struct page")
        self.flags = debug.offset("struct page", "flags")
        zones = {name.split("_", 1)[1]: value for value, name in debug.enum("zone_type").items()}
        self.zone_bits = (zones.pop("_MAX_NR_ZONES") - 1).bit_length()
        self.zones = {value: name if name.startswith("DMA") else name.capitalize()
                      for name, value in zones.items()}
        # A single node takes no bits.
        self.node_bits = (int(kernel.info.get("LENGTH(node_data)", 1)) - 1).bit_length()

    def page(self, pfn):
        return self.start + pfn * self.size & WORD

    def place(self, page, whose):
        """The page's pfn, node and zone."""
        pfn, odd = divmod(page - self.start, self.size)
        if odd or not 0 <= pfn < 1 << 40:
            complain(f"{whose}: {page:#x} is no struct page")
            return "?", "?", "?"
        try:
            flags = self.kernel.pointer(page + self.flags)
        except drgn.FaultError:
            complain(f"{whose}: the struct page of pfn {pfn}, {page:#x}, cannot be read")
            return pfn, "?", "?"
        node = flags >> 64 - self.node_bits
        zone = flags >> 64 - self.node_bits - self.zone_bits & (1 << self.zone_bits) - 1
        return pfn, node, self.zones.get(zone, "?")
