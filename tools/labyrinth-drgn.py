#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The tables "owners" and "pages" of labyrinth from memory: of a core, or of this kernel.

usage: labyrinth-drgn.py [--core=FILE] [--module=FILE] [--hz=N] owners|pages
                         [--owner=NAME] [--more]
       drgn [-c FILE] labyrinth-drgn.py [--module=FILE] ... owners|pages ...

The columns are those of the files in /sys/kernel/debug/labyrinth, so that one table can be
laid beside the other; "#7" is an owner that is just being destroyed, "?" what cannot be
read. What is not as it should be is told on standard error, and the rest goes on.

It needs drgn (Debian: python3-drgn), and labyrinth.ko with debug info, of the same build as
the module that is in that memory; but none of the kernel's debug info. Where the kernel's
own things are it finds in its table of symbols (CONFIG_KALLSYMS_ALL, as Debian's kernels
have it) and in VMCOREINFO: /proc/kcore and cores of kdump have that, those of QEMU
(dump-guest-memory, virsh dump --memory-only) with "-device vmcoreinfo" and qemu_fw_cfg.ko
loaded in the guest. Cores that makedumpfile compressed do as well, even with
-d 31; not those that are "flattened", nor the compressed ones of QEMU itself.

Exit status: 0 done; 1 something cannot be read, or drgn is missing; 2 wrong use; 3 the module
is not loaded in that kernel; 5 only root may read /proc/kcore; 6 debug info is missing, or of
another build.
"""
import argparse
import bisect
import os
import re
import struct
import sys
import tempfile

try:
    import drgn
except ImportError:
    drgn = None

# What macros say in the module's sources, which debug info does not tell: labyrinth/tag.h.
FROM_RESERVE = 1 << 3
FLAGS_MASK = 0xf8
STATE_MASK = 0x7
OWNER_SHIFT = 8
SLOTS_PER_PAGE = 2
STACK_DEPTH = 8
HOP_RANGE = 32
MOST_SLOTS = (1 << 31) // 32

# More of these are no list, but memory that has been overwritten.
MOST_MODULES = 1 << 14
MOST_OWNERS = 1 << 20
MOST_ORPHANS = 1 << 24
MOST_SYMBOLS = 1 << 24
MOST_CPUS = 1 << 16

PAGE = 4096
WORD = (1 << 64) - 1

OWNERS = ("id name module scope budget owned stocked stock peak from_reserve allocs frees "
          "refused violations quarantined reserve_pct bytes could_sleep")
PAGES = "pfn owner state age_ms context cpu node zone from_reserve stack caller"
MORE = {"owners": " handle attention", "pages": " page tag word"}


class Trouble(Exception):
    """The end, in words, with an exit status."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


complaints = 0


def complain(words):
    global complaints
    complaints += 1
    print(f"labyrinth-drgn: {words}", file=sys.stderr)


def printable(raw):
    """What any bytes are as one cell."""
    text = "".join(chr(b) if 0x21 <= b <= 0x7e else f"\\x{b:02x}" for b in raw.split(b"\0")[0])
    return text or "?"


def characters(array):
    """An array of char, which drgn has as numbers with a sign."""
    return bytes(char & 0xff for char in array.value_())


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


# ---- files


def elf_sections(file):
    """Name, offset and size of each section of an ELF file for 64 bits, little endian."""
    with open(file, "rb") as f:
        data = f.read()
    if data[:6] != b"\x7fELF\x02\x01":
        return data, {}
    at, = struct.unpack_from("<Q", data, 0x28)
    size, nr, names = struct.unpack_from("<HHH", data, 0x3a)
    heads = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(nr)]
    strings = heads[names][4]
    return data, {data[strings + h[0]:data.index(b"\0", strings + h[0])]: (h[4], h[5])
                  for h in heads}


def elf_note(file, wanted):
    """What the note named WANTED of a core says, or None."""
    file.seek(0)
    head = file.read(64)
    at, = struct.unpack_from("<Q", head, 0x20)
    size, nr = struct.unpack_from("<HH", head, 0x36)
    file.seek(at)
    for kind, _, offset, _, _, length in struct.iter_unpack(
            "<IIQQQQ", b"".join(file.read(size)[:40] for _ in range(nr))):
        if kind != 4:
            continue
        file.seek(offset)
        notes, pos = file.read(min(length, 1 << 24)), 0
        while pos + 12 <= len(notes):
            name, desc, _ = struct.unpack_from("<III", notes, pos)
            start = pos + 12 + (name + 3 & ~3)
            if notes[pos + 12:pos + 12 + name].rstrip(b"\0") == wanted:
                return notes[start:start + desc]
            pos = start + (desc + 3 & ~3)
    return None


def kdump_vmcoreinfo(file):
    """The same of a file that makedumpfile or QEMU compressed."""
    file.seek(428)
    block, = struct.unpack("<I", file.read(4))
    file.seek(block + 32)
    offset, size = struct.unpack("<QQ", file.read(16))
    file.seek(offset)
    return file.read(min(size, 1 << 20)) if offset else None


def read_vmcoreinfo(prog, path):
    try:
        text = prog["VMCOREINFO"].string_()
    except LookupError:     # of a drgn that does not give it away
        with open(path, "rb") as file:
            kdump = file.read(8) in (b"KDUMP   ", b"DISKDUMP")
            text = kdump_vmcoreinfo(file) if kdump else elf_note(file, b"VMCOREINFO")
    if not text:
        raise Trouble(1, f"{path} has no VMCOREINFO, so nothing can be found in it. Cores of QEMU "
                      "have it with \"-device vmcoreinfo\" and qemu_fw_cfg.ko loaded in the guest.")
    return dict(line.split("=", 1) for line in text.decode("ascii", "replace").split("\n")
                if "=" in line)


# ---- the kernel


class Kernel:
    """Its memory and its symbols."""

    def __init__(self, prog, path):
        self.prog = prog
        self.info = read_vmcoreinfo(prog, path)
        self.release = self.info.get("OSRELEASE", "?")
        self.map_image()
        self.read_kallsyms()
        self.modules = None
        self.named = {}

    def map_image(self):
        """QEMU's cores do not say where x86's kernel image is, nor does drgn 0.0.22 know."""
        start = 0xffffffff80000000
        try:
            base = int(self.info["NUMBER(phys_base)"])
            size = int(self.info.get("NUMBER(KERNEL_IMAGE_SIZE)", 1 << 29))
            try:
                self.pointer(self.info_symbol("swapper_pg_dir"))
            except drgn.FaultError:
                self.prog.add_memory_segment(
                    start, size, lambda address, length, _offset, _physical:
                    self.prog.read(address - start + base, length, True))
        except KeyError:
            pass

    def read(self, address, size):
        return self.prog.read(address & WORD, size)

    def unpack(self, layout, address):
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    def pointer(self, address):
        return self.unpack("Q", address)[0]

    def string(self, address, most):
        """Up to the first 0, which may be the last byte that can be read."""
        text = b""
        while len(text) < most and b"\0" not in text:
            step = min(most - len(text), 64 - (address + len(text)) % 64)
            text += self.read(address + len(text), step)
        return text.split(b"\0")[0]

    def info_symbol(self, name):
        return int(self.info[f"SYMBOL({name})"], 16)

    def read_kallsyms(self):
        """Names and addresses of all symbols, as scripts/kallsyms.c of the kernel packs them."""
        try:
            nr, = self.unpack("I", self.info_symbol("kallsyms_num_syms"))
            if not 0 < nr <= MOST_SYMBOLS:
                raise Trouble(1, f"the kernel's table of symbols cannot have {nr} of them. Was the "
                              "core written to its end?")
            self.names = self.kallsyms_names(nr)
            self.addresses = self.kallsyms_addresses(nr)
        except KeyError as err:
            raise Trouble(1, f"VMCOREINFO does not have {err}: it is none of a kernel "
                          "from 6.1 on with CONFIG_KALLSYMS") from None
        except (drgn.FaultError, IndexError) as err:
            raise Trouble(1, f"the kernel's table of symbols cannot be read ({err}). Was the core "
                          "written to its end, and with pages of the kernel?") from None
        self.by_name = {name[1:]: address for name, address in zip(self.names, self.addresses)}

    def kallsyms_names(self, nr):
        indexes = self.unpack("256H", self.info_symbol("kallsyms_token_index"))
        table = self.info_symbol("kallsyms_token_table")
        tokens = [self.string(table + index, 64) for index in indexes]
        at, data, pos, names = self.info_symbol("kallsyms_names"), b"", 0, []
        for _ in range(nr):
            if len(data) < pos + 2 + (1 << 15):
                data = data[pos:]
                at, pos = at + pos, 0
                data += self.read_most(at + len(data), 1 << 20)
            length = data[pos]
            pos += 1
            if length & 0x80:
                length = length & 0x7f | data[pos] << 7
                pos += 1
            names.append(b"".join(map(tokens.__getitem__, data[pos:pos + length])))
            pos += length
        return names

    def read_most(self, address, size):
        """As much of it as there is, a page at least."""
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

    def kallsyms_addresses(self, nr):
        table = self.info_symbol("kallsyms_offsets")
        offsets = self.unpack(f"{nr}i", table)
        if "SYMBOL(kallsyms_relative_base)" not in self.info:
            return [table + 4 * i + offset & WORD for i, offset in enumerate(offsets)]
        base = self.pointer(self.info_symbol("kallsyms_relative_base"))
        if min(offsets) < 0:    # the others are of per-CPU variables
            return [offset if offset >= 0 else base - 1 - offset for offset in offsets]
        return [base + offset for offset in offsets]

    def symbol(self, name):
        try:
            return self.by_name[name.encode()]
        except KeyError:
            pass
        try:
            return self.prog.symbol(name).address   # where drgn has the kernel's debug info
        except LookupError:
            raise Trouble(1, f"the kernel's table of symbols does not have {name}: it has been built "
                          "without CONFIG_KALLSYMS_ALL or is not known here. Run this by drgn with "
                          "the kernel's debug info (Debian: "
                          f"linux-image-{self.release}-dbg).") from None

    # -- lists, of which no pointer is believed

    def links(self, node):
        return self.unpack("QQ", node)

    def nodes(self, head, what, most):
        """The nodes of a list, in order; those on both sides of a place where it is broken."""
        there, seen = self.walk(head, what, most, set(), 0)
        if there and there[-1] is None:
            back, _ = self.walk(head, None, most, seen, 1)
            there = there[:-1] + [node for node in reversed(back) if node is not None]
        return there

    def walk(self, head, what, most, seen, way):
        """One way until the end, or until it leads astray: then the last one is None."""
        found, last, why = [], head, None
        try:
            node = self.links(head)[way]
        except drgn.FaultError:
            if what:
                complain(f"the list of {what} cannot be read: its head, {head:#x}, is not there")
            return [], seen
        while node != head:
            where = f"after {len(found)} it leads to {node:#x}, which "
            if node in seen or len(found) >= most:
                why = where + "it had already" if node in seen else f"{most} are too many"
                break
            try:
                links = self.links(node)
            except drgn.FaultError:
                why = where + "cannot be read"
                break
            if links[1 - way] != last:
                why = where + "does not lead back"
                break
            seen.add(node)
            found.append(node)
            last, node = node, links[way]
        if why:
            found.append(None)
            if what:
                complain(f"the list of {what} is broken: {why}. What follows is from its other end.")
        return found, seen

    # -- names of addresses, as the kernel prints them by %pS

    def name(self, address):
        if address not in self.named:
            try:
                self.named[address] = self.kernel_name(address) or self.module_name(address)
            except drgn.FaultError:
                self.named[address] = None
        return self.named[address] or f"{address:#x}"

    def kernel_name(self, address):
        if not self.by_name.get(b"_stext", WORD) <= address < self.by_name.get(b"_end", 0):
            return None
        i = bisect.bisect_right(self.addresses, address)
        if not i:
            return None
        start = self.addresses[i - 1]
        end = self.addresses[i] if i < len(self.addresses) else address + 1
        first = bisect.bisect_left(self.addresses, start)
        return f"{printable(self.names[first][1:])}+{address - start:#x}/{end - start:#x}"

    def module_name(self, address):
        for module in self.modules or ():
            name = module.name_of(address)
            if name:
                return name
        return None


class Module:
    """A module in the kernel's list."""

    def __init__(self, kernel, debug, module):
        self.kernel = kernel
        self.name = printable(kernel.string(module.name.address_, 64))
        self.regions = []       # start and end, and end of what has symbols
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
        """Pairs of an address and where its name is."""
        if self.known is None:
            at, nr, strings = self.table
            self.known = []
            data = self.kernel.read(at, 24 * min(nr, MOST_SYMBOLS))
            for name, _, _, section, value, _ in list(struct.iter_unpack("<IBBHQQ", data))[1:]:
                if section:
                    self.known.append((value, strings + name))
        return self.known

    def symbol_text(self, at):
        return self.kernel.string(at, 512)

    def by_name(self):
        return {self.symbol_text(at): address for address, at in self.symbols()}

    def name_of(self, address):
        region = next((r for r in self.regions if r[0] <= address < r[1]), None)
        if not region:
            return None
        best, end, text = region[0] - 1, region[2], None
        for value, at in self.symbols():
            if not (best < value <= address or address < value < end):
                continue
            name = self.symbol_text(at)
            if not name or name.startswith((b".L", b"L0", b"$")):
                continue
            if value <= address:
                best, text = value, name
            else:
                end = value
        if text is None:
            return None
        return f"{printable(text)}+{address - best:#x}/{end - best:#x}[{self.name}]"

    def has(self, wanted):
        """Are these bytes in its memory? None where that cannot be read."""
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


# ---- the module's debug info


def candidates(release):
    for folder in ("/usr/lib/debug/lib/modules", "/lib/modules"):
        for end in ("", ".debug", ".xz"):
            yield f"{folder}/{release}/updates/labyrinth/labyrinth.ko{end}"
    here = os.path.dirname(os.path.realpath(__file__))
    yield os.path.join(os.path.dirname(here), "labyrinth", "labyrinth.ko")


def uncompressed(file):
    """The file, or a copy to read, which goes when this process does."""
    if not file.endswith(".xz"):
        return file, None
    import lzma
    copy = tempfile.NamedTemporaryFile(suffix=".ko")
    try:
        with lzma.open(file) as packed:
            copy.write(packed.read())
    except lzma.LZMAError as err:
        raise Trouble(6, f"{file} cannot be read: {err}") from None
    copy.flush()
    return copy.name, copy


class DebugInfo:
    """The types of labyrinth.ko: what is where in the kernel's memory."""

    def __init__(self, kernel, file):
        self.file = file
        path, self.unpacked = uncompressed(file)
        data, sections = elf_sections(path)
        self.build_id = None
        if b".note.gnu.build-id" in sections:
            at, size = sections[b".note.gnu.build-id"]
            self.build_id = data[at:at + size]
        if b".debug_info" not in sections:
            raise Trouble(6, f"{file} has no debug info (.debug_info; BTF does not do). It has where "
                          "its kernel has CONFIG_DEBUG_INFO, as Debian's have, and nobody strips it: "
                          "name the labyrinth.ko that make left in labyrinth/ by --module.")
        # Apart from the core's program, which would want the kernel's debug info first.
        self.kernel = kernel
        self.types = drgn.Program(kernel.prog.platform)
        try:
            self.types.load_debug_info([path])
            for name in ("struct labyrinth_owner", "struct lab_bank", "struct module"):
                self.types.type(name)
        except (LookupError, OSError, drgn.MissingDebugInfoError) as err:
            raise Trouble(6, f"{file} has no debug info of labyrinth: {err}") from None

    def object(self, kind, address):
        """What knows where its members are, and cannot be read by itself."""
        return drgn.Object(self.types, kind, address=address & WORD)

    def copy(self, there):
        data = self.kernel.read(there.address_, drgn.sizeof(there))
        return drgn.Object.from_bytes_(self.types, there.type_, data)

    def value(self, there):
        return self.copy(there).value_()

    def offset(self, kind, member):
        return drgn.offsetof(self.types.type(kind), member)

    def enum(self, name):
        return {e.value: e.name for e in self.types.type(f"enum {name}").enumerators}


def find_module(kernel, debug):
    """All modules into kernel.modules; that named labyrinth, or None."""
    found, offset = [], debug.offset("struct module", "list")
    for node in kernel.nodes(kernel.symbol("modules"), "modules", MOST_MODULES):
        try:
            found.append(Module(kernel, debug, debug.object("struct module", node - offset)))
        except drgn.FaultError as err:
            complain(f"the module at {node - offset:#x} cannot be read: {err}")
    kernel.modules = found
    return next((module for module in found if module.name == "labyrinth"), None)


def choose_debug_info(kernel, named):
    """The debug info that is of the module in memory, and where the module is."""
    tried = []
    for file in [named] if named else candidates(kernel.release):
        if not os.path.exists(file):
            if named:
                raise Trouble(6, f"there is no {file}")
            continue
        try:
            debug = DebugInfo(kernel, file)
        except Trouble as err:
            tried.append(str(err))
            continue
        except (OSError, struct.error, ValueError, IndexError) as err:
            tried.append(f"{file} cannot be read: {err}")
            continue
        module = find_module(kernel, debug)
        if not module and kernel.by_name.get(b"lab_owners"):
            return debug, None      # part of the kernel
        if not module:
            raise Trouble(3, f"The module labyrinth is not loaded in that kernel, {kernel.release}.")
        same = module.has(debug.build_id) if debug.build_id else None
        if same is not False:
            if same is None:
                complain(f"whether {file} is of the build that is loaded cannot be checked")
            return debug, module
        tried.append(f"{file} is of another build than the module that is loaded")
    raise Trouble(6, "\n".join(tried) or
                  "labyrinth.ko with debug info is needed, of the build that is loaded in that kernel, "
                  f"{kernel.release}: name it by --module. make leaves it in labyrinth/. Looked for: "
                  + ", ".join(candidates(kernel.release)))


# ---- labyrinth


class Labyrinth:
    def __init__(self, kernel, debug, module, hz):
        self.kernel = kernel
        self.debug = debug
        symbols = module.by_name() if module else kernel.by_name
        try:
            self.at = {name: symbols[name.encode()] for name in (
                "lab_owners", "lab_orphans", "lab_banks", "lab_nr_banks", "lab_caller_gone")}
        except KeyError as err:
            raise Trouble(6, f"where the module has {err} is not known: its kernel has been built "
                          "without CONFIG_KALLSYMS_ALL") from None
        self.states = debug.enum("lab_state")
        self.contexts = {value: name.split("_")[-1].lower()
                         for value, name in debug.enum("labyrinth_context").items()}
        self.tag_size = debug.types.type("struct lab_tag").size
        self.read_cpus()
        self.read_layout_of_pages()
        self.read_clock(hz)
        self.owners = [node - debug.offset("struct labyrinth_owner", "list")
                       for node in kernel.nodes(self.at["lab_owners"], "owners", MOST_OWNERS)]

    def read_cpus(self):
        """Where each possible CPU has its variables."""
        kernel = self.kernel
        size = min(self.debug.types.type("struct cpumask").size, MOST_CPUS // 8)
        try:
            mask = int.from_bytes(kernel.read(kernel.symbol("__cpu_possible_mask"), size), "little")
            offsets = kernel.symbol("__per_cpu_offset")
            self.cpus = [kernel.pointer(offsets + 8 * cpu)
                         for cpu in range(8 * size) if mask >> cpu & 1]
        except drgn.FaultError as err:
            complain(f"the CPUs cannot be counted: {err}")
            self.cpus = None

    def read_layout_of_pages(self):
        """Where struct pages are, and where their flags have node and zone."""
        kernel = self.kernel
        try:
            self.pages = kernel.info_symbol("vmemmap")
        except KeyError:
            self.pages = kernel.pointer(kernel.symbol("vmemmap_base"))
        self.page_size = self.debug.types.type("struct page").size
        self.page_flags = self.debug.offset("struct page", "flags")
        zones = self.debug.enum("zone_type")
        nr = next(value for value, name in zones.items() if name == "__MAX_NR_ZONES")
        self.zone_names = {value: name.split("_", 1)[1] for value, name in zones.items()}
        for name in ("Normal", "Movable", "Device"):
            for value, its in self.zone_names.items():
                if its == name.upper():
                    self.zone_names[value] = name
        self.zone_bits = (nr - 1).bit_length()
        # One node has no number.
        self.node_bits = (int(kernel.info.get("LENGTH(node_data)", 1)) - 1).bit_length()

    def read_clock(self, hz):
        """The time, as tags have it. Without the kernel's HZ there are no ages."""
        kernel = self.kernel
        if not hz and b"tick_nsec" in kernel.by_name:
            hz = round(1e9 / max(kernel.pointer(kernel.symbol("tick_nsec")), 1))
        if not hz:
            try:
                with open(f"/boot/config-{kernel.release}", encoding="ascii") as config:
                    hz = int(re.search(r"^CONFIG_HZ=(\d+)$", config.read(), re.M)[1])
            except (OSError, TypeError):
                complain("the kernel's HZ is not known, so there are no ages: name it by --hz")
        self.hz = hz
        self.unit = 1 << max(hz // 50, 1).bit_length() - 1 if hz else 0
        self.jiffies = kernel.pointer(kernel.symbol("jiffies_64"))

    def age(self, jiffies):
        return jiffies * 1000 // self.hz if self.hz else "?"

    def age_of_tag(self, time):
        if not self.hz:
            return "?"
        return self.age((self.jiffies // self.unit - time & 0xffffffff) * self.unit)

    def caller(self, address):
        if not address:
            return "-"
        return "gone" if address == self.at["lab_caller_gone"] else self.kernel.name(address)

    # -- owners

    def owner(self, address):
        return self.debug.object("struct labyrinth_owner", address)

    def owner_name(self, address):
        try:
            return printable(self.kernel.string(self.owner(address).name.address_, 64))
        except drgn.FaultError:
            return "?"

    def owner_counts(self, owner):
        """What an owner has, worked out from its counters as labyrinth/books.c does."""
        if self.cpus is None:
            return None
        value = self.debug.value
        base = value(owner.cpu)
        lines = [self.debug.copy(self.debug.object("struct lab_cpu", base + offset)) for offset in self.cpus]
        arrived = value(owner.arrived.counter)
        allocs = sum(line.allocs.a.counter.value_() for line in lines)
        left = sum(line.left.value_() for line in lines)
        owned = allocs + arrived - left - sum(
            (line.recycled.head.value_() >> 32) + line.unkept.value_() for line in lines)
        owned = signed(owned, 32)
        ready = (value(owner.bound.counter) + value(owner.nr_stocked.counter) +
                 sum(line.spares.value_() for line in lines))
        return {
            "owned": owned,
            "allocs": allocs & WORD,
            "frees": max(allocs + arrived - owned - left, 0),
            "stocked": max(ready - owned - value(owner.quarantined.counter), 0),
        }

    def owner_bytes(self, owner):
        bank = self.debug.object("struct lab_bank", self.debug.value(owner.bank))
        slot = self.tag_size
        if self.debug.value(bank.stacks):
            slot += 8 * STACK_DEPTH
        handle = 1 << (self.debug.types.type("struct labyrinth_owner").size - 1).bit_length()
        return (self.debug.value(owner.tags) * SLOTS_PER_PAGE * slot + handle +
                len(self.cpus) * self.debug.types.type("struct lab_cpu").size)

    def owner_line(self, address, more):
        owner = self.owner(address)
        name = self.owner_name(address)
        lost = set()

        def cell(what, get):
            try:
                return get()
            except (drgn.FaultError, TypeError) as err:
                lost.add(f"{what} ({err})" if isinstance(err, drgn.FaultError) else what)
                return "?"

        def number(member):
            return cell(member, lambda: self.debug.value(getattr(owner, member)))

        def counter(member):
            return cell(member, lambda: self.debug.value(getattr(owner, member).counter))

        def tallies(member):
            return cell(member, lambda: sum(
                tally.nr.counter.value_() for tally in self.debug.copy(getattr(owner, member))))

        counts = cell("the CPUs' counters", lambda: self.owner_counts(owner))
        if not isinstance(counts, dict):
            counts = dict.fromkeys(("owned", "allocs", "frees", "stocked"), "?")
        scopes = ("owner", "process", "thread")
        scope = number("scope")
        cells = [
            number("id"), name,
            cell("module", lambda: printable(self.kernel.string(owner.module_name.address_, 64))),
            scopes[scope] if isinstance(scope, int) and scope < len(scopes) else "?",
            number("budget"), counts["owned"], counts["stocked"], number("stock"), number("peak"),
            counter("from_reserve"), counts["allocs"], counts["frees"], tallies("refused"),
            tallies("violated"), counter("quarantined"), number("reserve_pct"),
            cell("bank", lambda: self.owner_bytes(owner)), counter("could_sleep"),
        ]
        if more:
            cells += [f"{address:#x}", cell("attention", lambda: f"{self.debug.value(owner.attention):#x}")]
        if lost:
            complain(f"owner {name} at {address:#x}: cannot be read: {', '.join(sorted(lost))}")
        return " ".join(map(str, cells))

    def owner_lines(self, wanted, more):
        for address in self.owners:
            if not wanted or self.owner_name(address) == wanted:
                yield self.owner_line(address, more)

    # -- pages

    def page_place(self, page, whose):
        """Its number, node and zone."""
        pfn, odd = divmod(page - self.pages, self.page_size)
        if odd or not 0 <= pfn < 1 << 40:
            complain(f"{whose}: {page:#x} is no struct page")
            return "?", "?", "?"
        try:
            flags = self.kernel.pointer(page + self.page_flags)
        except drgn.FaultError:
            complain(f"{whose}: the struct page of pfn {pfn}, {page:#x}, cannot be read")
            return pfn, "?", "?"
        node = flags >> 64 - self.node_bits if self.node_bits else 0
        zone = flags >> 64 - self.node_bits - self.zone_bits & (1 << self.zone_bits) - 1
        return pfn, node, self.zone_names.get(zone, "?")

    def context(self, bits):
        """As lab_context_decode() does."""
        which = ("NMI" if bits & 0xf000 else "HARDIRQ" if bits & 0x0f00 else
                 "SOFTIRQ" if bits & 1 else "TASK")
        return which.lower()

    def stack(self, stacks, slot):
        if not stacks:
            return "-"
        try:
            callers = self.kernel.unpack(f"{STACK_DEPTH}Q", stacks + slot * 8 * STACK_DEPTH)
        except drgn.FaultError:
            return "?"
        if 0 in callers:
            callers = callers[:callers.index(0)]
        return "<".join(map(self.caller, callers)) or "-"

    def banks(self):
        """Number, address of the tags, of the stacks, and slots of each bank."""
        kernel = self.kernel
        try:
            nr, = kernel.unpack("I", self.at["lab_nr_banks"])
            room = self.debug.types["lab_banks"].type_.length
            if nr > room:
                complain(f"there cannot be {nr} banks: looking at {room}")
            banks = kernel.unpack(f"{room}Q", self.at["lab_banks"])[:nr]
        except drgn.FaultError as err:
            complain(f"the banks, where the tags are, cannot be read: {err}")
            return
        for i, address in enumerate(banks):
            if not address:
                continue
            try:
                bank = self.debug.copy(self.debug.object("struct lab_bank", address))
                tags, slots = bank.slots.tags.value_(), bank.nr_slots.value_()
                stacks = bank.stacks.value_()
            except drgn.FaultError as err:
                complain(f"bank {i} at {address:#x} cannot be read, nor the pages in it: {err}")
                continue
            # It is told three times: two must agree.
            told = [slots, bank.capacity.value_() * SLOTS_PER_PAGE + HOP_RANGE - 1,
                    bank.slots.homes.value_() // self.tag_size + HOP_RANGE - 1]
            likely = max(told, key=told.count)
            if told.count(likely) < 3:
                complain(f"bank {i} at {address:#x} is overwritten: it has {told[0]}, {told[1]} or "
                         f"{told[2]} slots")
            if told.count(likely) < 2 or likely > MOST_SLOTS:
                complain(f"bank {i} is left out, and the pages in it")
                continue
            slots = likely
            yield i, tags, stacks, slots

    def slots(self, tags, first, nr):
        """The bytes of some, None for each that cannot be read."""
        size = self.tag_size
        try:
            data = self.kernel.read(tags + first * size, nr * size)
            return [data[i:i + size] for i in range(0, nr * size, size)]
        except drgn.FaultError:
            if nr == 1:
                return [None]
        # What is missing are pages as a rule: ask for both ends before all of it.
        if nr <= PAGE // size:
            ends = self.slots(tags, first, 1) + self.slots(tags, first + nr - 1, 1)
            if ends == [None, None]:
                return [None] * nr
        return self.slots(tags, first, nr // 2) + self.slots(tags, first + nr // 2, nr - nr // 2)

    def tags(self, bank, tags, slots):
        """Number and bytes of each slot but the first, by which no page is found."""
        step = 2 * PAGE // self.tag_size
        nr_missing, missing = 0, None
        for first in range(0, slots, step):
            for slot, raw in enumerate(self.slots(tags, first, min(step, slots - first)), first):
                if raw is None:
                    nr_missing += 1
                    missing = missing[0] if missing else slot, slot
                elif slot:
                    yield slot, raw
        if nr_missing:
            complain(f"bank {bank}: {nr_missing} of {slots} slots cannot be read, from "
                     f"{missing[0]} to {missing[1]}: pages may be missing here")

    def page_lines(self, wanted, more):
        names = {}
        for address in self.owners:
            try:
                names[self.debug.value(self.owner(address).id)] = self.owner_name(address)
            except drgn.FaultError as err:
                complain(f"the owner at {address:#x} cannot be read: {err}")
        fields = [self.debug.offset("struct lab_tag", m) for m in ("word", "page", "caller", "time")]
        public = {"LAB_READY": "ready", "LAB_QUARANTINED": "quarantined"}
        near = self.at["lab_banks"]
        for bank, tags, stacks, slots in self.banks():
            for slot, raw in self.tags(bank, tags, slots):
                word, page = (struct.unpack_from("<Q", raw, at)[0] for at in fields[:2])
                owner_id = word >> 32 + OWNER_SHIFT
                if not page or not owner_id:
                    continue
                name = names.get(owner_id, f"#{owner_id}")
                if wanted and name != wanted:
                    continue
                caller, time = (struct.unpack_from("<I", raw, at)[0] for at in fields[2:])
                whose = f"bank {bank}, slot {slot}, owner {name}"
                state = self.states.get(word >> 32 & STATE_MASK)
                if state is None:
                    complain(f"{whose}: {word:#x} is no tag's word")
                pfn, node, zone = self.page_place(page, whose)
                line = (f"{pfn} {name} {public.get(state, 'owned')} {self.age_of_tag(time)} "
                        f"{self.context(word >> 8 & 0xffff)} {word & 0xff | word >> 16 & 0xff00} "
                        f"{node} {zone} {int(bool(word >> 32 & FLAGS_MASK & FROM_RESERVE))} "
                        f"{self.stack(stacks, slot)} "
                        f"{self.caller(near + signed(caller - near, 32) & WORD)}")
                yield line + (f" {page:#x} {tags + self.tag_size * slot:#x} {word:#x}" if more else "")
        yield from self.orphan_lines(wanted, more)

    def orphan_lines(self, wanted, more):
        at = self.debug.offset("struct lab_orphan", "list")
        for node in self.kernel.nodes(self.at["lab_orphans"], "orphans", MOST_ORPHANS):
            try:
                orphan = self.debug.copy(self.debug.object("struct lab_orphan", node - at))
                name = printable(characters(orphan.owner))
            except drgn.FaultError as err:
                complain(f"the orphan at {node - at:#x} cannot be read: {err}")
                continue
            if wanted and name != wanted:
                continue
            pfn = orphan.pfn.value_()
            page = self.pages + pfn * self.page_size & WORD
            try:
                if not self.debug.value(self.debug.object("struct page", page)._refcount.counter):
                    continue    # it has been freed: debugfs forgets those
            except drgn.FaultError:
                pass
            _, zone_node, zone = self.page_place(page, f"orphan of {name}")
            line = (f"{pfn} {name} orphan {self.age(self.jiffies - orphan.born.value_() & WORD)} "
                    f"{self.contexts.get(orphan.context.value_(), '?')} {orphan.cpu.value_()} "
                    f"{zone_node} {zone} {int(orphan.from_reserve.value_())} - "
                    f"{printable(characters(orphan.caller))}")
            yield line + (f" {page:#x} - -" if more else "")


# ---- the command


def open_core(path):
    prog = drgn.Program()
    try:
        prog.set_core_dump(path)
    except FileNotFoundError:
        if path == "/proc/kcore":
            raise Trouble(1, "There is no /proc/kcore: the kernel has been built without "
                          "CONFIG_PROC_KCORE, or /proc is not mounted.") from None
        raise Trouble(1, f"There is no {path}.") from None
    except PermissionError:
        if path != "/proc/kcore":
            raise Trouble(1, f"{path}: Permission denied.") from None
        raise Trouble(5, "The kernel is locked down: not even root may read /proc/kcore."
                      if os.geteuid() == 0 else
                      "Only root may read /proc/kcore: run this command as root.") from None
    except Exception as err:    # drgn has several for what is no core
        raise Trouble(1, f"{path} is no core that drgn can read: {err}") from None
    return prog


def check_core(prog, path):
    if not prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL:
        raise Trouble(1, f"{path} is no core of a kernel, or has no VMCOREINFO: cores of QEMU have it "
                      "with \"-device vmcoreinfo\" and qemu_fw_cfg.ko loaded in the guest.")
    wanted = drgn.PlatformFlags.IS_64_BIT | drgn.PlatformFlags.IS_LITTLE_ENDIAN
    if prog.platform.flags & wanted != wanted:
        raise Trouble(1, f"{path}: only 64-bit kernels that are little endian are known here.")


def core_of_drgn():
    """What drgn itself was told to look at."""
    words = sys.orig_argv[1:len(sys.orig_argv) - len(sys.argv) + 1]
    for i, word in enumerate(words):
        if word in ("-c", "--core") and i + 1 < len(words):
            return words[i + 1]
        if word.startswith("--core="):
            return word[len("--core="):]
        if word.startswith("-c") and not word.startswith("--"):
            return word[2:]
    return "/proc/kcore"


def parse():
    parser = argparse.ArgumentParser(prog="labyrinth-drgn.py", add_help=False)
    parser.add_argument("--core")
    parser.add_argument("--module")
    parser.add_argument("--hz", type=int)
    parser.add_argument("--owner")
    parser.add_argument("--more", action="store_true")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("table", nargs="?", choices=("owners", "pages"))
    args = parser.parse_args()
    if args.help:
        print(__doc__.strip() + """

  --core=FILE    a core in place of this kernel's memory
  --module=FILE  labyrinth.ko as it was built, with debug info
  --owner=NAME   only what is of this owner
  --more         more columns: of owners, address of the handle and what is special;
                 of pages, addresses of struct page and tag, and the tag's word
  --hz=N         CONFIG_HZ of that kernel, where it is not found""")
        sys.exit(0)
    if not args.table or (args.hz is not None and args.hz < 1):
        parser.error("which table: owners or pages?" if not args.table else "--hz is at least 1")
    return args


def run():
    args = parse()
    if drgn is None:
        raise Trouble(1, "drgn is missing: as root, run \"apt-get install python3-drgn\". It is for "
                      f"/usr/bin/python3; this is {sys.executable}.")
    prog = globals().get("prog")        # where drgn runs this
    path = core_of_drgn() if prog else args.core or "/proc/kcore"
    prog = prog or open_core(path)
    check_core(prog, path)
    kernel = Kernel(prog, path)
    debug, module = choose_debug_info(kernel, args.module)
    lab = Labyrinth(kernel, debug, module, args.hz)
    print((OWNERS if args.table == "owners" else PAGES) + (MORE[args.table] if args.more else ""))
    lines = lab.owner_lines if args.table == "owners" else lab.page_lines
    for line in lines(args.owner, args.more):
        print(line)


def main():
    try:
        run()
        sys.stdout.flush()
    except Trouble as err:
        print(f"labyrinth-drgn: {err}", file=sys.stderr)
        return err.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as err:
        if drgn is None or not isinstance(err, drgn.FaultError):
            raise
        print(f"labyrinth-drgn: what is needed to go on cannot be read: {err}", file=sys.stderr)
        return 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
