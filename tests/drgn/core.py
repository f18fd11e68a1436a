#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""labyrinth-drgn.py on a core: as it is, broken, and of what is none. Prints KTAP.

usage: core.py FOLDER LABYRINTH.KO OTHER.KO

FOLDER has vm/core, and the tables owners and pages of that moment.
"""
import contextlib
import importlib.util
import io
import lzma
import os
import random
import signal
import struct
import subprocess
import sys
import traceback

import drgn

FOLDER, MODULE, OTHER = sys.argv[1:]
CORE = FOLDER + "/vm/core"
SCRIPT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../tools/labyrinth-drgn.py")
spec = importlib.util.spec_from_file_location("script", SCRIPT)
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def run(*words, by=("/usr/bin/python3", SCRIPT)):
    done = subprocess.run([*by, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def run_on_core(*words):
    return run(f"--core={CORE}", f"--module={MODULE}", *words)


def table(name):
    with open(f"{FOLDER}/{name}", encoding="ascii") as file:
        return file.read()


def expect(what, got, wanted):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def expect_in(text, said):
    assert text in said, f"got {said!r}, wanted {text!r}"


def rows(text):
    """Cells by column, and the line of names."""
    names, *lines = [line.split(" ") for line in text.splitlines()]
    assert all(len(line) == len(names) for line in lines), text
    return [dict(zip(names, line)) for line in lines], names


def without_ages(text):
    lines, names = rows(text)
    return names, [{**line, "age_ms": ""} for line in lines]


# ---- what it says of the core as it is


def test_owners_are_line_by_line_those_of_the_table():
    status, out, err = run_on_core("owners")
    expect("status and complaints", (status, err), (0, ""))
    expect("owners", out, table("owners"))
    assert len(out.splitlines()) == 5, out


def test_pages_are_line_by_line_those_of_the_table():
    status, out, err = run_on_core("pages")
    expect("status and complaints", (status, err), (0, ""))
    expect("pages", without_ages(out), without_ages(table("pages")))
    states = {line["state"] for line in rows(out)[0]}
    expect("states", states, {"owned", "ready", "quarantined", "orphan"})


def test_all_ages_have_gone_on_by_as_much():
    was, now = (rows(text)[0] for text in (table("pages"), run_on_core("pages")[1]))
    later = [int(b["age_ms"]) - int(a["age_ms"]) for a, b in zip(was, now)]
    # The first lines of a long table are read before the last.
    assert 0 <= min(later) and max(later) - min(later) <= 1000 and max(later) < 120000, later
    assert min(int(line["age_ms"]) for line in rows(table("pages"))[0]) >= 2000


def test_one_owner_has_its_pages():
    for owner in {line["owner"] for line in rows(table("pages"))[0]} | {"nobody"}:
        lines = rows(run_on_core("pages", f"--owner={owner}")[1])[0]
        wanted = [line for line in rows(table("pages"))[0] if line["owner"] == owner]
        expect(owner, [line["pfn"] for line in lines], [line["pfn"] for line in wanted])
    lines = rows(run_on_core("owners", "--owner=nic-rx")[1])[0]
    expect("owners", [line["name"] for line in lines], ["nic-rx"])


def test_more_columns_come_behind_the_others():
    for name in ("owners", "pages"):
        plain, more = run_on_core(name)[1], run_on_core(name, "--more")[1]
        wider = 2 if name == "owners" else 3
        cut = "".join(" ".join(line.split(" ")[:-wider]) + "\n" for line in more.splitlines())
        expect(name, cut, plain)


def test_drgn_runs_it_as_well():
    status, out, _ = run(f"--module={MODULE}", "owners", by=("drgn", "-q", "-c", CORE, SCRIPT))
    expect("status", status, 0)
    expect("owners", out, table("owners"))


def test_the_module_is_found_where_it_is_installed_xz_or_not():
    with open(MODULE, "rb") as file:
        data = file.read()
    packed = FOLDER + "/labyrinth.ko.xz"
    with lzma.open(packed, "w", preset=0) as file:
        file.write(data)
    status, out, _ = run(f"--core={CORE}", f"--module={packed}", "owners")
    expect("status", status, 0)
    expect("owners", out, table("owners"))


# ---- what cannot be done, in words


def expect_words(got, status, words):
    expect("status and what is printed", got[:2], (status, ""))
    expect_in(words, got[2])
    assert "Traceback" not in got[2] and got[2].startswith("labyrinth-drgn: "), got[2]


def test_it_says_that_drgn_is_missing():
    expect_words(run("owners", by=("/usr/bin/python3", "-I", "-S", SCRIPT)), 1,
                 "drgn is missing: as root, run \"apt-get install python3-drgn\".")


def test_it_says_that_there_is_no_such_file():
    expect_words(run("--core=/nowhere", "owners"), 1, "There is no /nowhere.")
    expect_words(run(f"--core={CORE}", "--module=/nowhere", "owners"), 6, "there is no /nowhere")


def test_it_says_what_is_no_core():
    expect_words(run(f"--core={SCRIPT}", "owners"), 1, "is no core that drgn can read")
    expect_words(run(f"--core={MODULE}", "owners"), 1, "is no core that drgn can read")


def cut_core(size, change=lambda head: head):
    with open(CORE, "rb") as file:
        head = change(file.read(size))
    with open(CORE + ".cut", "wb") as file:
        file.write(head)
        file.truncate(os.stat(CORE).st_size)
    return CORE + ".cut"


def test_it_says_that_vmcoreinfo_is_missing():
    cut = cut_core(1 << 16, lambda head: head.replace(b"VMCOREINFO", b"vmcoreinfo"))
    expect_words(run(f"--core={cut}", "owners"), 1, "-device vmcoreinfo")


def test_it_says_that_a_core_was_cut_off():
    cut = cut_core(1 << 20)
    expect_words(run(f"--core={cut}", "owners"), 1, "")
    os.truncate(cut, 1 << 20)
    expect_words(run(f"--core={cut}", "owners"), 1, "")


def test_it_says_that_debug_info_is_missing():
    stripped = FOLDER + "/stripped.ko"
    subprocess.run(["objcopy", "-g", MODULE, stripped], check=True)
    expect_words(run(f"--core={CORE}", f"--module={stripped}", "owners"), 6,
                 "stripped.ko has no debug info (.debug_info; BTF does not do)")
    expect_words(run(f"--core={CORE}", f"--module={OTHER}", "owners"), 6,
                 "has no debug info of labyrinth")


def test_it_says_that_debug_info_is_of_another_build():
    with open(MODULE, "rb") as file:
        data = file.read()
    _, sections = script.elf_sections(MODULE)
    at, size = sections[b".note.gnu.build-id"]
    other = FOLDER + "/other.ko"
    with open(other, "wb") as file:
        file.write(data[:at + size - 1] + bytes([data[at + size - 1] ^ 1]) + data[at + size:])
    expect_words(run(f"--core={CORE}", f"--module={other}", "owners"), 6,
                 "other.ko is of another build than the module that is loaded")


def test_it_says_how_it_is_used():
    status, out, _ = run("--help")
    expect("status", status, 0)
    expect_in("usage: labyrinth-drgn.py [--core=FILE]", out)
    for words in ((), ("zones",), ("owners", "--hz=0"), ("owners", "--nonsense")):
        expect(f"status of {words}", run(*words)[0], 2)


# ---- memory that is not as it should be


class Broken(script.Kernel):
    """Some bytes say something else, and some pages are not there."""

    def __init__(self):
        self.patches, self.lost = {}, []
        super().__init__(script.open_core(CORE), CORE)

    def read(self, address, size):
        address &= script.WORD
        for start, end in self.lost:
            if address < end and address + size > start:
                raise drgn.FaultError("lost by the test", address)
        data = super().read(address, size)
        for at, new in self.patches.items():
            if address < at + len(new) and at < address + size:
                data = bytearray(data)
                for i, byte in enumerate(new):
                    if 0 <= at + i - address < size:
                        data[at + i - address] = byte
                data = bytes(data)
        return data


class Memory:
    """The core, opened once, to be broken by each test in its way."""

    def __init__(self):
        self.kernel = Broken()
        self.debug, self.module = script.choose_debug_info(self.kernel, MODULE)
        self.names = self.module.by_name()
        self.healthy = self.labyrinth()
        self.owner = {self.healthy.owner_name(at): at for at in self.healthy.owners}

    def labyrinth(self):
        return script.Labyrinth(self.kernel, self.debug, self.module, None)

    def field(self, kind, at, member):
        return at + self.debug.offset(f"struct {kind}", member)

    def bank(self, i=0):
        return self.kernel.pointer(self.names[b"lab_banks"] + 8 * i)

    def tags(self):
        return self.debug.value(self.debug.object("struct lab_bank", self.bank()).slots.tags)

    def used_tag(self):
        """A tag of nic-rx, which is in the first bank."""
        line = next(l for l in self.healthy.page_lines("nic-rx", True) if " owned " in l)
        return int(line.split(" ")[-2], 16), line

    def tables(self, patches=None, lost=()):
        """Owners and pages, and what was complained."""
        self.kernel.patches, self.kernel.lost = patches or {}, list(lost)
        self.kernel.named = {}
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                lab = self.labyrinth()
                owners = list(lab.owner_lines(None, False))
                pages = list(lab.page_lines(None, False))
            except (script.Trouble, drgn.FaultError) as err:
                owners, pages = [], []
                print(err, file=sys.stderr)
        self.kernel.patches, self.kernel.lost = {}, []
        return owners, pages, said.getvalue()


memory = None


def broken(patches=None, lost=()):
    global memory
    memory = memory or Memory()
    return memory.tables(patches, lost)


def names(owners):
    return [line.split(" ")[1] for line in owners]


def word(value):
    return struct.pack("<Q", value & script.WORD)


def test_in_a_copy_of_its_memory_it_finds_the_same():
    owners, pages, said = broken()
    expect("owners", owners, table("owners").splitlines()[1:])
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect("complaints", said, "")


def test_a_list_that_runs_in_a_circle_ends():
    broken()
    first, second = (memory.field("labyrinth_owner", memory.owner[name], "list")
                     for name in ("nic-rx", "disk-tx"))
    owners, _, said = broken({second: word(first)})
    expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])
    expect_in("the list of owners is broken: after 2 it leads to", said)
    owners, _, said = broken({first: word(first)})
    expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])


def test_what_is_behind_a_broken_link_is_found_from_the_other_end():
    broken()
    node = memory.field("labyrinth_owner", memory.owner["nic-rx"], "list")
    for wrong, why in ((0x6b6b6b6b6b6b6b6b, "cannot be read"),
                       (memory.names[b"lab_banks"], "does not lead back"), (1 << 62, "cannot be read")):
        owners, pages, said = broken({node: word(wrong)})
        expect("names", names(owners), ["nic-rx", "disk-tx", "zeroes", "scoped"])
        expect_in(why, said)
        assert not any(" #" in line for line in pages), pages


def test_an_owner_that_cannot_be_read_is_named_and_the_rest_goes_on():
    broken()
    at = memory.owner["disk-tx"]
    cpu = memory.field("labyrinth_owner", at, "cpu")
    owners, pages, said = broken({cpu: word(1 << 62)})
    expect("owners", len(owners), 4)
    expect_in(" disk-tx lab_puppet owner 8 ? ? 0 8 0 ? ? ", owners[1])
    expect_in(f"owner disk-tx at {at:#x}: cannot be read: the CPUs' counters", said)
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    start = memory.field("labyrinth_owner", at, "bound")
    owners, _, said = broken(lost=[(start, start + 4)])
    expect("owners", len(owners), 4)
    expect_in("owner disk-tx", said)
    bank = memory.field("labyrinth_owner", at, "bank")
    owners, _, said = broken({bank: word(1 << 62)})
    expect_in(" 1 0 ? 8", owners[1])
    expect_in("owner disk-tx", said)


def test_a_name_of_garbage_is_one_cell():
    broken()
    at = memory.field("labyrinth_owner", memory.owner["disk-tx"], "name")
    owners, _, _ = broken({at: b"a b\n\xff\x1b[31m\\" + b"z" * 60})
    expect("cells", len(owners[1].split(" ")), 18)
    expect_in("a\\x20b\\x0a\\xff\\x1b[31m", owners[1])
    node = memory.kernel.pointer(memory.names[b"lab_orphans"])
    start = node - memory.debug.offset("struct lab_orphan", "list")
    _, pages, _ = broken({memory.field("lab_orphan", start, "caller"): b"\xff\x80 z\0"})
    assert any(line.endswith(" \\xff\\x80\\x20z") for line in pages), pages


def test_a_bank_that_cannot_be_is_left_out():
    broken()
    slots = memory.field("lab_bank", memory.bank(), "nr_slots")
    _, pages, said = broken({slots: b"\xff\xff\xff\xff"})
    expect_in("is overwritten: it has 4294967295, ", said)
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    homes = memory.field("lab_bank", memory.bank(), "slots.homes")
    _, pages, said = broken({slots: b"\xff\xff\xff\xff", homes: bytes(4)})
    expect_in("bank 0 is left out, and the pages in it", said)
    assert any(" orphan " in line for line in pages), pages
    _, pages, said = broken({memory.names[b"lab_banks"]: word(0xdead << 40)})
    expect_in("bank 0 at 0xdead0000000000 cannot be read", said)
    _, pages, said = broken({memory.names[b"lab_nr_banks"]: struct.pack("<I", 1 << 31)})
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect_in("there cannot be 2147483648 banks", said)


def test_slots_that_cannot_be_read_are_counted():
    broken()
    tag, line = memory.used_tag()
    _, pages, said = broken(lost=[(tag, tag + 1)])
    expect("pages", len(pages), len(table("pages").splitlines()) - 2)
    slot = (tag - memory.tags()) // 32
    expect_in("bank 0: 1 of ", said)
    expect_in(f"slots cannot be read, from {slot} to {slot}: pages may be missing", said)


def test_a_page_that_is_none_is_named():
    broken()
    tag, _ = memory.used_tag()
    page = memory.field("lab_tag", tag, "page")
    _, pages, said = broken({page: word(0xdeadbeef)})
    expect("pages", len(pages), len(table("pages").splitlines()) - 1)
    expect_in("owner nic-rx: 0xdeadbeef is no struct page", said)
    _, pages, said = broken({page: word(memory.healthy.pages + 64 * (1 << 36))})
    expect_in(f"owner nic-rx: the struct page of pfn {1 << 36}, ", said)


def test_a_tag_of_nobody_shows_the_number():
    broken()
    tag, line = memory.used_tag()
    old = int(line.split(" ")[-1], 16)
    _, pages, _ = broken({memory.field("lab_tag", tag, "word"): word(old & (1 << 40) - 1 | 77 << 40)})
    assert any(line.split(" ")[1] == "#77" for line in pages), pages
    _, pages, said = broken({memory.field("lab_tag", tag, "word"): word(old | 7 << 32)})
    expect_in("is no tag's word", said)


# The same breaks each time, in whatever is read.
def test_500_random_breaks_end_without_a_traceback():
    broken()
    rng = random.Random(1)
    size = memory.debug.types.type("struct labyrinth_owner").size
    places = [(at, size) for at in memory.owner.values()]
    places += [(memory.bank(), 48), (memory.tags(), 32 * 200)]
    places += [(memory.names[name], 16) for name in (b"lab_owners", b"lab_orphans", b"lab_banks")]
    node = memory.kernel.pointer(memory.names[b"lab_orphans"])
    places += [(node - 64, 800)] * 2
    known = list(memory.owner.values()) + [memory.bank(), memory.tags(), node, 0, script.WORD]
    for _ in range(500):
        patches = {}
        for _ in range(rng.randrange(1, 4)):
            at, length = rng.choice(places)
            value = rng.choice((rng.choice(known) + rng.randrange(-64, 64) * 8, rng.getrandbits(64),
                                rng.getrandbits(8), 0x6b6b6b6b6b6b6b6b))
            patches[at + rng.randrange(length // 8) * 8] = word(value)
        try:
            broken(patches)
        except Exception as err:
            raise AssertionError(f"{patches}: {traceback.format_exc()}") from err


def too_long(_signal, _frame):
    raise AssertionError("it does not end")


def main():
    signal.signal(signal.SIGALRM, too_long)
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    print("KTAP version 1")
    print(f"1..{len(tests)}")
    for nr, (name, test) in enumerate(tests, 1):
        signal.alarm(300)
        try:
            test()
            ok = "ok"
        except Exception as err:
            print("\n".join("# " + line[:2000] for line in str(err).splitlines()[-30:]))
            if not isinstance(err, AssertionError):
                print("\n".join("# " + line for line in traceback.format_exc().splitlines()[-12:]))
            ok, failed = "not ok", 1
        print(f"{ok} {nr} {name[len('test_'):].replace('_', ' ')}", flush=True)
    return failed


sys.exit(main())
