# SPDX-License-Identifier: Apache-2.0
"""The referee's own decoder of VRRP, gratuitous ARP and neighbour advertisements.

It shares no code with the agent and is written from RFC 3768, RFC 9568, RFC 826 and RFC 4861.
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, field

ETH_IPV4, ETH_ARP, ETH_IPV6 = 0x0800, 0x0806, 0x86DD
VRRP, ICMPV6, NEIGHBOUR_ADVERTISEMENT = 112, 58, 136


@dataclass(frozen=True)
class Advert:
    """One VRRP message as it was on the wire."""

    time: float
    host: str  # whose switch port it came in by
    port: str
    source_mac: str
    source: str
    destination: str
    ttl: int
    version: int
    kind: int
    vrid: int
    priority: int
    count: int
    interval: float  # seconds
    auth_type: int  # version 2; 0 in version 3
    auth_data: bytes
    addresses: tuple[str, ...]
    checksum: str  # "message", "pseudo", "both", "bad"
    problems: tuple[str, ...] = field(default=())
    packet: bytes = field(default=b"", repr=False)  # of IP, without what differs from one to the next: identification, checksum


@dataclass(frozen=True)
class Announcement:
    """A gratuitous ARP (kind "arp") or an unsolicited neighbour advertisement (kind "na")."""

    time: float
    host: str
    port: str
    kind: str
    address: str
    source_mac: str
    destination_mac: str
    target_mac: str  # ARP: target hardware address; NA: the target link-layer address option, "" without
    operation: int  # ARP: 1 request, 2 reply; NA: flags R S O as bits 4 2 1
    length: int


def internet_checksum(data: bytes) -> int:
    """RFC 1071; 0 over data whose checksum field is right."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def pseudo_header(source: str, destination: str, length: int) -> bytes:
    """RFC 8200 §8.1 for IPv6; the form of RFC 793 for IPv4 that RFC 5798 was read to ask for."""
    src, dst = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if src.version == 4:
        return src.packed + dst.packed + struct.pack("!BBH", 0, VRRP, length)
    return src.packed + dst.packed + struct.pack("!IHBB", length, 0, 0, VRRP)


def _mac(raw: bytes) -> str:
    return raw.hex(":")


def _checksum_form(message: bytes, source: str, destination: str) -> str:
    plain = internet_checksum(message) == 0
    pseudo = internet_checksum(pseudo_header(source, destination, len(message)) + message) == 0
    if plain and pseudo:
        return "both"
    return "message" if plain else "pseudo" if pseudo else "bad"


def decode_vrrp(message: bytes, *, time: float, host: str, port: str, source_mac: str, source: str, destination: str,
                ttl: int, packet: bytes = b"") -> Advert:
    """Decodes the payload of an IP packet of protocol 112; what is wrong with it stands in `problems`."""
    problems: list[str] = []
    head = message[:8].ljust(8, b"\0")
    if len(message) < 8:
        problems.append("truncated header")
    version, kind, vrid, priority, count = head[0] >> 4, head[0] & 15, head[1], head[2], head[3]
    size = 4 if ":" not in source else 16
    body = message[8:8 + size * count]
    if len(body) < size * count:
        problems.append("truncated addresses")
    addresses = tuple(str(ipaddress.ip_address(body[i:i + size])) for i in range(0, len(body) // size * size, size))
    rest = message[8 + size * count:]
    auth_type, auth_data = 0, b""
    if version == 2:
        auth_type, interval = head[4], float(head[5])
        auth_data = rest
        if len(rest) != 8:
            problems.append(f"{len(rest)} bytes of authentication data")
    else:
        interval = (struct.unpack("!H", head[4:6])[0] & 0x0FFF) / 100.0
        if head[4] >> 4:
            problems.append("reserved bits set")
        if rest:
            problems.append(f"{len(rest)} bytes too many")
    form = _checksum_form(message, source, destination)
    return Advert(time, host, port, source_mac, source, destination, ttl, version, kind, vrid, priority, count,
                  interval, auth_type, auth_data, addresses, form, tuple(problems), packet)


def _decode_arp(frame: bytes, time: float, host: str, port: str) -> Announcement | None:
    # A kernel that still has an address answers the gratuitous request of another for it. That answer goes to its asker
    # alone and teaches nobody: only what is sent to all is an announcement (RFC 5227 §3).
    if not frame[0] & 1:
        return None
    body = frame[14:42]
    if len(body) < 28:
        return None
    hardware, protocol, hlen, plen, operation = struct.unpack("!HHBBH", body[:8])
    sender, target = body[14:18], body[24:28]
    if (hardware, protocol, hlen, plen) != (1, ETH_IPV4, 6, 4) or sender != target:
        return None
    return Announcement(time, host, port, "arp", str(ipaddress.ip_address(sender)), _mac(body[8:14]), _mac(frame[:6]),
                        _mac(body[18:24]), operation, len(frame))


def _decode_na(frame: bytes, payload: bytes, time: float, host: str, port: str) -> Announcement | None:
    if len(payload) < 24 or payload[0] != NEIGHBOUR_ADVERTISEMENT:
        return None
    flags = payload[4] >> 5
    if flags & 2:  # solicited: an answer, not an announcement
        return None
    link = ""
    options = payload[24:]
    while len(options) >= 8 and options[1]:
        if options[0] == 2:
            link = _mac(options[2:8])
        options = options[8 * options[1]:]
    return Announcement(time, host, port, "na", str(ipaddress.ip_address(payload[8:24])), _mac(frame[6:12]),
                        _mac(frame[:6]), link, flags, len(frame))


def decode_frame(frame: bytes, *, time: float = 0.0, host: str = "", port: str = "") -> Advert | Announcement | None:
    """Decodes an Ethernet frame; None for anything that is not VRRP, gratuitous ARP or unsolicited NA."""
    if len(frame) < 34:
        return None
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == ETH_ARP:
        return _decode_arp(frame, time, host, port)
    where = {"time": time, "host": host, "port": port}
    if kind == ETH_IPV4:
        header = (frame[14] & 15) * 4
        total = struct.unpack("!H", frame[16:18])[0]
        if frame[23] != VRRP:
            return None
        packet = frame[14:18] + frame[20:24] + frame[26:14 + total]
        return decode_vrrp(frame[14 + header:14 + total], **where, source_mac=_mac(frame[6:12]), ttl=frame[22], packet=packet,
                           source=str(ipaddress.ip_address(frame[26:30])),
                           destination=str(ipaddress.ip_address(frame[30:34])))
    if kind == ETH_IPV6 and len(frame) >= 54:
        length = struct.unpack("!H", frame[18:20])[0]
        payload = frame[54:54 + length]
        if frame[20] == ICMPV6:
            return _decode_na(frame, payload, time, host, port)
        if frame[20] == VRRP:
            return decode_vrrp(payload, **where, source_mac=_mac(frame[6:12]), ttl=frame[21], packet=frame[14:54 + length],
                               source=str(ipaddress.ip_address(frame[22:38])),
                               destination=str(ipaddress.ip_address(frame[38:54])))
    return None
