"""Generations of search indexes, remembered duplicates, and jobs.

What was indexed before is indexed anew at the next start: the vectors are kept, so no model is needed for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("library_id", sa.Integer, sa.ForeignKey("libraries.id"), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("model", sa.String(128), nullable=False),
        sa.Column("model_files", sa.Text, nullable=False),
        sa.Column("splitter", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_generations_library_id", "generations", ["library_id"])
    op.drop_column("libraries", "fingerprint")
    op.create_table(
        "new_passages",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version_id", sa.String(16), sa.ForeignKey("versions.id"), nullable=False),
        sa.Column("splitter", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("text_key", sa.String(64), nullable=False),
    )
    op.execute(
        'INSERT INTO new_passages (id, version_id, splitter, position, start, "end", text_key) '
        'SELECT passages.id, version_id, versions.splitter, position, start, "end", text_key '
        "FROM passages JOIN versions ON versions.id = version_id"
    )
    op.drop_table("passages")
    op.rename_table("new_passages", "passages")
    op.create_index("ix_passages_version_id_splitter", "passages", ["version_id", "splitter"])
    op.create_index("ix_passages_text_key", "passages", ["text_key"])
    op.drop_column("versions", "splitter")
    op.drop_index("ix_versions_text_hash", "versions")
    op.drop_index("ix_versions_state", "versions")
    not_live = sa.text("state != 'live'")
    op.create_index("ix_versions_not_live", "versions", ["state"], sqlite_where=not_live, postgresql_where=not_live)
    op.create_index("ix_versions_text_hash_state", "versions", ["text_hash", "state"])
    op.create_table(
        "indexed_versions",
        sa.Column("generation_id", sa.Integer, sa.ForeignKey("generations.id"), primary_key=True),
        sa.Column("version_id", sa.String(16), sa.ForeignKey("versions.id"), primary_key=True),
    )
    op.create_index("ix_indexed_versions_version_id", "indexed_versions", ["version_id"])
    op.create_table(
        "duplicates",
        sa.Column("library_id", sa.Integer, sa.ForeignKey("libraries.id"), primary_key=True),
        sa.Column("identity", sa.Text, primary_key=True),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("story", sa.Text, nullable=False),
    )
    op.create_index("ix_duplicates_library_id_text_hash", "duplicates", ["library_id", "text_hash"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("accepted_at", sa.String(32), nullable=False),
        sa.Column("changed_at", sa.String(32), nullable=False),
        sa.Column("what", sa.Text),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_state", "jobs", ["state"])
