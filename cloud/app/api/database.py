"""The API's sessions: one for each request, signed in as the restricted role."""

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session

from cloud.app.store import Base


class RouteSession(Session):
    """A session whose commits can be held back, so that an answer is stored with what it tells."""

    is_held = False

    def commit(self) -> None:
        if self.is_held:
            self.flush()
        else:
            super().commit()


# What a route returns is read after its commit, when the transaction that may see it has ended.
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"expire_on_commit": False, "class_": RouteSession}
)
