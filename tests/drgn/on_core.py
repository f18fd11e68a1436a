#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Run tools/drgn on a core, and on files that are no core. Prints KTAP.

usage: on_core.py FOLDER LABYRINTH.KO OTHER.KO

FOLDER has vm/core, and the tables owners and pages of that moment.
"""
import lzma
import os
import subprocess
import sys

from ktap import SCRIPT, expect, expect_in, run_tests
from moment import CORE, FOLDER, MODULE, rows, table

import elf

OTHER = sys.argv[3]


def run(*words, by=("/usr/bin/python3", SCRIPT), cwd=None):
    done = subprocess.run([*by, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, cwd=cwd, timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def run_on_core(*words):
    return run(f"--core={CORE}", f"--module={MODULE}", *words)


def without_ages(text):
    lines, names = rows(text)
    return names, [{**line, "age_ms": "", "use": ""} for line in lines]


# ---- an intact core


def test_owners_match_debugfs():
    status, out, err = run_on_core("owners")
    expect("status and complaints", (status, err), (0, ""))
    expect("owners", out, table("owners"))
    assert len(out.splitlines()) == 5, out


def test_pages_match_debugfs():
    status, out, err = run_on_core("pages")
    expect("status and complaints", (status, err), (0, ""))
    expect("pages", without_ages(out), without_ages(table("pages")))
    states = {line["state"] for line in rows(out)[0]}
    expect("states", states, {"owned", "ready", "quarantined", "orphan"})


def test_all_ages_advance_equally():
    was, now = (rows(text)[0] for text in (table("pages"), run_on_core("pages")[1]))
    later = [int(b["age_ms"]) - int(a["age_ms"]) for a, b in zip(was, now)]
    # The first lines of a long table are read before the last.
    assert 0 <= min(later) and max(later) - min(later) <= 1000 and max(later) < 120000, later
    assert min(int(line["age_ms"]) for line in rows(table("pages"))[0]) >= 2000


def test_owner_option_selects_one_owner():
    for owner in {line["owner"] for line in rows(table("pages"))[0]} | {"nobody"}:
        lines = rows(run_on_core("pages", f"--owner={owner}")[1])[0]
        wanted = [line for line in rows(table("pages"))[0] if line["owner"] == owner]
        expect(owner, [line["pfn"] for line in lines], [line["pfn"] for line in wanted])
    lines = rows(run_on_core("owners", "--owner=nic-rx")[1])[0]
    expect("owners", [line["name"] for line in lines], ["nic-rx"])


def test_more_columns_come_last():
    for name in ("owners", "pages"):
        plain, more = run_on_core(name)[1], run_on_core(name, "--more")[1]
        wider = 2 if name == "owners" else 3
        cut = "".join(" ".join(line.split(" ")[:-wider]) + "\n" for line in more.splitlines())
        expect(name, cut, plain)


def test_script_runs_directly_by_drgn_and_through_a_link():
    link = FOLDER + "/link"
    if not os.path.islink(link):
        os.symlink(SCRIPT, link)
    for file in (SCRIPT, link):
        for by in ([file, f"--core={CORE}"], ["drgn", "-q", "-c", CORE, file]):
            status, out, _ = run(f"--module={MODULE}", "owners", by=by, cwd="/")
            expect(f"status of {by}", status, 0)
            expect("owners", out, table("owners"))


def test_compressed_module_is_read():
    with open(MODULE, "rb") as file:
        data = file.read()
    packed = FOLDER + "/labyrinth.ko.xz"
    with lzma.open(packed, "w", preset=0) as file:
        file.write(data)
    status, out, _ = run(f"--core={CORE}", f"--module={packed}", "owners")
    expect("status", status, 0)
    expect("owners", out, table("owners"))


# ---- error messages


def expect_words(got, status, words):
    expect("status and what is printed", got[:2], (status, ""))
    expect_in(words, got[2])
    assert "Traceback" not in got[2] and got[2].startswith("labyrinth.py: "), got[2]


def test_missing_drgn_is_reported():
    expect_words(run("owners", by=("/usr/bin/python3", "-I", "-S", SCRIPT)), 1,
                 "drgn is missing: as root, run \"apt-get install python3-drgn\".")


def test_missing_file_is_reported():
    expect_words(run("--core=/nowhere", "owners"), 1, "There is no /nowhere.")
    expect_words(run(f"--core={CORE}", "--module=/nowhere", "owners"), 6, "there is no /nowhere")


def test_truncated_module_is_reported():
    with open(MODULE, "rb") as file:
        data = file.read()
    for name, part in (("cut.ko", data[:len(data) // 2]),
                       ("cut.ko.xz", lzma.compress(data[:4096])[:-64])):
        with open(f"{FOLDER}/{name}", "wb") as file:
            file.write(part)
        expect_words(run(f"--core={CORE}", f"--module={FOLDER}/{name}", "owners"), 6,
                     f"{name} cannot be read: ")


def test_file_that_is_no_core_is_reported():
    expect_words(run(f"--core={SCRIPT}", "owners"), 1, "is no core that drgn can read")
    expect_words(run(f"--core={MODULE}", "owners"), 1, "is no core that drgn can read")


def cut_core(size, change=lambda head: head):
    with open(CORE, "rb") as file:
        head = change(file.read(size))
    with open(CORE + ".cut", "wb") as file:
        file.write(head)
        file.truncate(os.stat(CORE).st_size)
    return CORE + ".cut"


def test_missing_vmcoreinfo_is_reported():
    cut = cut_core(1 << 16, lambda head: head.replace(b"VMCOREINFO", b"vmcoreinfo"))
    expect_words(run(f"--core={cut}", "owners"), 1, "-device vmcoreinfo")


def test_truncated_core_is_reported():
    cut = cut_core(1 << 20)
    expect_words(run(f"--core={cut}", "owners"), 1, "")
    os.truncate(cut, 1 << 20)
    expect_words(run(f"--core={cut}", "owners"), 1, "")


def test_missing_debug_info_is_reported():
    stripped = FOLDER + "/stripped.ko"
    subprocess.run(["objcopy", "-g", MODULE, stripped], check=True)
    expect_words(run(f"--core={CORE}", f"--module={stripped}", "owners"), 6,
                 "stripped.ko has no debug info (.debug_info; BTF does not do)")
    expect_words(run(f"--core={CORE}", f"--module={OTHER}", "owners"), 6,
                 "has no debug info of labyrinth")


def test_debug_info_of_another_build_is_reported():
    with open(MODULE, "rb") as file:
        data = file.read()
    build_id = elf.sections(MODULE)[b".note.gnu.build-id"]
    expect("notes of its build", data.count(build_id), 1)
    other = FOLDER + "/other.ko"
    with open(other, "wb") as file:
        file.write(data.replace(build_id, build_id[:-1] + bytes([build_id[-1] ^ 1])))
    expect_words(run(f"--core={CORE}", f"--module={other}", "owners"), 6,
                 "other.ko is of another build than the module that is loaded")


def test_help_prints_the_usage():
    status, out, _ = run("--help")
    expect("status", status, 0)
    expect_in("usage: labyrinth.py [--core=FILE]", out)
    for words in ((), ("zones",), ("owners", "--hz=0"), ("owners", "--nonsense")):
        expect(f"status of {words}", run(*words)[0], 2)


sys.exit(run_tests(globals()))
