"""Slugs are what an address can carry."""

import pytest

from cloud.app.domain.slugs import SLUG_MAX_LENGTH, SLUG_PATTERN, slugify


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Corner Bakery", "corner-bakery"),
        ("  Crème & Brûlée!! ", "creme-brulee"),
        ("Straße 7", "strasse-7"),
        ("साड़ी", "shop"),
        ("x" * 59 + " long", "x" * 59),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug
    assert SLUG_PATTERN.fullmatch(slug)
    assert len(slug) <= SLUG_MAX_LENGTH
