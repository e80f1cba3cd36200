"""The API's sessions: one for each request, signed in as the restricted role."""

from flask_sqlalchemy import SQLAlchemy

from cloud.app.store import Base

# What a route returns is read after its commit, when the transaction that may see it has ended.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
