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
    text,
)

NOT_LIVE = "state != 'live'"
"""What a query has to say, literally, to use the index of the few versions that are not live."""

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
    sqlite_autoincrement=True,  # an id may be remembered elsewhere: it is never given out twice
)

generations = Table(
    "generations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("library_id", ForeignKey("libraries.id"), nullable=False, index=True),
    Column("state", String(8), nullable=False),  # building -> current -> retired
    Column("model", String(128), nullable=False),
    Column("model_files", Text, nullable=False),  # JSON: where the model was, to answer while the next is built
    Column("splitter", String(32), nullable=False),  # version of the rules that cut its passages
    sqlite_autoincrement=True,  # an id names folders and collections: it is never given out twice
)
"""Search indexes of a library, one of each kind, made with one model and one splitter. At most one is current."""

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
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_versions_story_id_state", "story_id", "state"),
    Index("ix_versions_text_hash_state", "text_hash", "state"),
    # Nearly all versions are live: an index that has those as well would tempt SQLite to look at them all.
    Index("ix_versions_not_live", "state", sqlite_where=text(NOT_LIVE), postgresql_where=text(NOT_LIVE)),
)

passages = Table(
    "passages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version_id", ForeignKey("versions.id"), nullable=False),
    Column("splitter", String(32), nullable=False),
    Column("position", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text_key", String(64), nullable=False, index=True),
    Index("ix_passages_version_id_splitter", "version_id", "splitter"),
)

indexed_versions = Table(
    "indexed_versions",
    metadata,
    Column("generation_id", ForeignKey("generations.id"), primary_key=True),
    Column("version_id", ForeignKey("versions.id"), primary_key=True, index=True),
)
"""Which versions are whole in both indexes of a generation."""

vectors = Table(
    "vectors",
    metadata,
    Column("text_key", String(64), primary_key=True),
    Column("model", String(128), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # little-endian float16
)
"""Each embedded text's vector, kept so that the indexes can be made anew without the model."""

duplicates = Table(
    "duplicates",
    metadata,
    Column("library_id", ForeignKey("libraries.id"), primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("text_hash", String(64), nullable=False),
    Column("story", Text, nullable=False),  # JSON: everything of the story but its text
    Index("ix_duplicates_library_id_text_hash", "library_id", "text_hash"),
)
"""Stories whose text is that of a live story: they take it over when that one changes."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("state", String(10), nullable=False, index=True),  # waiting -> running -> done, failed or cancelled
    Column("attempts", Integer, nullable=False),
    Column("accepted_at", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
    Column("what", Text),  # of the progress: what is being done, how much of how much
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("outcome", Text),  # JSON
    Column("error", Text),
    sqlite_autoincrement=True,
)
"""Work that the holder of the data folder accepted from other processes."""
