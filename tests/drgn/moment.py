# SPDX-License-Identifier: GPL-2.0
"""A core, and debugfs' tables when it was taken: FOLDER and MODULE of the tests."""
import os
import sys

FOLDER, MODULE = map(os.path.abspath, sys.argv[1:3])
CORE = FOLDER + "/vm/core"


def table(name):
    with open(f"{FOLDER}/{name}", encoding="ascii") as file:
        return file.read()


def rows(text):
    """Return the rows as cells by column, and the columns' names."""
    names, *lines = [line.split(" ") for line in text.splitlines()]
    assert all(len(line) == len(names) for line in lines), text
    return [dict(zip(names, line)) for line in lines], names
