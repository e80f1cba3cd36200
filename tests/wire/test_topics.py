"""A topic that is not ours cannot be built or read, on both interpreters."""

import unittest

from wire import topics


class TopicsTest(unittest.TestCase):
    def test_a_topic_is_read_back_as_it_was_built(self):
        for channel in topics.UP + topics.DOWN:
            text = topics.topic("bakery-front-1", channel)
            self.assertEqual(("bakery-front-1", channel), topics.parse(text))

    def test_the_topic_is_the_documented_one(self):
        self.assertEqual("shopbell/1/d1/event", topics.topic("d1", "event"))
        self.assertEqual("shopbell/1/+/status", topics.subscription("status"))

    def test_a_device_id_that_could_leave_its_level_is_refused(self):
        for device in ("", "a/b", "+", "#", "Bakery", "a b", "ä", "x" * 33):
            with self.assertRaises(topics.TopicError):
                topics.topic(device, "event")

    def test_an_unknown_channel_is_refused(self):
        with self.assertRaises(topics.TopicError):
            topics.topic("d1", "events")

    def test_a_foreign_topic_is_refused(self):
        for text in (
            "",
            "shopbell/2/d1/event",
            "shopbell/1/d1",
            "shopbell/1/d1/event/more",
            "shopbell/1//event",
            "/shopbell/1/d1/event",
        ):
            with self.assertRaises(topics.TopicError):
                topics.parse(text)


if __name__ == "__main__":
    unittest.main()
