"""Which column of a foreign table means what, and what its cells say: roles, dates, amounts."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from cloud.app.domain.errors import Invalid

DateOrder = Literal["ymd", "dmy", "mdy"]
DecimalMark = Literal[".", ","]

# Normalised header words per role, the most telling first. English, German, French, Spanish,
# Italian and Dutch, because a till exports in the language of its shop.
NAMES: dict[str, tuple[str, ...]] = {
    "customer": (
        "customerid", "customernumber", "customerno", "custid", "clientid", "memberid",
        "cardnumber", "kundennummer", "kundennr", "kundenid", "kdnr", "numeroclient", "idclient",
        "idcliente", "codicecliente", "klantnummer", "customer", "client", "member", "kunde",
        "cliente", "klant", "userid", "buyerid",
    ),
    "invoice": (
        "invoiceno", "invoicenumber", "invoiceid", "invoice", "orderid", "ordernumber", "orderno",
        "receiptno", "receiptnumber", "receiptid", "receipt", "transactionid", "transaction",
        "basketid", "purchaseid", "rechnungsnummer", "rechnungsnr", "rechnung", "bonnummer",
        "bonnr", "bon", "belegnummer", "belegnr", "beleg", "auftragsnummer", "bestellnummer",
        "numerofacture", "facture", "commande", "ticket", "factura", "pedido", "fattura",
        "scontrino", "ordine", "factuurnummer", "bestelling", "order",
    ),
    "date": (
        "invoicedate", "orderdate", "purchasedate", "transactiondate", "saledate", "occurredat",
        "datetime", "timestamp", "date", "datum", "rechnungsdatum", "kaufdatum", "bestelldatum",
        "belegdatum", "datefacture", "datecommande", "fecha", "data", "createdat", "day",
    ),
    "amount": (
        "amount", "totalamount", "total", "totalprice", "lineamount", "linetotal", "sales",
        "revenue", "dollarvalue", "spend", "value", "betrag", "gesamtbetrag", "gesamtpreis",
        "umsatz", "summe", "montant", "montanttotal", "importe", "importo", "totale", "bedrag",
        "totaal", "amountgross", "netamount", "paid",
    ),
    "quantity": (
        "quantity", "qty", "units", "pieces", "numberofcds", "menge", "anzahl", "stueck",
        "stuck", "quantite", "qte", "cantidad", "quantita", "aantal", "count",
    ),
    "price": (
        "unitprice", "price", "itemprice", "priceperunit", "einzelpreis", "stueckpreis",
        "stuckpreis", "preis", "prixunitaire", "prix", "preciounitario", "precio",
        "prezzounitario", "prezzo", "stuksprijs", "prijs",
    ),
    "product": (
        "productid", "stockcode", "sku", "articlenumber", "itemid", "product", "productname",
        "item", "article", "description", "artikelnummer", "artikelnr", "artikel", "produkt",
        "produit", "articulo", "producto", "prodotto", "articolo",
    ),
    "name": (
        "customername", "fullname", "name", "kundenname", "nom", "nombre", "nome", "naam",
        "displayname",
    ),
    "phone": (
        "phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "telephone", "tel",
        "telefon", "telefonnummer", "handy", "handynummer", "mobil", "portable", "telefono",
        "movil", "cellulare", "telefoon",
    ),
    "email": ("email", "emailaddress", "mail", "emailadresse", "courriel", "correo", "mailadresse"),
}  # fmt: skip
ROLES = tuple(NAMES)
# the same for a list of products
PRODUCT_NAMES: dict[str, tuple[str, ...]] = {
    "sku": (
        "sku", "stockcode", "articlenumber", "itemnumber", "productnumber", "barcode", "ean",
        "gtin", "artikelnummer", "artikelnr", "artnr", "plu", "referencia", "codigo", "codice",
        "artikelcode",
    ),
    "product": (
        "productname", "product", "name", "item", "itemname", "article", "description", "title",
        "artikel", "artikelname", "bezeichnung", "produkt", "produktname", "produit", "nom",
        "designation", "articulo", "producto", "nombre", "prodotto", "articolo", "nome", "naam",
    ),
    "price": (
        "price", "unitprice", "sellingprice", "retailprice", "preis", "verkaufspreis", "vk",
        "vkpreis", "prix", "prixdevente", "precio", "prezzo", "prijs", "verkoopprijs",
    ),
    "cost": (
        "cost", "unitcost", "costprice", "purchaseprice", "einkaufspreis", "ek", "ekpreis",
        "kosten", "cout", "prixdachat", "coste", "costo", "inkoopprijs", "kostprijs",
    ),
    "stock": (
        "instock", "stock", "quantity", "qty", "onhand", "inventory", "bestand", "lagerbestand",
        "menge", "anzahl", "quantite", "existencias", "cantidad", "giacenza", "voorraad",
    ),
    "first_stocked": (
        "firststockedon", "firststocked", "stockedsince", "stockedon", "since", "introduced",
        "date", "imsortimentseit", "seit", "eingefuehrt", "eingefuhrt", "datum", "depuis", "desde",
        "dal", "sinds",
    ),
}  # fmt: skip
PRODUCT_ROLES = tuple(PRODUCT_NAMES)
KNOWN_NAMES = {
    name for names in (NAMES, PRODUCT_NAMES) for words in names.values() for name in words
}
YEARS = range(1900, 2200)
LARGEST_AMOUNT = 10**12

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january janvier enero gennaio januari", "feb februar february fevrier",
            "mar march marz maerz mrz mars marzo maart", "apr april avril abril aprile",
            "may mai mayo maggio mei", "jun june juni juin junio giugno",
            "jul july juli juillet julio luglio", "aug august aout agosto augustus",
            "sep sept september septembre septiembre settembre",
            "oct okt october oktober octobre octubre ottobre", "nov november novembre noviembre",
            "dec dez december dezember decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)
_ISO_DATE = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _TIME)
_PACKED_DATE = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})" + _TIME)
_NUMBER_DATE = re.compile(
    r"(?P<first>\d{1,2})([-/.])(?P<second_number>\d{1,2})\2(?P<year>\d{4}|\d{2})" + _TIME
)
_DAY_NAMED_DATE = re.compile(
    r"(?P<day>\d{1,2})[. -]+(?P<name>[^\W\d]+)[. ,-]+(?P<year>\d{4})" + _TIME
)
_NAMED_DAY_DATE = re.compile(r"(?P<name>[^\W\d]+)[. ]+(?P<day>\d{1,2}),? +(?P<year>\d{4})" + _TIME)
_CURRENCY = re.compile(r"^(?:[A-Z]{3}|\p)\s*|\s*(?:[A-Z]{3}|\p)$".replace(r"\p", "[€$£¥₹]"))
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


def guess(
    columns: Sequence[str],
    sample_rows: Sequence[Sequence[str]],
    names: Mapping[str, Sequence[str]] = NAMES,
) -> dict[str, int]:
    """The most plausible column index per role; a role without a plausible column is left out.

    Names decide where there are names; a name is believed only if the sampled cells fit it. A
    table without a header (see `tables.open_table`) has empty names and is judged by its cells.
    """
    cells = [[row[i].strip() for row in sample_rows if i < len(row)] for i in range(len(columns))]
    if not any(columns):
        return _guess_by_cells(cells) if names is NAMES else {}
    return _guess_by_names([normalise(name) for name in columns], cells, names)


def normalise(name: str) -> str:
    """A header's letters and digits, without case and accents."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def date_order(texts: Iterable[str]) -> DateOrder:
    """Whether a column's numeric dates put the day or the month first, judged by all of them.

    Raises Invalid when both readings fit every cell or when the cells contradict each
    other. Cells that are no numeric dates in either order do not vote.
    """
    day_first, month_first, undecided = "", "", ""
    for text in texts:
        match = _NUMBER_DATE.fullmatch(text.strip())
        if not match:
            continue
        first, second = int(match["first"]), int(match["second_number"])
        if max(first, second) > 31 or min(first, second) > 12:
            continue
        if first > 12 or match[2] == ".":  # dots are written only where the day comes first
            day_first = text
        elif second > 12:
            month_first = text
        elif first != second:
            undecided = text
    if day_first and month_first:
        raise Invalid(
            "date order",
            "day and month in one order in every row",
            f"{day_first!r} (day first) and {month_first!r} (month first)",
        )
    if undecided and not day_first and not month_first:
        raise Invalid(
            "date order",
            "some date with a day above 12",
            f"only dates such as {undecided!r}, which can be read both ways",
        )
    return "mdy" if month_first else "dmy"


def decimal_mark(texts: Iterable[str]) -> DecimalMark:
    """Whether a column's numbers have a decimal point or a decimal comma, judged by all of them.

    Raises Invalid when every mark is followed by exactly three digits ("1.234").
    """
    undecided = ""
    votes: dict[DecimalMark, str] = {}
    for text in texts:
        match = _DIGITS.search(_unspaced(text))
        if not match:
            continue
        vote = _decimal_vote(match[0])
        if vote == "?":
            undecided = text
        elif vote == "." or vote == ",":
            votes[vote] = text
    if len(votes) == 2:
        raise Invalid(
            "decimal mark",
            "one mark in every row",
            f"{votes['.']!r} (point) and {votes[',']!r} (comma)",
        )
    if undecided and not votes:
        raise Invalid(
            "decimal mark",
            "some amount with other than three digits after the mark",
            f"only amounts such as {undecided!r}, which can be read both ways",
        )
    return next(iter(votes), ".")


def parse_date(text: str, order: DateOrder = "ymd") -> datetime:
    """The date and time that a cell says; aware only when the cell names its offset.

    `order` says how to read 03/04/2024; dates that begin with the year need no order. Raises
    Invalid.
    """
    cell = text.strip()
    match = _ISO_DATE.fullmatch(cell) or _PACKED_DATE.fullmatch(cell)
    if match:
        return _built(text, match, int(match["month"]), int(match["day"]))
    match = _NUMBER_DATE.fullmatch(cell)
    if match and order != "ymd":
        first, second = int(match["first"]), int(match["second_number"])
        month, day = (first, second) if order == "mdy" else (second, first)
        return _built(text, match, month, day)
    match = _DAY_NAMED_DATE.fullmatch(cell) or _NAMED_DAY_DATE.fullmatch(cell)
    if match and normalise(match["name"]) in _MONTHS:
        return _built(text, match, _MONTHS[normalise(match["name"])], int(match["day"]))
    raise _no_date(text)


def parse_amount(text: str, decimal: DecimalMark = ".") -> Decimal:
    """The exact number that a cell says; currency signs and thousands marks are understood.

    Negative as -5, 5- or (5). Raises Invalid.
    """
    negative, digits = _sign_and_digits(_CURRENCY.sub("", _unspaced(text)))
    digits = _CURRENCY.sub("", digits)  # -$5 as well as $-5
    thousands = "," if decimal == "." else "."
    mark = re.escape(thousands)
    pattern = rf"(?:\d+|\d{{1,3}}(?:{mark}\d{{3}})+)?(?:\{decimal}\d+)?"
    if not any(c.isdigit() for c in digits) or not re.fullmatch(pattern, digits, re.ASCII):
        raise Invalid("amount", f"an amount such as 12{decimal}50", repr(text))
    number = Decimal(digits.replace(thousands, "").replace(decimal, "."))
    if number >= LARGEST_AMOUNT:
        raise Invalid("amount", f"an amount below {LARGEST_AMOUNT:,}", repr(text))
    return -number if negative else number


def looks_like_date(text: str) -> bool:
    """Whether a cell is a date in any of the orders."""
    orders: tuple[DateOrder, ...] = ("dmy", "mdy")
    return any(_parses(parse_date, text, order) for order in orders)


def looks_like_number(text: str) -> bool:
    """Whether a cell is a number with either decimal mark."""
    marks: tuple[DecimalMark, ...] = (".", ",")
    return any(_parses(parse_amount, text, mark) for mark in marks)


def _guess_by_names(
    names: list[str], cells: list[list[str]], known: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, synonyms in known.items():
        free = [i for i in range(len(names)) if i not in found.values()]
        named = [i for synonym in synonyms for i in free if names[i] == synonym]
        fitting = [i for i in named if _fits(role, cells[i])]
        if fitting:
            found[role] = fitting[0]
    return found


def _guess_by_cells(cells: list[list[str]]) -> dict[str, int]:
    """Date: cells are dates. Amount: numbers with decimals. Customer: the first that repeats."""
    found: dict[str, int] = {}
    dates = [i for i, column in enumerate(cells) if _mostly(looks_like_date, column)]
    numbers = [i for i, column in enumerate(cells) if _mostly(_is_plain_number, column)]
    fractions = [i for i in numbers if i not in dates and _any_fraction(cells[i])]
    if dates:
        found["date"] = dates[0]
    if fractions:
        found["amount"] = fractions[-1]
    others = [i for i in range(len(cells)) if i not in found.values() and i not in fractions]
    repeating = [i for i in others if i not in dates and len(set(cells[i])) < len(cells[i])]
    identifying = [i for i in repeating if not _small_counts(cells[i])]
    if identifying:
        found["customer"] = identifying[0]
    counts = [i for i in others if i in numbers and i not in dates and _small_counts(cells[i])]
    if counts:
        found["quantity"] = counts[0]
    return found


def _fits(role: str, column: list[str]) -> bool:
    if not column:
        return True  # a header without rows
    if role in ("date", "first_stocked"):
        return _mostly(looks_like_date, column)
    if role in ("amount", "quantity", "price", "cost", "stock"):
        return _mostly(looks_like_number, column)
    if role == "email":
        return _mostly(lambda text: "@" in text, column)
    return True


def _mostly(test: Callable[[str], bool], column: list[str]) -> bool:
    """A column keeps its role with some bad cells, so that the bad cell is named later on."""
    filled = [text for text in column if text]
    return bool(filled) and sum(map(test, filled)) >= 0.5 * len(filled)


def _is_plain_number(text: str) -> bool:
    return _PLAIN_NUMBER.fullmatch(text) is not None


def _any_fraction(column: list[str]) -> bool:
    return any("." in text or "," in text for text in column)


def _small_counts(column: list[str]) -> bool:
    """Numbers without leading zeros of which the usual one is a handful: pieces, not names."""
    filled = [text for text in column if text]
    plain = [text for text in filled if text.isdigit() and not text.startswith("0")]
    return len(plain) == len(filled) and sorted(map(int, plain))[len(plain) // 2] < 10


def _decimal_vote(digits: str) -> Literal[".", ",", "?", ""]:
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return ""
    last: DecimalMark = "." if marks[-1] == "." else ","
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return "," if last == "." else "."  # 1.234.567: a decimal mark comes only once
    whole, fraction = digits.split(last)
    if len(fraction) == 3 and len(whole) <= 3 and not whole.startswith("0"):
        return "?"
    return last


def _sign_and_digits(cell: str) -> tuple[bool, str]:
    if cell.startswith("(") and cell.endswith(")"):
        return True, cell[1:-1]
    if cell.endswith("-"):
        return True, cell[:-1]
    return cell.startswith("-"), cell[1:] if cell.startswith(("-", "+")) else cell


def _unspaced(text: str) -> str:
    """Without spaces and the apostrophes of Swiss thousands; the typographic minus made plain."""
    return re.sub(r"[\s'\u2019]", "", text).replace("\N{MINUS SIGN}", "-")


def _built(text: str, match: re.Match[str], month: int, day: int) -> datetime:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    if year not in YEARS:
        raise Invalid("date", f"a year from {YEARS.start} to {YEARS.stop - 1}", repr(text))
    try:
        moment = datetime(  # noqa: DTZ001 — a till's clock is the shop's own unless it says more
            year, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0)
        )
        zone = (match["zone"] or "").replace("Z", "+0000").replace(":", "")
        return moment.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo) if zone else moment
    except ValueError as error:
        raise _no_date(text) from error


def _no_date(text: str) -> Invalid:
    return Invalid("date", "a date such as 2024-12-31", repr(text))


def _parses(parse: Callable[[str, Any], object], text: str, rule: str) -> bool:
    try:
        parse(text, rule)
    except Invalid:
        return False
    return True
