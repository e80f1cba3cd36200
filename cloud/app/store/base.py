"""The declarative base, column types that repeat, and the constraint names migrations rely on."""

import datetime as dt
import uuid
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, ForeignKey, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, object]


class Base(DeclarativeBase):
    """Base of all tables. Text is unbounded in PostgreSQL; limits live at the doors."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text(),
        dt.datetime: DateTime(timezone=True),
        Json: JSONB(),
        list[str]: JSONB(),
    }


Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
ShopId = Annotated[
    uuid.UUID, mapped_column(ForeignKey("shop.id", ondelete="CASCADE"), primary_key=True)
]
Minor = Annotated[int, mapped_column(BigInteger)]
CreatedAt = Annotated[dt.datetime, mapped_column(server_default=func.now())]
# where the latest word holds: who has waited for another transaction comes after it
SaidAt = Annotated[dt.datetime, mapped_column(server_default=func.clock_timestamp())]
