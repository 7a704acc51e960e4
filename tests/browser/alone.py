"""Runs hitgen in a network namespace whose every way can be watched, and tells which addresses it sent anything to.

    unshare --net python -m tests.browser.alone VERB ...

IPv4's default way is the loopback device. Linux makes a refusal of such a way for IPv6, whose packets go out by a cable
with nothing at its end. Prints to standard error, as JSON: the packets seen, those that the kernel dropped before they
were seen, and all addresses that are not loopback.
"""

from __future__ import annotations

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
KERNELS_OWN = "ff02::16"
"""To whom Linux tells which groups it listens to, on its own account."""
SOL_PACKET, PACKET_STATISTICS = 263, 6


def addresses(packet: bytes) -> set[str]:
    """Source and destination of a packet that are not loopback; those of nothing but IP are told by protocol."""
    protocol = int.from_bytes(packet[12:14], "big")
    if protocol == IPV4:
        found = [ipaddress.ip_address(packet[at : at + 4]) for at in (26, 30)]
    elif protocol == IPV6:
        found = [ipaddress.ip_address(packet[at : at + 16]) for at in (22, 38)]
    else:
        return {f"protocol {protocol:04x}"}
    if str(found[1]) == KERNELS_OWN:
        return set()
    return {str(address) for address in found if not address.is_loopback}


def main() -> int:
    """Lay the ways, listen, run hitgen."""
    for command in WAYS:
        subprocess.run(["ip", *command.split()], check=True)
    seen: set[str] = set()
    ended = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as sniffer:
        sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        sniffer.settimeout(0.2)

        def listen() -> None:
            while True:
                try:
                    seen.update(addresses(sniffer.recv(64)))
                except TimeoutError:
                    if ended.is_set():
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        done = subprocess.run([sys.executable, "-m", "hitgen", *sys.argv[1:]], check=False)
        ended.set()
        thread.join()
        packets, dropped = struct.unpack("II", sniffer.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    print(json.dumps({"packets": packets, "dropped": dropped, "elsewhere": sorted(seen)}), file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
