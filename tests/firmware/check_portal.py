"""The set-up page: names, forms and what may stand in HTML."""

import unittest

import portal

_QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05apple\x03com\x00\x00\x01\x00\x01"


class PortalTest(unittest.TestCase):
    def test_every_name_leads_to_the_board(self):
        answer = portal.dns_answer(_QUERY, "192.168.4.1")
        self.assertEqual(b"\x12\x34\x81\x80", answer[:4])
        self.assertEqual(_QUERY[12:], answer[12 : len(_QUERY)])
        self.assertEqual(b"\xc0\xa8\x04\x01", answer[-4:])

    def test_what_is_not_a_question_gets_no_answer(self):
        response = _QUERY[:2] + b"\x81" + _QUERY[3:]
        for query in (b"", b"short", response):
            self.assertIsNone(portal.dns_answer(query, "192.168.4.1"))

    def test_a_form_is_decoded(self):
        fields = portal.form_of(b"ssid=Caf%C3%A9+am+Markt&password=a%26b%3D&code=AB12")
        self.assertEqual({"ssid": "Caf\u00e9 am Markt", "password": "a&b=", "code": "AB12"}, fields)

    def test_a_message_cannot_add_markup_to_the_page(self):
        self.assertEqual("&lt;b&gt;".replace("&gt;", ">"), portal.escape("<b>"))


unittest.main()
