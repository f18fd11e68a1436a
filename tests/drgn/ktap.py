# SPDX-License-Identifier: GPL-2.0
"""Run functions test_*, each named for its claim, and print the results as KTAP."""
import os
import signal
import sys
import traceback

TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
SCRIPT = os.path.join(TOP, "tools/drgn/labyrinth.py")
sys.path.insert(0, os.path.dirname(SCRIPT))


def expect(what, got, wanted):
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def expect_in(text, said):
    assert text in said, f"got {said!r}, wanted {text!r}"


def too_long(_signal, _frame):
    raise AssertionError("timed out")


def run_tests(module):
    signal.signal(signal.SIGALRM, too_long)
    tests = [(name, test) for name, test in module.items() if name.startswith("test_")]
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
