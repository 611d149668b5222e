"""The first catalog: libraries, stories, their versions, passages and vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "libraries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("fingerprint", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stories",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("library_id", sa.Integer, sa.ForeignKey("libraries.id"), nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("library_id", "identity"),
    )
    op.create_table(
        "versions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("story_id", sa.String(16), sa.ForeignKey("stories.id"), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("publisher", sa.Text),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("published_at", sa.String(40)),
        sa.Column("published_day", sa.Integer, nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("splitter", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_versions_story_id_state", "versions", ["story_id", "state"])
    op.create_index("ix_versions_text_hash", "versions", ["text_hash"])
    op.create_index("ix_versions_state", "versions", ["state"])
    op.create_table(
        "passages",
        sa.Column("id", sa.String(24), primary_key=True),
        sa.Column("version_id", sa.String(16), sa.ForeignKey("versions.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text_key", sa.String(64), nullable=False),
    )
    op.create_index("ix_passages_version_id", "passages", ["version_id"])
    op.create_index("ix_passages_text_key", "passages", ["text_key"])
    op.create_table(
        "vectors",
        sa.Column("text_key", sa.String(64), primary_key=True),
        sa.Column("model", sa.String(128), primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
