# SPDX-License-Identifier: GPL-2.0
"""Parts of 64-bit little-endian ELF files that drgn does not expose."""
import struct

PT_NOTE = 4


def sections(path):
    """The contents of each section, by name; empty if PATH is not such a file."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x02\x01":
        return {}
    at, = struct.unpack_from("<Q", data, 0x28)
    size, nr, names = struct.unpack_from("<HHH", data, 0x3a)
    heads = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(nr)]
    strings = heads[names][4]
    return {data[strings + name:data.index(b"\0", strings + name)]: data[offset:offset + length]
            for name, _, _, _, offset, length in heads}


def note(file, wanted):
    """The contents of a core's note named WANTED, or None."""
    file.seek(0)
    head = file.read(64)
    at, = struct.unpack_from("<Q", head, 0x20)
    size, nr = struct.unpack_from("<HH", head, 0x36)
    file.seek(at)
    segments = [struct.unpack_from("<IIQQQQ", file.read(size)) for _ in range(nr)]
    for kind, _, offset, _, _, length in segments:
        if kind != PT_NOTE:
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
