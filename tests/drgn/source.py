#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Compare tools/drgn/tag.py with labyrinth's headers. Prints KTAP."""
import itertools
import os
import re
import sys

from ktap import TOP, expect, run_tests

import tag


def read(*names):
    text = ""
    for name in names:
        with open(os.path.join(TOP, "labyrinth", name), encoding="ascii") as file:
            text += file.read()
    return text.replace("\\\n", "")


SOURCE = read("core/tag.h", "core/table.h", "core/context.h")
MACROS = dict(re.findall(r"^#define (LAB_\w+)[ \t]+(.+?)[ \t]*(?:/\*.*)?$", SOURCE, re.M))
ENUM = re.search(r"^enum lab_phase \{\n(.*?)^\};", SOURCE, re.M | re.S)[1]
PHASES = range(re.findall(r"^\t(LAB_\w+),", ENUM, re.M).index("LAB_NR_PHASES"))


def worth(text, **variables):
    """Evaluate a C expression of numbers, with operators that Python has as well."""
    text = re.sub(r"\(u(32|64)\)", "", text).replace("/", "//")
    text = re.sub(r"\b(0x[0-9a-f]+|[0-9]+)U?L*\b", r"\1", text)
    names = {
        "BIT": lambda nr: 1 << nr,
        "GENMASK": lambda high, low: (2 << high) - (1 << low),
        "ilog2": lambda value: value.bit_length() - 1,
        **variables,
    }
    for name in re.findall(r"\bLAB_\w+", text):
        names[name] = worth(MACROS[name], **variables)
    return eval(text, {"__builtins__": {}}, names)


def returned(function, **arguments):
    """Return the value of a one-line function."""
    found = re.search(rf"\b{function}\([^)]*\)\n\{{\n\treturn (.*);\n\}}", SOURCE)
    assert found, f"{function}() is missing or has more than one line"
    return worth(found[1], **arguments)


def metas():
    """Yield metas of tags as the module builds them, with their fields."""
    for cpu, context, owner, phase, reserve in itertools.product(
            (0, 1, 0xff, 0x100, 0x1234, 0xffff), (0, 1, 2, 0x0100, 0x1000, 0xffff),
            (1, 0x123456, 0xffffff), PHASES, (0, 1)):
        flags = worth("LAB_FROM_RESERVE") if reserve else worth("LAB_FLAGS_MASK ^ LAB_FROM_RESERVE")
        state = returned("lab_state", owner=owner, flags=flags, phase=phase)
        where = returned("lab_where", cpu=cpu, context=context)
        yield returned("lab_meta", state=state, where=where), (owner, phase, reserve, cpu), context


def test_constants_match_the_macros():
    names = [name for name in vars(tag) if name.isupper()]
    expect("constants", len(names), 8)
    for name in names:
        assert "LAB_" + name in MACROS, f"there is no LAB_{name}"
        expect(name, getattr(tag, name), worth("LAB_" + name))


def test_fields_of_meta_match_the_headers():
    for meta, parts, _ in metas():
        got = tag.owner(meta), tag.phase(meta), tag.from_reserve(meta), tag.cpu(meta)
        expect(f"owner, phase, from_reserve and CPU of {meta:#x}", got, parts)


def test_context_is_the_innermost():
    named = {0: "task", 1: "softirq", 2: "task", 0x0100: "hardirq", 0x1000: "nmi", 0xffff: "nmi"}
    for meta, _, context in metas():
        expect(f"context of {meta:#x}", tag.context(meta), named[context])
    for bits in (0x0101, 0x0f00):
        expect(f"context {bits:#x}", tag.context(bits << 8), "hardirq")


def test_unit_of_time_matches():
    for hz in (100, 250, 300, 1000):
        expect(f"jiffies at {hz} HZ", tag.time_jiffies(hz), worth("LAB_TIME_JIFFIES", HZ=hz))


def test_caller_is_sign_extended():
    for far in (0, 1, -1, (1 << 31) - 1, -(1 << 31)):
        expect(f"signed {far}", tag.signed(far & 0xffffffff), far)


def test_every_phase_fits_in_meta():
    assert 4 < len(PHASES) <= tag.PHASE_MASK + 1, PHASES


sys.exit(run_tests(globals()))
