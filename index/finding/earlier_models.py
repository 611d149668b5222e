"""The models that a library's present indexes were made with, while the next ones are being made."""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from index.errors import ModelError
from index.finding.embedding import Embedder
from index.finding.model_files import model_fingerprint
from index.publishing.stores import Embed
from index.settings import IndexSettings
from index.storing.catalog import Generation

_log = logging.getLogger(__name__)


def model_files(settings: IndexSettings) -> str:
    """Where the model's files are, as JSON to be kept."""
    folder = str(settings.model_folder.absolute()) if settings.model_folder is not None else None
    return json.dumps({"model_folder": folder, "model_sha256": settings.model_sha256})


class EarlierModels:
    """Loads the models that older generations were made with, each once, as far as their files are still there."""

    def __init__(self, settings: IndexSettings, load: Callable[[IndexSettings], Embedder]) -> None:
        self._settings = settings
        self._load = load
        self._loading = threading.Lock()
        self._loaded: dict[str, Embed | None] = {}

    def __call__(self, generation: Generation) -> Embed | None:
        with self._loading:
            if generation.model not in self._loaded:
                self._loaded[generation.model] = self._find(generation)
            return self._loaded[generation.model]

    def _find(self, generation: Generation) -> Embed | None:
        files = json.loads(generation.model_files)
        folder = Path(files["model_folder"]) if files["model_folder"] is not None else None
        earlier = self._settings.model_copy(update={"model_folder": folder, "model_sha256": files["model_sha256"]})
        try:
            if model_fingerprint(earlier) == generation.model:
                return self._load(earlier).embed
        except ModelError as error:
            _log.warning("the model of the present indexes cannot be loaded: %s", error)
        return None
