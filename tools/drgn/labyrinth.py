#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print labyrinth's tables "owners" and "pages" from a core or from this kernel's memory.

usage: labyrinth.py [--core=FILE] [--module=FILE] [--hz=N] owners|pages
                    [--owner=NAME] [--more]
       drgn [-c FILE] labyrinth.py [--module=FILE] ... owners|pages ...

The columns are those of the files in /sys/kernel/debug/labyrinth, so that the tables can be
compared. "#7" is an owner that is being destroyed; "?" is a value that cannot be read.
Inconsistencies are reported on standard error, and the rest of the table is still printed.

It needs drgn (Debian: python3-drgn) and labyrinth.ko with debug info, of the same build as
the module in that memory. It does not need the kernel's debug info: it finds the kernel's
symbols in the symbol table (CONFIG_KALLSYMS_ALL, set in Debian's kernels) and in VMCOREINFO.
/proc/kcore and kdump's cores have VMCOREINFO; QEMU's cores (dump-guest-memory, virsh dump
--memory-only) have it with "-device vmcoreinfo" and qemu_fw_cfg.ko loaded in the guest.
Cores compressed by makedumpfile work too, even with -d 31. "Flattened" cores and QEMU's own
compressed cores do not.

Exit status: 0 done; 1 something cannot be read, or drgn is missing; 2 wrong use; 3 the module
is not loaded in that kernel; 5 only root may read /proc/kcore; 6 debug info is missing or of
another build.
"""
import argparse
import os
import sys

# Write no bytecode as root into the source tree, and find the modules if drgn runs this file.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from say import Trouble, complaints, say


def parse():
    parser = argparse.ArgumentParser(prog="labyrinth.py", add_help=False)
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

  --core=FILE    read a core instead of this kernel's memory
  --module=FILE  labyrinth.ko with debug info, as built
  --owner=NAME   only this owner and its pages
  --more         more columns: for owners, the handle's address and the slow-path reasons;
                 for pages, the addresses of struct page and tag, and the tag's meta word
  --hz=N         CONFIG_HZ of that kernel, if it is not found""")
        sys.exit(0)
    if not args.table or (args.hz is not None and args.hz < 1):
        parser.error("which table: owners or pages?" if not args.table else "--hz is at least 1")
    return args


def open_table(args):
    # Imported late: they need drgn, which may be missing.
    import core
    from debuginfo import choose_debug_info
    from kernel import Kernel
    from lab import Lab
    from owners import Owners
    from pages import Pages

    prog = globals().get("prog")        # set if drgn runs this file
    path = core.core_of_drgn() if prog else args.core or core.THIS_KERNEL
    prog = prog or core.open_core(path)
    core.check_core(prog, path)
    kernel = Kernel(prog, path)
    debug, names = choose_debug_info(kernel, args.module)
    lab = Lab(kernel, debug, names)
    return Owners(lab) if args.table == "owners" else Pages(lab, args.hz)


def run():
    args = parse()
    try:
        import drgn
    except ImportError:
        raise Trouble(1, "drgn is missing: as root, run \"apt-get install python3-drgn\". It is "
                      f"for /usr/bin/python3; this is {sys.executable}.") from None
    try:
        table = open_table(args)
        print(table.COLUMNS + (table.MORE if args.more else ""))
        for line in table.lines(args.owner, args.more):
            print(line)
    except drgn.FaultError as err:
        raise Trouble(1, f"what is needed to go on cannot be read: {err}") from None


def main():
    try:
        run()
        sys.stdout.flush()
    except Trouble as err:
        say(err)
        return err.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
