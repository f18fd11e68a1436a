# SPDX-License-Identifier: GPL-2.0
"""Messages on standard error."""
import sys

complaints = []


class Trouble(Exception):
    """A fatal error with its exit status."""

    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


def say(words):
    print(f"labyrinth.py: {words}", file=sys.stderr)


def complain(words):
    """Report an inconsistency and go on."""
    complaints.append(words)
    say(words)


def printable(raw):
    """Escape any bytes into one cell."""
    text = "".join(chr(b) if 0x21 <= b <= 0x7e else f"\\x{b:02x}" for b in raw.split(b"\0")[0])
    return text or "?"
