"""Names to addresses, and questions by UDP, without keeping the board waiting.

The ESP32's getaddrinfo holds up everything for 10 s and more when no name server answers, as when
the router lives and its line is dead: nobody would be counted meanwhile, and in the end the
watchdog would bite. It is only asked for addresses, which it answers at once.

Names in `.local` have no server: the question goes to all neighbours, and the one who is called so
answers (mDNS, RFC 6762). Who asks from another port than 5353, as here, is answered alone and as a
name server would.
"""

import asyncio
import os
import socket

import network
from micropython import const

_DEADLINE_MS = const(3000)
_LOCAL = const(".local")
_DNS_PORT = const(53)
_NEIGHBOURS = const("224.0.0.251")
_NEIGHBOURS_PORT = const(5353)
_HEAD = const(b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")  # recursion desired, one question
_ADDRESS_OF = const(b"\x00\x00\x01\x00\x01")  # the end of the name, type A, class IN


async def resolve(name):
    """Return the address of a name as text; raise OSError."""
    if name.replace(".", "").isdigit():
        return name
    question = os.urandom(2) + _HEAD
    for label in name.encode().split(b"."):
        question += bytes((len(label),)) + label
    question += _ADDRESS_OF
    if name.endswith(_LOCAL):
        server, port = _NEIGHBOURS, _NEIGHBOURS_PORT
    else:
        server, port = network.WLAN(network.STA_IF).ifconfig()[3], _DNS_PORT
    try:
        answer = await asyncio.wait_for_ms(ask(server, port, question), _DEADLINE_MS)
    except asyncio.TimeoutError:
        raise OSError("%s: expected to be told its address, got no answer" % name)
    address = address_in(answer, question)
    if address is None:
        raise OSError("%s: expected its address, got an answer without" % name)
    return address


async def ask(address, port, question):
    """Send a datagram and return the first that comes back, from there or from a neighbour."""
    place = socket.getaddrinfo(address, port)[0][-1]
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asked.setblocking(False)
        if address == _NEIGHBOURS:  # each answers from an address of its own
            asked.sendto(question, place)
        else:
            asked.connect(place)  # nobody else is listened to
            asked.send(question)
        return await asyncio.StreamReader(asked).read(512)
    finally:
        asked.close()


def address_in(answer, question):
    """Return the first address (type A) of a name server's answer, or None."""
    if answer[:2] != question[:2] or len(answer) < len(question) or not answer[2] & 0x80:
        return None
    at = len(question)  # the question is repeated
    try:
        for _ in range(answer[6] << 8 | answer[7]):
            while answer[at] and answer[at] < 0xC0:
                at += 1 + answer[at]
            at += 2 if answer[at] else 1  # a pointer, or the end of a name
            size = answer[at + 8] << 8 | answer[at + 9]
            kind = answer[at + 1]
            at += 10
            if kind == 1 and size == 4:
                return "%d.%d.%d.%d" % tuple(answer[at : at + 4])
            at += size
    except (IndexError, TypeError):
        pass  # it is cut off
    return None
