"""The database: tables, sessions and queries. Knows SQLAlchemy, knows no Flask."""

from cloud.app.store import people, sales, scores, shops
from cloud.app.store.base import Base

__all__ = ["Base", "people", "sales", "scores", "shops"]
