"""Everything that can go wrong and that a person can do something about.

StorydeskError
  SettingsError        a setting is unknown or wrong
  ReadingError         a file cannot be read as a story
  StorageError         the data folder cannot be used
    HomeBusyError      another process holds the data folder
    DiskFullError      there is no room for what was to be written
    NotWritableError   what was to be written may not be
    OutdatedIndexError the indexes were made by another model or splitter
    IncompleteIndexError the vector index lacks passages that it should have
    VectorServerError  the vector server is down, slow or refuses
  ModelError           the embedding model is missing or not the expected one
  UnknownStoryError    no story has that id
  LibraryNameError     not a name for a library
  HolderError          the process that holds the data folder cannot be worked with
  MeasuringError       what is to be measured with cannot be used
  JobError             a job failed, was cancelled or is unknown
    TooManyJobsError   too many jobs are waiting already

The message of each is one sentence for the person who asked: what was wrong and what to do about it.
"""


class StorydeskError(Exception):
    """Base of all errors that are reported as a sentence, without a traceback."""


class SettingsError(StorydeskError):
    """A setting is unknown or has a value that cannot be used."""


class ReadingError(StorydeskError):
    """A file cannot be read as a story. The message does not repeat the file's name: the result carries it."""


class StorageError(StorydeskError):
    """The data folder is missing, read-only, full or damaged."""


class HomeBusyError(StorageError):
    """Another process holds the data folder and did not let go in time."""


class DiskFullError(StorageError):
    """There is no room on the disk, or in the quota, for what was to be written."""


class NotWritableError(StorageError):
    """A folder or a file may not be written: by its permissions, or because the disk is read-only."""


class OutdatedIndexError(StorageError):
    """A library's indexes were made by another model or another splitter."""


class IncompleteIndexError(StorageError):
    """A library's vector index lacks passages that the catalog says it has."""


class VectorServerError(StorageError):
    """The vector server cannot be reached in time, refuses, or fails."""


class ModelError(StorydeskError):
    """The embedding model is missing or is not the one that is expected."""


class UnknownStoryError(StorydeskError):
    """No story has that id, or more than one id begins like that."""


class LibraryNameError(StorydeskError):
    """A library's name has other characters than small letters, digits and hyphens, or is reserved."""


class HolderError(StorydeskError):
    """The process that holds the data folder speaks another version, or ends whenever it is asked."""


class MeasuringError(StorydeskError):
    """A file to measure with cannot be used, or what measuring needs is not installed."""


class JobError(StorydeskError):
    """A job failed, was cancelled or is unknown."""


class TooManyJobsError(JobError):
    """As many jobs wait already as may wait."""
