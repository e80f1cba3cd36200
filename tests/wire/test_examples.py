"""Both interpreters judge the golden messages of `wire/examples.json` alike."""

import json
import unittest

from wire import messages

_PATH = __file__.rsplit("tests", 1)[0] + "wire/examples.json"


def _examples():
    with open(_PATH) as file:
        return json.load(file)


def _payload(example):
    if "payload_hex" in example:
        return bytes.fromhex(example["payload_hex"])
    text = example["payload"] * example.get("repeated", 1)
    return (text + " " * (example.get("padded_to", 0) - len(text))).encode()


def _decode(example):
    """Return what the decoder says, in the form that the examples use."""
    decoded = messages.DECODERS[example["channel"]](_payload(example))
    if example["channel"] != "event":
        return decoded
    batch, rejected = decoded
    return {
        "batch": batch,
        "rejected": [
            {"event": event, "error_field": reason.split(":")[0]} for event, reason in rejected
        ],
    }


class ExamplesTest(unittest.TestCase):
    def test_every_channel_has_a_good_and_a_bad_message(self):
        seen = {(example["channel"], example["valid"]) for example in _examples()}
        for channel in messages.DECODERS:
            self.assertTrue((channel, True) in seen, channel)
            self.assertTrue((channel, False) in seen, channel)

    def test_every_kind_of_event_has_an_example(self):
        seen = set()
        for example in _examples():
            if example["valid"] and example["channel"] == "event":
                seen.update(event["kind"] for event in example["decoded"]["batch"]["events"])
        self.assertEqual(set(messages.EVENT_KINDS), seen)

    def test_a_good_message_is_decoded(self):
        for example in _examples():
            if example["valid"]:
                self.assertEqual(example["decoded"], _decode(example), example["name"])

    def test_a_bad_message_is_refused_with_the_name_of_the_field(self):
        for example in _examples():
            if not example["valid"]:
                self.assertEqual(_refusal(example), example.get("error_field", _refusal(example)))

    def test_a_decoded_message_encodes_to_the_same_values(self):
        for example in _examples():
            if example["valid"] and example["channel"] != "event":
                payload = messages.encode(example["decoded"])
                decoded = messages.DECODERS[example["channel"]](payload)
                self.assertEqual(example["decoded"], decoded, example["name"])


def _refusal(example):
    try:
        _decode(example)
    except messages.MessageError as error:
        return str(error).split(":")[0]
    raise AssertionError(example["name"] + ": expected a refusal, it was accepted")


if __name__ == "__main__":
    unittest.main()
