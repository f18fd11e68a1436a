# SPDX-License-Identifier: GPL-2.0
"""Open a core or this kernel's memory, and read its VMCOREINFO."""
import os
import struct
import sys

import drgn

import elf
from say import Trouble

THIS_KERNEL = "/proc/kcore"
HOW_QEMU = "with \"-device vmcoreinfo\" and qemu_fw_cfg.ko loaded in the guest."


def open_core(path):
    prog = drgn.Program()
    try:
        prog.set_core_dump(path)
    except FileNotFoundError:
        if path == THIS_KERNEL:
            raise Trouble(1, "There is no /proc/kcore: the kernel has been built without "
                          "CONFIG_PROC_KCORE, or /proc is not mounted.") from None
        raise Trouble(1, f"There is no {path}.") from None
    except PermissionError:
        if path != THIS_KERNEL:
            raise Trouble(1, f"{path}: Permission denied.") from None
        raise Trouble(5, "The kernel is locked down: not even root may read /proc/kcore."
                      if os.geteuid() == 0 else
                      "Only root may read /proc/kcore: run this command as root.") from None
    except Exception as err:    # drgn raises several kinds for a file that is not a core
        raise Trouble(1, f"{path} is no core that drgn can read: {err}") from None
    return prog


def core_of_drgn():
    """The core named on drgn's own command line."""
    words = sys.orig_argv[1:len(sys.orig_argv) - len(sys.argv) + 1]
    for i, word in enumerate(words):
        if word in ("-c", "--core") and i + 1 < len(words):
            return words[i + 1]
        if word.startswith("--core="):
            return word[len("--core="):]
        if word.startswith("-c") and not word.startswith("--"):
            return word[2:]
    return THIS_KERNEL


def check_core(prog, path):
    if not prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL:
        raise Trouble(1, f"{path} is no core of a kernel, or has no VMCOREINFO: cores of QEMU "
                      f"have it {HOW_QEMU}")
    wanted = drgn.PlatformFlags.IS_64_BIT | drgn.PlatformFlags.IS_LITTLE_ENDIAN
    if prog.platform.flags & wanted != wanted:
        raise Trouble(1, f"{path}: only 64-bit kernels that are little endian are known here.")


def kdump_vmcoreinfo(file):
    """VMCOREINFO of a file compressed by makedumpfile."""
    file.seek(428)
    block, = struct.unpack("<I", file.read(4))
    file.seek(block + 32)
    offset, size = struct.unpack("<QQ", file.read(16))
    file.seek(offset)
    return file.read(min(size, 1 << 20)) if offset else None


def read_vmcoreinfo(prog, path):
    try:
        text = prog["VMCOREINFO"].string_()
    except LookupError:     # older drgn does not expose it
        with open(path, "rb") as file:
            kdump = file.read(8) in (b"KDUMP   ", b"DISKDUMP")
            text = kdump_vmcoreinfo(file) if kdump else elf.note(file, b"VMCOREINFO")
    if not text:
        raise Trouble(1, f"{path} has no VMCOREINFO, so nothing can be found in it. Cores of QEMU "
                      f"have it {HOW_QEMU}")
    return dict(line.split("=", 1) for line in text.decode("ascii", "replace").split("\n")
                if "=" in line)
