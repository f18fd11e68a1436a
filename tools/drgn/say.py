# SPDX-License-Identifier: GPL-2.0
"""What is said beside the table, on standard error."""
import sys

complaints = []


class Trouble(Exception):
    """The end, in words, with an exit status."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


def say(words):
    print(f"labyrinth.py: {words}", file=sys.stderr)


def complain(words):
    """Something is not as it should be, and the rest goes on."""
    complaints.append(words)
    say(words)


def printable(raw):
    """What any bytes are as one cell."""
    text = "".join(chr(b) if 0x21 <= b <= 0x7e else f"\\x{b:02x}" for b in raw.split(b"\0")[0])
    return text or "?"
