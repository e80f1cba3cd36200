"""Deleting many rows takes a time that grows with them, and not with their square."""

from sqlalchemy import text
from sqlalchemy.orm import Session

# each foreign key with its columns, and the first columns of each index of its table
FOREIGN_KEYS = text("""
    SELECT con.conrelid::regclass::text AS source, con.confrelid::regclass::text AS target,
        con.conkey AS columns,
        array(SELECT i.indkey::text FROM pg_index i WHERE i.indrelid = con.conrelid) AS indexes
    FROM pg_constraint con
    WHERE con.contype = 'f' AND con.connamespace = 'public'::regnamespace
        AND con.conparentid = 0
        AND con.confrelid::regclass::text IN ('purchase', 'membership', 'product', 'import_batch')
""")


def test_what_may_go_by_the_thousand_is_looked_for_in_an_index(session: Session) -> None:
    keys = session.execute(FOREIGN_KEYS).all()
    assert ("purchase", "purchase") in {(key.source, key.target) for key in keys}
    unindexed = {
        (key.source, key.target)
        for key in keys
        if not any(set(key.columns) == _first(index, len(key.columns)) for index in key.indexes)
    }
    assert unindexed == set()


def _first(index: str, count: int) -> set[int]:
    return set(map(int, index.split()[:count]))
