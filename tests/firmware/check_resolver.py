"""Answers of name servers, and a server that gives none."""

import simulated  # isort: skip  (first: asyncio has to find its time)

import asyncio
import unittest

import resolver
from resolver import address_in, resolve

simulated.begin()

_QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04mqtt\x02io\x00\x00\x01\x00\x01"
_ADDRESS = b"\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xc0\x00\x02\x07"  # of 192.0.2.7
_ALIAS = b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x1e\x00\x03\x01b\x00"


def _answer(records, count, query=_QUERY, flags=b"\x81\x80"):
    return query[:2] + flags + b"\x00\x01" + bytes((0, count)) + bytes(4) + query[12:] + records


class ResolverTest(unittest.TestCase):
    def tearDown(self):
        resolver.ask = _ask

    def test_an_address_is_found_behind_a_pointer_or_a_name(self):
        for name in (b"\xc0\x0c", b"\x04mqtt\x02io\x00", b"\x04mqtt\xc0\x11"):
            self.assertEqual("192.0.2.7", address_in(_answer(name + _ADDRESS, 1), _QUERY))

    def test_an_address_is_found_behind_an_alias(self):
        answer = _answer(_ALIAS + b"\x01b\x00" + _ADDRESS, 2)
        self.assertEqual("192.0.2.7", address_in(answer, _QUERY))

    def test_no_such_name_and_an_alias_alone_are_no_address(self):
        self.assertIsNone(address_in(_answer(b"", 0, flags=b"\x81\x83"), _QUERY))
        self.assertIsNone(address_in(_answer(_ALIAS, 1), _QUERY))

    def test_an_answer_that_is_cut_off_anywhere_is_no_address(self):
        answer = _answer(_ALIAS + b"\xc0\x0c" + _ADDRESS, 2)
        for size in range(len(answer)):
            self.assertIsNone(address_in(answer[:size], _QUERY))

    def test_an_answer_to_another_question_is_no_address(self):
        other = b"\x99" + _QUERY[1:]
        self.assertIsNone(address_in(_answer(b"\xc0\x0c" + _ADDRESS, 1, other), _QUERY))
        self.assertIsNone(address_in(_QUERY, _QUERY))  # our own question, sent back

    def test_an_address_is_not_asked_for(self):
        resolver.ask = None
        self.assertEqual("192.168.1.20", asyncio.run(resolve("192.168.1.20")))

    def test_a_name_is_asked_for_at_the_name_server(self):
        asked = []

        async def answering(address, port, query):
            asked.append((address, port, query[2:]))
            return _answer(b"\xc0\x0c" + _ADDRESS, 1, query)

        resolver.ask = answering
        self.assertEqual("192.0.2.7", asyncio.run(resolve("mqtt.io")))
        self.assertEqual([("192.0.2.53", 53, _QUERY[2:])], asked)

    def test_a_local_name_is_asked_for_among_the_neighbours(self):
        asked = []

        async def answering(address, port, query):
            asked.append((address, port))
            return _answer(b"\xc0\x0c" + _ADDRESS, 1, query, flags=b"\x84\x00")

        resolver.ask = answering
        self.assertEqual("192.0.2.7", asyncio.run(resolve("broker.local")))
        self.assertEqual([("224.0.0.251", 5353)], asked)

    def test_who_does_not_answer_costs_three_seconds(self):
        async def silent(*_):
            await asyncio.sleep(10**6)

        resolver.ask = silent
        before_ms = simulated.Time.elapsed_ms
        for name in ("mqtt.io", "broker.local"):
            with self.assertRaises(OSError):
                asyncio.run(resolve(name))
        self.assertEqual(2 * 3000, simulated.Time.elapsed_ms - before_ms)


_ask = resolver.ask
unittest.main()
