# SPDX-License-Identifier: GPL-2.0
"""The types of labyrinth.ko, from its debug info."""
import lzma
import os
import struct
import tempfile

import drgn

import elf
from kernel import WORD
from module import find_module
from say import Trouble, complain

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")


def candidates(release):
    for folder in ("/usr/lib/debug/lib/modules", "/lib/modules"):
        for end in ("", ".debug", ".xz"):
            yield f"{folder}/{release}/updates/labyrinth/labyrinth.ko{end}"
    yield os.path.join(os.path.normpath(TOP), "labyrinth", "labyrinth.ko")


def uncompressed(file):
    """The file, or an uncompressed temporary copy that is removed on exit."""
    if not file.endswith(".xz"):
        return file, None
    copy = tempfile.NamedTemporaryFile(suffix=".ko")
    with lzma.open(file) as packed:
        copy.write(packed.read())
    copy.flush()
    return copy.name, copy


class DebugInfo:
    def __init__(self, kernel, file):
        path, self.unpacked = uncompressed(file)
        sections = elf.sections(path)
        self.build_id = sections.get(b".note.gnu.build-id")
        if b".debug_info" not in sections:
            raise Trouble(6, f"{file} has no debug info (.debug_info; BTF does not do). A module "
                          "has it if its kernel has CONFIG_DEBUG_INFO, as Debian's have, and if "
                          "it is not stripped: name the labyrinth.ko that make left in "
                          "labyrinth/ by --module.")
        # A separate program: the core's would need the kernel's debug info first.
        self.kernel = kernel
        self.types = drgn.Program(kernel.prog.platform)
        try:
            self.types.load_debug_info([path])
            for name in ("labyrinth_owner", "lab_table", "module"):
                self.type(f"struct {name}")
        except (LookupError, OSError, drgn.MissingDebugInfoError) as err:
            raise Trouble(6, f"{file} has no debug info of labyrinth: {err}") from None

    def type(self, name):
        return self.types.type(name)

    def size(self, kind):
        return self.type(kind).size

    def offset(self, kind, member):
        return drgn.offsetof(self.type(kind), member)

    def enum(self, name):
        return {e.value: e.name for e in self.type(f"enum {name}").enumerators}

    def object(self, kind, address):
        """An object that knows the addresses of its members, but cannot be read itself."""
        return drgn.Object(self.types, kind, address=address & WORD)

    def copy(self, there):
        data = self.kernel.read(there.address_, drgn.sizeof(there))
        return drgn.Object.from_bytes_(self.types, there.type_, data)

    def value(self, there):
        """A number; atomic_t and similar types yield their counter."""
        value = self.copy(there).value_()
        return value["counter"] if isinstance(value, dict) else value


def choose_debug_info(kernel, named):
    """The debug info of the build in memory, and the addresses of its symbols by name."""
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
        except (OSError, EOFError, struct.error, ValueError, IndexError, lzma.LZMAError) as err:
            tried.append(f"{file} cannot be read: {err}")
            continue
        module = find_module(kernel, debug)
        if not module and b"lab_owners" in kernel.symbols.by_name:
            return debug, kernel.symbols.by_name    # built into the kernel
        if not module:
            raise Trouble(3, "The module labyrinth is not loaded in that kernel, "
                          f"{kernel.release}.")
        same = module.has(debug.build_id) if debug.build_id else None
        if same is not False:
            if same is None:
                complain(f"whether {file} is of the build that is loaded cannot be checked")
            return debug, module.by_name()
        tried.append(f"{file} is of another build than the module that is loaded")
    raise Trouble(6, "\n".join(tried) or
                  "labyrinth.ko with debug info is needed, of the build that is loaded in that "
                  f"kernel, {kernel.release}: name it by --module. make leaves it in labyrinth/. "
                  "Looked for: " + ", ".join(candidates(kernel.release)))
