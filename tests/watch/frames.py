#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send frames to the network card of a virtual machine, on its demand.

usage: frames.py SOCKET CONSOLE NUMBER BYTES

SOCKET is that of QEMU's "-netdev stream", CONSOLE the kernel's log. Whenever the log says that
frames are awaited, NUMBER frames of BYTES bytes, or a few more, are sent. They come in bursts that are short
against the ring of a card, because a card drops what finds no buffer. Ends when QEMU does.
"""
import socket
import struct
import sys
import threading
import time

GUEST_MAC, MAC = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
GUEST_IP, IP = socket.inet_aton("10.9.0.1"), socket.inet_aton("10.9.0.2")
PORT = 9
BURST, PAUSE = 32, 0.02
AWAITED = (b"lab_reserve: hold: ", b"watch: frames are awaited")


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(size):
    """An Ethernet frame with a UDP datagram without checksum."""
    udp = struct.pack("!HHHH", PORT, PORT, size - 34, 0) + bytes(size - 42)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, socket.IPPROTO_UDP, 0, IP, GUEST_IP)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return GUEST_MAC + MAC + struct.pack("!H", 0x0800) + ip + udp


def connect(path):
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(path)
            return link
        except OSError:
            link.close()
            time.sleep(0.2)


def discard(link, ended):
    """Read what the guest sends, until QEMU ends."""
    try:
        while link.recv(65536):
            pass
    except OSError:
        pass
    ended.set()


def main(path, console, number, size):
    link = connect(path)
    ended = threading.Event()
    threading.Thread(target=discard, args=(link, ended), daemon=True).start()
    data = frame(size)
    data = struct.pack("!I", len(data)) + data
    served = 0
    while not ended.wait(0.2):
        with open(console, "rb") as log:
            awaited = sum(line.count(words) for line in log for words in AWAITED)
        for served in range(served + 1, awaited + 1):
            for _ in range(0, number, BURST):
                link.sendall(data * BURST)
                time.sleep(PAUSE)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
