# SPDX-License-Identifier: GPL-2.0
"""Walk the kernel's lists without trusting their pointers."""
import drgn

from say import complain


def nodes(kernel, head, what):
    """The nodes of a list, in order. A broken list is walked from both ends."""
    found, why = walk(kernel, head, set(), 0)
    if why:
        complain(f"the list of {what} {why}")
        back, _ = walk(kernel, head, set(found), 1)
        found += reversed(back)
    return found


def walk(kernel, head, seen, way):
    """Walk one way to the end or a broken link. Returns the nodes and the error; extends SEEN."""
    found, last = [], head
    try:
        node = kernel.unpack("QQ", head)[way]
    except drgn.FaultError:
        return [], f"cannot be read: its head, {head:#x}, is not there"
    while node != head:
        where = f"is broken: after {len(found)} it leads to {node:#x}, which "
        end = ". What follows is from its other end."
        if node in seen:    # live memory may change between two reads
            return found, f"{where}it had already{end}"
        try:
            links = kernel.unpack("QQ", node)
        except drgn.FaultError:
            return found, f"{where}cannot be read{end}"
        if links[1 - way] != last:
            return found, f"{where}does not lead back{end}"
        seen.add(node)
        found.append(node)
        last, node = node, links[way]
    return found, None
