"""The poster at the door: a QR code that opens the page to join at, which tells if it is open."""

import io
from html import escape
from urllib.parse import quote

import segno

from cloud.app.store.shops import Shop

# A4 in millimetres
WIDTH_MM = 210
HEIGHT_MM = 297
CODE_MM = 130
NAME_MAX_LENGTH = 40
NAME_SIZE_MM = 16
# poster.pdf: the code with its quiet zone, as wide as the page's text
PDF_SCALE = 12


def poster_svg(shop: Shop, url: str) -> bytes:
    """Return a poster: the shop's name, the code, and what it is for."""
    code = _code(url).svg_inline(scale=1, omitsize=True, svgclass=None)
    code = code.replace("<svg ", _placed("<svg "), 1)
    name = escape(shop.name[:NAME_MAX_LENGTH])
    size = min(NAME_SIZE_MM, 1.5 * CODE_MM / max(1, len(shop.name)))
    middle = WIDTH_MM / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm" '
        f'viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" font-family="sans-serif" text-anchor="middle">'
        f'<title>{name}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{middle}" y="50" font-size="{size:.1f}" font-weight="bold">{name}</text>'
        f"{code}"
        f'<text x="{middle}" y="230" font-size="9">Open now? Busy? Join us</text>'
        f'<text x="{middle}" y="245" font-size="7">Scan me with your camera</text>'
        f'<text x="{middle}" y="275" font-size="4.5">{escape(url)}</text></svg>\n'
    ).encode()


def poster_pdf(url: str) -> bytes:
    """Return the code alone as a PDF that stays sharp at every size."""
    pdf = io.BytesIO()
    _code(url).save(pdf, kind="pdf", scale=PDF_SCALE, compresslevel=9)
    return pdf.getvalue()


def whatsapp_share_url(shop: Shop, url: str) -> str:
    """Return a link that opens WhatsApp with a text; who opens it still has to press send."""
    return f"https://wa.me/?text={quote(f'{shop.name}: open now? {url}', safe='')}"


def _code(url: str) -> segno.QRCode:
    # M: a crease or a drop of coffee does no harm
    return segno.make_qr(url, error="m")


def _placed(tag: str) -> str:
    x = (WIDTH_MM - CODE_MM) / 2
    return f'{tag}x="{x:g}" y="75" width="{CODE_MM}" height="{CODE_MM}" '
