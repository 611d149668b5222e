"""The catalog's tables. A change here needs a migration in `migrations/versions`."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

facts = Table(
    "facts",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
"""Single values that must survive a restart, such as whether the samples were ever put in."""

libraries = Table(
    "libraries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("fingerprint", Text),  # what both indexes of this library were made with
    sqlite_autoincrement=True,  # an id names folders and collections: it is never given out twice
)

stories = Table(
    "stories",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False),
    Column("identity", Text, nullable=False),
    Column("added_at", String(32), nullable=False),
    UniqueConstraint("library_id", "identity"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    Column("state", String(8), nullable=False),  # staged -> live -> retired
    Column("content_hash", String(64), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("publisher", Text),
    Column("authors", Text, nullable=False),  # a JSON list
    Column("published_at", String(40)),
    Column("published_day", Integer, nullable=False),  # proleptic Gregorian ordinal, 0 when undated
    Column("language", String(8)),
    Column("splitter", String(32), nullable=False),  # version of the rules that cut its passages
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_versions_story_id_state", "story_id", "state"),
    Index("ix_versions_text_hash", "text_hash"),
    Index("ix_versions_state", "state"),
)

passages = Table(
    "passages",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("version_id", ForeignKey("versions.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text_key", String(64), nullable=False, index=True),
)

vectors = Table(
    "vectors",
    metadata,
    Column("text_key", String(64), primary_key=True),
    Column("model", String(128), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # little-endian float16
)
"""Each embedded text's vector, kept so that the indexes can be made anew without the model."""
