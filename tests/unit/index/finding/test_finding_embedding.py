"""Loading the model, as far as it can be seen without one."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from index.errors import ModelError
from index.finding import SentenceTransformerEmbedder
from index.finding.embedding import long_lived
from index.settings import IndexSettings


@pytest.fixture(autouse=True)
def _collecting_as_before() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.parametrize("enabled", [True, False])
def test_what_is_loaded_is_kept_from_garbage_collection_which_goes_on_as_before(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    with long_lived():
        assert not gc.isenabled()
        loaded: list[Any] = [[] for _ in range(1_000)]
    assert gc.isenabled() is enabled
    assert not any(each is loaded for each in gc.get_objects())


def test_garbage_collection_goes_on_after_a_failure() -> None:
    def fail() -> None:
        with long_lived():
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert gc.isenabled()


@pytest.mark.slow
def test_a_folder_that_is_no_model_is_told_in_one_sentence(
    settings: IndexSettings,
) -> None:
    with pytest.raises(ModelError, match=r"^The model in .* cannot be loaded \(.*\); install it again\.$"):
        SentenceTransformerEmbedder.load(settings)
