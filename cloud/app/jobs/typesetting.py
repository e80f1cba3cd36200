"""Typesets a report with Typst, and says which letters could not be shown.

The PDF is tagged for screen readers (PDF/UA-1). That standard also demands that every character
has a glyph, so names in a script without a font here cannot turn into empty boxes unnoticed: they
are replaced by a mark, and the report says which font is missing.
"""

import datetime as dt
import importlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud.app.services.fonts import OF_TYPST, joining_devanagari

TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
STANDARD = "ua-1"
MISSING_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
PLACEHOLDER = "…"
MAX_SCRIPTS = 20
FONTS = [OF_TYPST]  # it adds whatever is installed
UNJOINED = "DEVANAGARI"

# What the template shows: texts, and `notes`, a list of them.
Report = dict[str, Any]


class ReportError(Exception):
    """The report could not be typeset; the text says why."""


@dataclass(frozen=True)
class Fonts:
    """Where fonts are looked for, besides those that Typst brings."""

    folders: tuple[Path, ...] = ()
    with_installed: bool = True

    def families(self) -> list[str]:
        """The names of every font there is."""
        found: list[str] = (
            _typst()
            .Fonts(
                include_system_fonts=self.with_installed, font_paths=[str(f) for f in self.folders]
            )
            .families()
        )
        return found


def readable_language(language: str, fonts: Fonts) -> tuple[str, list[str]]:
    """The language itself, or English and a note when its letters could not be joined."""
    if language != "hi" or _joining(fonts):
        return language, []
    return "en", [
        "This report is in English, not in Hindi, for want of a font on the computer that made it; "
        "Noto Serif Devanagari will do."
    ]


def typeset(content: Report, fonts: Fonts) -> tuple[bytes, Report]:
    """The PDF and what it shows: what no font can show is replaced and named in the notes."""
    content = _with_joining_fonts({**content, "fonts": FONTS}, fonts)
    replaced: set[str] = set()
    for _ in range(MAX_SCRIPTS):
        try:
            return _compile(content, fonts), content
        except RuntimeError as error:
            missing = MISSING_GLYPH.search(str(error))
            if missing is None:
                raise ReportError(str(error)) from error
            script = _script(missing.group(1)[0])
            replaced.add(script)
            content = _without(content, script)
            content["notes"] = [*_other_notes(content), _font_note(replaced)]
    raise ReportError(f"expected fonts for the names of this shop, found none for {replaced}")


def _with_joining_fonts(content: Report, fonts: Fonts) -> Report:
    """With installed fonts first that join Devanagari, or a note that there are none."""
    if UNJOINED not in {_script(char) for char in set(json.dumps(content, ensure_ascii=False))}:
        return content
    joining = _joining(fonts)
    if joining:
        return {**content, "fonts": [*FONTS, *joining]}
    note = (
        "Devanagari letters stand unjoined, for want of a font on the computer that made this "
        "report; Noto Serif Devanagari joins them."
    )
    return {**content, "notes": [*content["notes"], note]}


def _joining(fonts: Fonts) -> list[str]:
    """The names of the fonts that join Devanagari letters."""
    return joining_devanagari(fonts.families())


def _compile(content: Report, fonts: Fonts) -> bytes:
    as_of = dt.date.fromisoformat(content["as_of"]) if content["as_of"] else dt.date(1970, 1, 1)
    made: bytes = _typst().compile(
        TEMPLATE,
        format="pdf",
        sys_inputs={"data": json.dumps(content)},
        pdf_standards=STANDARD,
        font_paths=[str(folder) for folder in fonts.folders],
        ignore_system_fonts=not fonts.with_installed,
        timestamp=dt.datetime.combine(as_of, dt.time(), dt.UTC),  # the same data, the same bytes
    )
    return made


def _typst() -> Any:
    return importlib.import_module("typst")  # 78 MB that only a report needs


def _without(value: Any, script: str) -> Any:
    """The same with runs of a script's characters replaced."""
    if isinstance(value, dict):
        return {key: _without(item, script) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, script) for item in value]
    if not isinstance(value, str):
        return value
    kept = ("\0" if _script(char) == script else char for char in value)
    return re.sub(f"[\0{PLACEHOLDER}]+", PLACEHOLDER, "".join(kept))


def _script(char: str) -> str:
    """The script of a character as its Unicode name begins: CJK, HANGUL, TAMIL."""
    return unicodedata.name(char, f"U+{ord(char):04X}").split()[0].split("-")[0]


def _font_note(scripts: set[str]) -> str:
    return (
        f"Some names use letters ({_named(scripts)}) for which the computer that made this report "
        f"has no font; “{PLACEHOLDER}” stands in their place. Fonts of the Noto family have them."
    )


def _named(scripts: set[str]) -> str:
    return ", ".join(sorted(name if name == "CJK" else name.capitalize() for name in scripts))


def _other_notes(content: Report) -> list[str]:
    return [note for note in content["notes"] if not note.startswith("Some names use letters")]
