"""The poster at the door: a QR code that opens the page to join at, which tells if it is open."""

import importlib
import io
import json
from html import escape
from urllib.parse import quote

import segno

from cloud.app.domain.languages import language_of
from cloud.app.services.fonts import OF_TYPST, joining_devanagari
from cloud.app.store.shops import Shop

# A4 in millimetres
WIDTH_MM = 210
HEIGHT_MM = 297
CODE_MM = 130
NAME_MAX_LENGTH = 40
NAME_SIZE_MM = 16
ASKS = {
    "en": "Open now? Busy? Join us",
    "de": "Geöffnet? Viel los? Mach mit",
    "hi": "अभी खुला है? भीड़ है? हमसे जुड़ें",
}
SAYS_HOW = {
    "en": "Scan me with your camera",
    "de": "Scanne mich mit der Kamera",
    "hi": "मुझे कैमरे से स्कैन करें",
}
ASKS_IF_OPEN = {"en": "open now?", "de": "gerade geöffnet?", "hi": "अभी खुला है?"}
# the poster as a page; what it says comes as data, so that no name is taken for markup
_PAGE = b"""
#let told = json(bytes(sys.inputs.told))
#set document(title: told.name)
#set page(width: 210mm, height: 297mm, margin: 20mm)
#set align(center)
#set par(justify: false)
#set text(font: told.fonts, lang: told.language)
#v(8mm)
#text(size: told.size_mm * 1mm, weight: "bold", told.name)
#v(1fr)
#image(bytes(told.code), format: "svg", width: told.code_mm * 1mm, alt: told.url)
#v(1fr)
#text(size: 9mm, told.asks)
#v(2mm)
#text(size: 7mm, told.says_how)
#v(12mm)
#text(size: 4.5mm, told.url)
"""


def poster_svg(shop: Shop, url: str) -> bytes:
    """Return a poster in the shop's language: its name, the code, and what it is for."""
    code = _code(url).svg_inline(scale=1, omitsize=True, svgclass=None)
    code = code.replace("<svg ", _placed("<svg "), 1)
    name = escape(shop.name[:NAME_MAX_LENGTH])
    size = _name_size_mm(shop)
    middle = WIDTH_MM / 2
    language = language_of(shop.language, shop.country)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" font-family="sans-serif" text-anchor="middle" '
        f'lang="{language}">'
        f'<title>{name}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{middle}" y="50" font-size="{size:.1f}" font-weight="bold">{name}</text>'
        f"{code}"
        f'<text x="{middle}" y="230" font-size="9">{ASKS[language]}</text>'
        f'<text x="{middle}" y="245" font-size="7">{SAYS_HOW[language]}</text>'
        f'<text x="{middle}" y="275" font-size="4.5">{escape(url)}</text></svg>\n'
    ).encode()


def poster_pdf(shop: Shop, url: str) -> bytes:
    """Return the poster as a page that every copy shop can print; in English instead of Hindi
    where no font joins its letters."""
    code = io.BytesIO()
    _code(url).save(code, kind="svg", xmldecl=False)
    typst = importlib.import_module("typst")  # 78 MB that only a poster needs
    joining = joining_devanagari(typst.Fonts(include_system_fonts=True).families())
    language = language_of(shop.language, shop.country)
    language = language if language != "hi" or joining else "en"
    told = {
        "name": shop.name[:NAME_MAX_LENGTH],
        "size_mm": _name_size_mm(shop),
        "code": code.getvalue().decode(),
        "code_mm": CODE_MM,
        "asks": ASKS[language],
        "says_how": SAYS_HOW[language],
        "url": url,
        "language": language,
        "fonts": [OF_TYPST, *joining],
    }
    pdf: bytes = typst.compile(_PAGE, format="pdf", sys_inputs={"told": json.dumps(told)})
    return pdf


def whatsapp_share_url(shop: Shop, url: str) -> str:
    """Return a link that opens WhatsApp with a text; who opens it still has to press send."""
    asks = ASKS_IF_OPEN[language_of(shop.language, shop.country)]
    return f"https://wa.me/?text={quote(f'{shop.name}: {asks} {url}', safe='')}"


def _name_size_mm(shop: Shop) -> float:
    return min(NAME_SIZE_MM, 1.5 * CODE_MM / max(1, len(shop.name)))


def _code(url: str) -> segno.QRCode:
    # M: a crease or a drop of coffee does no harm
    return segno.make_qr(url, error="m")


def _placed(tag: str) -> str:
    x = (WIDTH_MM - CODE_MM) / 2
    return f'{tag}x="{x:g}" y="75" width="{CODE_MM}" height="{CODE_MM}" '
