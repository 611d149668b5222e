"""The tables of what the bot remembers. A change here needs a migration in `migrations/versions`.

Ids are Discord's (64 bits). Moments are ISO 8601 in UTC, all written by `moments.written`, so that they sort as text.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

servers = Table(
    "servers",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("joined_at", String(32), nullable=False),
    Column("left_at", String(32), index=True),  # the grace period begins
    Column("channels", Text, nullable=False),  # a JSON list of ids
    Column("direct_messages", Boolean, nullable=False),
    Column("mention_mode", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("cooldown_seconds", Integer, nullable=False),
)
"""Servers that the bot is in, or left not long ago, with their settings."""

libraries = Table(
    "libraries",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("server_id", ForeignKey("servers.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("role_id", BigInteger),
    Column("created_at", String(32), nullable=False),
    Column("removed_at", String(32), index=True),  # nobody reads it any more; its stories are being removed
)
"""Which libraries belong to which server, and which role one must have to read them."""

people_in_servers = Table(
    "people_in_servers",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("server_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("used_at", String(32), nullable=False),
)
"""In which servers a person used the bot, and when last."""

choices = Table(
    "choices",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("library", String(64), nullable=False, index=True),
    Column("chosen_at", String(32), nullable=False),
)
"""The library that a person reads in direct messages."""

answers = Table(
    "answers",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("asked_by", BigInteger, nullable=False, index=True),
    Column("server_id", BigInteger, index=True),
    Column("channel_id", BigInteger, nullable=False),
    Column("library", String(64), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),  # JSON
    Column("asked_at", String(32), nullable=False, index=True),
)
"""Answers that were given not long ago, for the buttons below them."""

votes = Table(
    "votes",
    metadata,
    Column("answer_id", String(16), primary_key=True),  # may outlive the answer
    Column("person_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("helpful", Boolean, nullable=False),
    Column("voted_at", String(32), nullable=False),
)
"""Whether people found answers helpful."""
