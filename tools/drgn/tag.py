# SPDX-License-Identifier: GPL-2.0
"""Macros of labyrinth/core/tag.h, table.h and context.h, without LAB_, and the layout of a tag's
meta word. Debug info contains neither. tests/drgn/source.py compares them with the headers."""

PHASE_MASK = 0x7
FROM_RESERVE = 1 << 3
OWNER_SHIFT = 8
SLOTS_PER_PAGE = 2
HOP_RANGE = 32
CONTEXT_SERVING = 0x0001
CONTEXT_HARDIRQ = 0x0f00
CONTEXT_NMI = 0xf000


def signed(value):
    """The lower 32 bits as a signed number."""
    return (value & 0xffffffff ^ 1 << 31) - (1 << 31)


def owner(meta):
    return meta >> 32 + OWNER_SHIFT


def phase(meta):
    return meta >> 32 & PHASE_MASK


def from_reserve(meta):
    return int(bool(meta >> 32 & FROM_RESERVE))


def cpu(meta):
    return meta & 0xff | meta >> 16 & 0xff00


def context(meta):
    bits = meta >> 8 & 0xffff
    return ("nmi" if bits & CONTEXT_NMI else "hardirq" if bits & CONTEXT_HARDIRQ else
            "softirq" if bits & CONTEXT_SERVING else "task")


def time_jiffies(hz):
    """The unit of lab_tag::time in jiffies."""
    return 1 << max(hz // 50, 1).bit_length() - 1
