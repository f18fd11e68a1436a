# SPDX-License-Identifier: GPL-2.0
"""Ages, computed from jiffies. They need the kernel's HZ."""
import re

import tag
from kernel import WORD
from say import complain


def find_hz(kernel):
    tick = kernel.symbols.by_name.get(b"tick_nsec")
    hz = round(1e9 / max(kernel.pointer(tick), 1)) if tick else 0
    if hz:
        return hz
    try:
        with open(f"/boot/config-{kernel.release}", encoding="ascii") as config:
            return int(re.search(r"^CONFIG_HZ=(\d+)$", config.read(), re.M)[1])
    except (OSError, TypeError):
        complain("the kernel's HZ is not known, so there are no ages: name it by --hz")
        return None


class Clock:
    def __init__(self, kernel, hz):
        self.hz = hz or find_hz(kernel)
        self.jiffies = kernel.pointer(kernel.symbol("jiffies_64"))

    def ms(self, jiffies):
        return jiffies * 1000 // self.hz if self.hz else "?"

    def since(self, jiffies):
        return self.ms(self.jiffies - jiffies & WORD)

    def since_tag(self, time):
        """The age of a lab_tag::time."""
        unit = tag.time_jiffies(self.hz or 1)
        return self.ms((self.jiffies // unit - time & 0xffffffff) * unit)
