"""Set-up without a computer: a Wi-Fi network with one page that asks for Wi-Fi and claim code.

Every name leads to the page, so that a phone opens it by itself (captive portal). The board joins
the shop's Wi-Fi, trades the code for its credential over HTTPS, keeps it and restarts into service.
`/setup.json` says where: {"api": "https://...", "ca": "/ca.der"}; the contract is in
`docs/decisions/0031-claiming-a-board.md`.
"""

import asyncio
import binascii
import json
import socket
import time

import https
import machine
import network
import settings
import trust
from clock import Clock, ClockError
from micropython import const

_ADDRESS = "192.168.4.1"
_JOIN_MS = const(20000)
_BODY_MAX = const(1024)
_SETUP = "/setup.json"
_WALK_TEST = "/walk-test"
_PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>Shopbell</title>
<style>body{font:18px sans-serif;margin:2em auto;max-width:22em;padding:0 1em}
input,button{font:inherit;width:100%%;padding:.6em;margin:.2em 0 1em;box-sizing:border-box}</style>
<h1>Shopbell</h1><p role="status">%s</p><form method="post" action="/">
<label>Name of the shop's Wi-Fi<input name="ssid" required maxlength="32"></label>
<label>Its password<input name="password" type="password" maxlength="63"></label>
<label>Claim code, shown on your Shopbell page
<input name="code" required autocomplete="off"></label>
<button>Connect</button></form></html>"""


class SetupError(Exception):
    """The set-up did not succeed; the text is for the person at the phone."""


def start():
    """Serve the page until the board is set up, then restart it."""
    with_defaults = {"api": "", "ca": None, "dns_port": 53, "http_port": 80, "ntp": None}
    try:
        with open(_SETUP) as file:
            with_defaults.update(json.load(file))
    except (OSError, ValueError):
        print("portal: expected %s with the address of the API, found none" % _SETUP)
        return
    asyncio.run(Portal(with_defaults).run())
    machine.reset()


class Portal:
    def __init__(self, setup):
        self._setup = setup
        self._message = "Which Wi-Fi may this board use?"
        self._form = None
        self._submitted = asyncio.Event()

    async def run(self):
        """Return when the settings are in flash."""
        name = "Shopbell-" + binascii.hexlify(machine.unique_id()[-2:]).decode()
        point = network.WLAN(network.AP_IF)
        point.active(True)
        point.config(essid=name)
        dns = asyncio.create_task(self._answer_names())
        server = await asyncio.start_server(self._serve, "0.0.0.0", self._setup["http_port"])
        print("portal: open, Wi-Fi", name)
        while not await self._try():
            pass
        await asyncio.sleep_ms(500)  # the last page still leaves
        dns.cancel()
        server.close()
        point.active(False)

    async def _try(self):
        await self._submitted.wait()
        self._submitted.clear()
        form = self._form
        self._message = "Connecting. This takes up to half a minute; then open this page again."
        try:
            await self._join(form)
            granted = await claim(self._setup, form["code"])
            keep(granted, form, self._setup)
        except (
            SetupError,
            https.HttpError,
            settings.SettingsError,
            KeyError,
            OSError,  # the flash refuses
        ) as error:
            self._message = "That did not work: %s" % error
            print("portal:", error)
            return False
        print("portal: claimed as", granted["credential"]["username"])
        return True

    async def _join(self, form):
        station = network.WLAN(network.STA_IF)
        try:
            station.active(True)
            station.connect(form["ssid"], form.get("password", ""))
            deadline = time.ticks_add(time.ticks_ms(), _JOIN_MS)
            while not station.isconnected():
                if time.ticks_diff(deadline, time.ticks_ms()) < 0:
                    raise OSError
                await asyncio.sleep_ms(100)
        except OSError:  # or the ESP32 has refused, because it still tries by itself
            station.disconnect()
            raise SetupError("the Wi-Fi could not be joined. Are name and password right?")
        await self._set_clock()

    async def _set_clock(self):
        server = self._setup["ntp"] or {"host": "pool.ntp.org", "port": 123}
        try:
            await Clock().sync(server["host"], server["port"])  # certificates have dates
        except ClockError as error:
            print("portal:", error)

    async def _serve(self, reader, writer):
        try:
            form = await asyncio.wait_for_ms(_read_form(reader), 5000)
            if form is not None:
                self._form = form
                self._message = "Connecting. The light blinks when the board counts."
                self._submitted.set()
            body = (_PAGE % escape(self._message)).encode()
            writer.write(
                b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                b"Cache-Control: no-store\r\nContent-Length: %d\r\n\r\n" % len(body)
            )
            writer.write(body)
            await writer.drain()
        except (OSError, ValueError, IndexError, asyncio.TimeoutError) as error:
            print("portal: ignored a request,", repr(error))
        finally:
            writer.close()
            await writer.wait_closed()

    async def _answer_names(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.setblocking(False)
        server.bind(socket.getaddrinfo("0.0.0.0", self._setup["dns_port"])[0][-1])
        while True:
            try:
                query, sender = server.recvfrom(512)
                reply = dns_answer(query, _ADDRESS)
                if reply:
                    server.sendto(reply, sender)
            except OSError:  # nobody asks, or who has asked is gone
                await asyncio.sleep_ms(20)  # a datagram's sender is not in asyncio's streams


async def claim(setup, code):
    """Trade a claim code for the board's credential; raise SetupError."""
    body = json.dumps({"code": code.strip()}).encode()
    url = setup["api"].rstrip("/") + "/api/v1/claims"
    status, stream, length = await https.request("POST", url, trust.context(setup["ca"]), body)
    try:
        answer = b""
        while len(answer) < min(length, 4 * _BODY_MAX):
            part = await https.read(stream, length - len(answer))
            if not part:
                break
            answer += part
    finally:
        stream.s.close()
    if status in (403, 404, 410, 422):
        raise SetupError("this claim code is unknown, was used already, or is too old.")
    if status == 429:
        raise SetupError("too many codes were tried. Wait a minute.")
    if status == 503:
        raise SetupError("the server is not ready. The code still works: try again later.")
    if status != 201:
        raise SetupError("the server answered with status %d. Try again later." % status)
    try:
        return json.loads(answer)
    except ValueError:
        raise SetupError("the server's answer was cut off. A new code is needed.")


def keep(granted, form, setup):
    """Write the settings that the credential and the form make up."""
    credential = granted["credential"]
    ca = credential["mqtt_ca"]
    if ca:
        with open("/ca.der", "wb") as file:
            file.write(binascii.a2b_base64(ca))
    kept = {
        "device": credential["username"],
        "key": credential["key"],
        "boot_start": credential["boot_start"],
        "wifi": {"ssid": form["ssid"], "password": form.get("password", "")},
        "mqtt": {
            "host": credential["mqtt_host"],
            "port": credential["mqtt_port"],
            "user": credential["username"],
            "password": credential["password"],
            "ca": "/ca.der" if ca else None,
        },
        "api_ca": setup["ca"],
    }
    if setup["ntp"]:
        kept["ntp"] = setup["ntp"]
    settings.complete(kept)
    with open(_WALK_TEST, "w"):
        pass  # the first hour shows passages with the LED
    settings.save(kept)


def dns_answer(query, address):
    """Return the answer that sends any name to `address`, or None for what is not a question."""
    if len(query) < 17 or query[2] & 0x80 or query[4:6] != b"\x00\x01":
        return None
    end = 12
    while end < len(query) and query[end]:
        end += 1 + query[end]
    question = query[12 : end + 5]
    head = query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
    place = bytes(int(part) for part in address.split("."))
    return head + question + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04" + place


def form_of(body):
    """Return the fields of a form (application/x-www-form-urlencoded)."""
    fields = {}
    for pair in body.decode().split("&"):
        name, _, value = pair.partition("=")
        first, *parts = value.replace("+", " ").encode().split(b"%")
        decoded = first + b"".join(binascii.unhexlify(p[:2]) + p[2:] for p in parts)
        fields[name] = str(decoded, "utf-8")
    return fields


def escape(text):
    """Return a text that is safe within HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


async def _read_form(reader):
    """Return the fields of a POST with a form, None for any other request."""
    request = await reader.readline()
    length = 0
    while True:
        line = await reader.readline()
        if line in (b"\r\n", b""):
            break
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not request.startswith(b"POST ") or not 0 < length <= _BODY_MAX:
        return None
    form = form_of(await reader.readexactly(length))
    return form if form.get("ssid") and form.get("code") else None
