#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Convert a terminal's screen, as "tmux capture-pane -e -p" prints it, to HTML for a <pre>.

usage: screen_html.py <SCREEN

Supports what top uses: bold, underlined and reversed text, and the 16 colours.
"""
import html
import re
import sys

PAPER, INK = "#14161a", "#d8dade"
COLOURS = ("#3a3f47 #f4716b #7cc96f #e5c352 #6ea8fe #c792ea #5fc9d8 #d8dade "
           "#7a808a #ff938d #9be38d #ffdd75 #93c0ff #dcb0ff #86e3ef #ffffff").split()


class Pen:
    """The attributes of the following text."""

    def __init__(self):
        self.bold = self.underlined = self.reversed = False
        self.ink = self.paper = None

    def obey(self, codes):
        for code in (int(code or 0) for code in codes.split(";")):
            if code == 0:
                self.__init__()
            elif code in (1, 22):
                self.bold = code == 1
            elif code in (4, 24):
                self.underlined = code == 4
            elif code in (7, 27):
                self.reversed = code == 7
            elif 30 <= code <= 39:
                self.ink = COLOURS[code - 30] if code < 38 else None
            elif 40 <= code <= 49:
                self.paper = COLOURS[code - 40] if code < 48 else None
            elif 90 <= code <= 97:
                self.ink = COLOURS[code - 82]

    def style(self):
        ink, paper = self.ink or INK, self.paper or PAPER
        if self.reversed:
            ink, paper = paper, ink
        return (f"color:{ink};background:{paper}" + ";font-weight:bold" * self.bold +
                ";text-decoration:underline" * self.underlined)


def main():
    pen = Pen()
    for part in re.split(r"(\033\[[0-9;]*m)", sys.stdin.read()):
        if part.startswith("\033["):
            pen.obey(part[2:-1])
        elif part:
            print(f'<span style="{pen.style()}">{html.escape(part)}</span>', end="")


main()
