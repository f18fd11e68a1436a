#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Have QEMU write a core through its sockets in this folder, then let the guest continue.

usage: take_core.py FILE
"""
import socket
import sys


def connect(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(120)
    sock.connect(path)
    return sock


def until_prompt(sock):
    said = b""
    while not said.endswith(b"(qemu) "):
        more = sock.recv(4096)
        if not more:
            break
        said += more
    return said


def main():
    monitor = connect("monitor.sock")
    until_prompt(monitor)
    monitor.sendall(f"dump-guest-memory {sys.argv[1]}\n".encode())
    said = until_prompt(monitor).decode("ascii", "replace").split("\n", 1)[-1]
    connect("go.sock").sendall(b"go on\n")
    said = said.replace("(qemu) ", "").strip()
    if said:
        print(f"# {said}")
    return 1 if said else 0


sys.exit(main())
