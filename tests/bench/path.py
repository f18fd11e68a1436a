#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Evaluate the paths that lab_path.ko recorded.

usage: path.py MODULE LOG             a line "path NAME STEPS LOCKED LINES WRITTEN" per path
       path.py MODULE LOG NAME...     the machine code that these paths executed, with its
                                      source lines and the memory it touches

MODULE is labyrinth.ko with its symbols, LOG the text of lab_path's debugfs file. STEPS
counts labyrinth's own instructions; LINES the cache lines of 64 bytes that they touch,
without the stack, struct page and the kernel's variables; WRITTEN those of these that
they write to.
"""
import re
import subprocess
import sys

REGS = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split()
STACK = 16 * 1024  # aligned to its size
MASK = (1 << 64) - 1
OPERAND = re.compile(r"(?:%(gs|es|ds|cs|ss|fs):)?(-?0x[0-9a-f]+)?\(([^)]*)\)")
ABSOLUTE = re.compile(r"%gs:(0x[0-9a-f]+)(?!\()")
NO_ACCESS = re.compile(r"(lea|nop|endbr|push|pop|call|ret|jmp|data16|cs nop|j[a-z]+ )")
ONLY_READS = re.compile(r"(cmp|test|bt)[bwlq]? ")


class Code:
    """One instruction of the module."""

    def __init__(self, text):
        self.text, self.source, self.symbol = text, "", ""
        bare = text.removeprefix("lock ")
        self.operand = None if NO_ACCESS.match(bare) else \
            OPERAND.search(bare) or ABSOLUTE.search(bare)
        # xchg with memory locks without a prefix.
        self.locked = bare != text or (bare.startswith("xchg") and self.operand is not None)
        self.writes = self.operand is not None and not ONLY_READS.match(bare) and (
            self.locked or bare.rstrip().endswith(self.operand.group(0)) or
            bare.startswith(("cmpxchg", "xadd", "xchg")))


def read_module(module):
    """Return {function: {offset: Code}} and the symbols that the module defines."""
    said = subprocess.run(["objdump", "-dlr", "--no-show-raw-insn", module], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    code, start, function, source, last = {}, 0, None, "", None
    for line in said.splitlines():
        if found := re.match(r"([0-9a-f]+) <(.*)>:$", line):
            start, function = int(found[1], 16), code.setdefault(found[2], {})
        elif found := re.match(r" *([0-9a-f]+):\t(\S.*)$", line):
            last = Code(re.sub(r" *<[^>]*>| *#.*", "", found[2]).strip())
            last.source = source
            function[int(found[1], 16) - start] = last
        elif found := re.match(r"\s+[0-9a-f]+: R_X86_64_\w+\s+(\S+)", line):
            last.symbol = re.sub(r"[-+]0x[0-9a-f]+$", "", found[1])
        elif found := re.match(r"/.*?/?([^/]+/[^/]+:\d+)", line):
            source = found[1]
    said = subprocess.run(["nm", "--defined-only", module], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return code, {line.split()[2] for line in said.splitlines()}


class Step:
    """One executed instruction, and the cache line it touched."""

    def __init__(self, code, regs, path, own):
        self.code, self.line, self.touches = code, None, ""
        if code.operand and code.operand.re is ABSOLUTE:
            self.touches = "kernel's " + (code.symbol or "per-CPU")
        elif code.operand:
            self.touch(code, dict(zip(REGS, regs)), path, own)

    def touch(self, code, regs, path, own):
        if code.symbol:
            if code.symbol in own or code.symbol.startswith("."):
                self.line = self.touches = code.symbol
            else:
                self.touches = "kernel's " + code.symbol
            return
        address = self.address(code, regs, path["gs"])
        if address >> 40 == path["page"] >> 40:
            self.touches = "struct page"
        elif address // STACK == regs["rsp"] // STACK:
            self.touches = "stack"
        else:
            self.line = address // 64

    @staticmethod
    def address(code, regs, gs):
        segment, offset, parts = code.operand.groups()
        base, index, scale = (parts.replace("%", "") + ",,").split(",")[:3]
        address = int(offset or "0", 16) + (gs if segment == "gs" else 0)
        address += regs.get(base, 0) + regs.get(index, 0) * int(scale or "1")
        return address & MASK


class Path:
    """One path: its steps, and runs of instructions outside labyrinth."""

    def __init__(self, name, page, gs):
        self.name, self.steps = name, []
        self.at = {"page": page, "gs": gs}

    def mine(self):
        return [step for step in self.steps if isinstance(step, Step)]

    def lines(self):
        return list(dict.fromkeys(s.line for s in self.mine() if s.line is not None))

    def summary(self):
        written = {s.line for s in self.mine() if s.line is not None and s.code.writes}
        locked = sum(s.code.locked for s in self.mine())
        return len(self.mine()), locked, len(self.lines()), len(written)

    def show(self):
        steps, locked, lines, written = self.summary()
        print(f"{self.name}: {steps} instructions, {locked} locked; cache lines of "
              f"labyrinth's own: {lines} touched, {written} of them written to")
        names = {line: f"line {number + 1}" for number, line in enumerate(self.lines())}
        for number, step in enumerate(self.steps):
            if isinstance(step, Step):
                code = step.code
                touches = step.touches if step.line is None else names[step.line]
                text = f"{code.text} {code.symbol and '<' + code.symbol + '>'}".strip()
                marks = ("L" if code.locked else " ") + ("W" if code.writes else " ")
                print(f"{number + 1:5} {marks} {text:56.56} {touches:24.24} {code.source}")
            else:
                print(f"      ... {step}")
        print()


def instruction(code, function, offset):
    """Return the instruction at offset, or the one that the kernel patched with others."""
    found = code[function]
    return found[max(start for start in found if start <= offset)]


def read_paths(log, code, own):
    paths = []
    for line in log:
        word = line.split()
        if line.startswith("path ") and "page=" in line:
            paths.append(Path(word[1], *(int(w.split("=")[1], 16) for w in word[2:4])))
        elif line.startswith("step "):
            function, offset = word[1].split("+")
            found = instruction(code, function, int(offset, 16))
            regs = [int(value, 16) for value in word[2:2 + len(REGS)]]
            paths[-1].steps.append(Step(found, regs, paths[-1].at, own))
        elif line.startswith("kernel ") and "lab_path" not in line and not word[1].startswith("0x"):
            paths[-1].steps.append(f"{word[1]}: {word[-1]} instructions")
    return paths


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    module, log, *wanted = sys.argv[1:]
    with open(log, encoding="ascii", errors="replace") as lines:
        paths = read_paths(lines, *read_module(module))
    for path in paths:
        if path.name in wanted:
            path.show()
        elif not wanted:
            print("path", path.name, *path.summary())


main()
