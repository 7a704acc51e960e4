"""Runs hitgen in a network namespace whose every way can be watched, and tells to which addresses it sent anything.

    unshare --net python -m tests.support.alone VERB ...

IPv4's default way is the loopback device. Linux makes a refusal of such a way for IPv6, whose packets go out by a cable
with nothing at its end. Prints to standard error, as JSON: all destinations but loopback, without the two that are
called beforehand to see that they are seen (`control`), and how many packets the kernel dropped before they were looked at.
"""

from __future__ import annotations

import ctypes
import ipaddress
import json
import socket
import struct
import subprocess
import sys
import threading

ALL_PROTOCOLS, IPV4, IPV6 = 3, 0x0800, 0x86DD
WAYS = (
    "link set lo up",
    "route add default dev lo",
    "link add out type veth peer name far",
    "link set out addrgenmode none",
    "link set far addrgenmode none",
    "-6 addr add fd00::2/64 dev out nodad",
    "link set out up",
    "link set far up",
    "-6 neigh add fd00::1 lladdr 02:00:00:00:00:01 dev out",
    "-6 route add default via fd00::1 dev out",
)
CONTROL = {"192.0.2.1": socket.AF_INET, "2001:db8::1": socket.AF_INET6}
KERNELS_OWN = "ff02::16"
"""To whom Linux tells which groups it listens to, on its own account."""
SOL_PACKET, PACKET_STATISTICS, SO_ATTACH_FILTER = 263, 6, 26
HALF, WORD, BYTE, IS, END = 0x28, 0x20, 0x30, 0x15, 0x06
FILTER = (
    *((HALF, 0, 0, 12), (IS, 0, 2, IPV4), (BYTE, 0, 0, 30), (IS, 10, 9, 127)),
    *((IS, 0, 8, IPV6), (WORD, 0, 0, 38), (IS, 0, 6, 0), (WORD, 0, 0, 42), (IS, 0, 4, 0)),
    *((WORD, 0, 0, 46), (IS, 0, 2, 0), (WORD, 0, 0, 50), (IS, 1, 0, 1)),
    *((END, 0, 0, 0xFFFF), (END, 0, 0, 0)),
)
"""A BPF program that passes what goes to neither 127.0.0.0/8 nor ::1, so that there is little to look at."""


def destination(packet: bytes) -> str:
    """Where a packet goes; one of nothing but IP is told by its protocol."""
    protocol = int.from_bytes(packet[12:14], "big")
    if protocol == IPV4:
        return str(ipaddress.ip_address(packet[30:34]))
    if protocol == IPV6:
        return str(ipaddress.ip_address(packet[38:54]))
    return f"protocol {protocol:04x}"


def attach_filter(sniffer: socket.socket) -> None:
    """Let the kernel keep loopback's packets to itself."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in FILTER))
    sniffer.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(FILTER), ctypes.addressof(program)))


def main() -> int:
    """Lay the ways, listen, run hitgen."""
    for command in WAYS:
        subprocess.run(["ip", *command.split()], check=True)
    seen: set[str] = set()
    ended = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as sniffer:
        attach_filter(sniffer)
        sniffer.settimeout(0.2)

        def listen() -> None:
            while True:
                try:
                    seen.add(destination(sniffer.recv(64)))
                except TimeoutError:
                    if ended.is_set():
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        for address, family in CONTROL.items():
            with socket.socket(family, socket.SOCK_DGRAM) as anyone:
                anyone.sendto(b"?", (address, 9))
        done = subprocess.run([sys.executable, "-m", "hitgen", *sys.argv[1:]], check=False)
        ended.set()
        thread.join()
        _, dropped = struct.unpack("II", sniffer.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    elsewhere = sorted(seen - CONTROL.keys() - {KERNELS_OWN})
    told = {"control": sorted(seen & CONTROL.keys()), "elsewhere": elsewhere, "dropped": dropped}
    print(json.dumps(told), file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
