"""Servers, libraries, people, answers and votes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("joined_at", sa.String(32), nullable=False),
        sa.Column("left_at", sa.String(32)),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("direct_messages", sa.Boolean, nullable=False),
        sa.Column("mention_mode", sa.String(16), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer, nullable=False),
    )
    op.create_index("ix_servers_left_at", "servers", ["left_at"])
    op.create_table(
        "libraries",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("server_id", sa.BigInteger, sa.ForeignKey("servers.id"), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("role_id", sa.BigInteger),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("removed_at", sa.String(32)),
    )
    op.create_index("ix_libraries_server_id", "libraries", ["server_id"])
    op.create_index("ix_libraries_removed_at", "libraries", ["removed_at"])
    op.create_table(
        "people_in_servers",
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("server_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("used_at", sa.String(32), nullable=False),
    )
    op.create_index("ix_people_in_servers_server_id", "people_in_servers", ["server_id"])
    op.create_table(
        "choices",
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("library", sa.String(64), nullable=False),
        sa.Column("chosen_at", sa.String(32), nullable=False),
    )
    op.create_index("ix_choices_library", "choices", ["library"])
    op.create_table(
        "answers",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("asked_by", sa.BigInteger, nullable=False),
        sa.Column("server_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("library", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
    )
    for column in ("asked_by", "server_id", "library", "asked_at"):
        op.create_index(f"ix_answers_{column}", "answers", [column])
    op.create_table(
        "votes",
        sa.Column("answer_id", sa.String(16), primary_key=True),
        sa.Column("person_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("voted_at", sa.String(32), nullable=False),
    )
    op.create_index("ix_votes_person_id", "votes", ["person_id"])
