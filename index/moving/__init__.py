"""Stories on the way from one data folder to another: exports as lines of JSON, and backups of the catalog."""

from index.moving.backing_up import back_up
from index.moving.backups import Further, Manifest
from index.moving.exporting import Exported, export, write_export
from index.moving.importing import ExportHeader, ImportedLibrary, ImportedStory, read_export
from index.moving.restoring import Restored, restore

__all__ = [
    "ExportHeader",
    "Exported",
    "Further",
    "ImportedLibrary",
    "ImportedStory",
    "Manifest",
    "Restored",
    "back_up",
    "export",
    "read_export",
    "restore",
    "write_export",
]
