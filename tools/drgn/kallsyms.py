# SPDX-License-Identifier: GPL-2.0
"""The kernel's symbol table, in the format of its scripts/kallsyms.c."""
import bisect

import drgn

from say import Trouble, printable

# A larger number is overwritten memory.
MOST_SYMBOLS = 1 << 24


class Kallsyms:
    def __init__(self, kernel):
        self.kernel = kernel
        cut_off = "Was the core written to its end"
        try:
            nr, = kernel.unpack("I", kernel.info_symbol("kallsyms_num_syms"))
            if not 0 < nr <= MOST_SYMBOLS:
                raise Trouble(1, f"the kernel's table of symbols cannot have {nr} of them. "
                              f"{cut_off}?")
            self.names = self.read_names(nr)
            self.addresses = self.read_addresses(nr)
        except KeyError as err:
            raise Trouble(1, f"VMCOREINFO does not have {err}: it is none of a kernel "
                          "from 6.1 on with CONFIG_KALLSYMS") from None
        except (drgn.FaultError, IndexError) as err:
            raise Trouble(1, f"the kernel's table of symbols cannot be read ({err}). {cut_off}, "
                          "and with pages of the kernel?") from None
        self.by_name = {name[1:]: address for name, address in zip(self.names, self.addresses)}

    def read_names(self, nr):
        """The symbols' names, each with its type letter in front."""
        kernel = self.kernel
        indexes = kernel.unpack("256H", kernel.info_symbol("kallsyms_token_index"))
        table = kernel.info_symbol("kallsyms_token_table")
        tokens = [kernel.string(table + index, 64) for index in indexes]
        at, data, pos, names = kernel.info_symbol("kallsyms_names"), b"", 0, []
        for _ in range(nr):
            if len(data) < pos + 2 + (1 << 15):
                data = data[pos:]
                at, pos = at + pos, 0
                data += kernel.read_most(at + len(data), 1 << 20)
            length = data[pos]
            pos += 1
            if length & 0x80:
                length = length & 0x7f | data[pos] << 7
                pos += 1
            names.append(b"".join(map(tokens.__getitem__, data[pos:pos + length])))
            pos += length
        return names

    def read_addresses(self, nr):
        kernel = self.kernel
        table = kernel.info_symbol("kallsyms_offsets")
        offsets = kernel.unpack(f"{nr}i", table)
        if "SYMBOL(kallsyms_relative_base)" not in kernel.info:
            return [table + 4 * i + offset for i, offset in enumerate(offsets)]
        base = kernel.pointer(kernel.info_symbol("kallsyms_relative_base"))
        if min(offsets) < 0:    # then offsets >= 0 are addresses of per-CPU variables
            return [offset if offset >= 0 else base - 1 - offset for offset in offsets]
        return [base + offset for offset in offsets]

    def name_of(self, address):
        start, end = (self.by_name.get(name, 0) for name in (b"_stext", b"_end"))
        if not start <= address < end:
            return None
        i = bisect.bisect_right(self.addresses, address)
        if not i:
            return None
        start = self.addresses[i - 1]
        end = self.addresses[i] if i < len(self.addresses) else address + 1
        first = bisect.bisect_left(self.addresses, start)
        return f"{printable(self.names[first][1:])}+{address - start:#x}/{end - start:#x}"
