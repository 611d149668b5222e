"""What a training changed, made small: low-rank factors of each matrix's difference."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from index.answering.shipped_reader import LEFT, RIGHT, WHOLE


def save_difference(model: Any, base: Any, path: Path, *, rank: int, metadata: dict[str, str]) -> int:
    """Write what `model` has other than `base`, float16, matrices by their `rank` strongest directions; bytes written.

    `metadata` goes into the file and names the reader as `name`.
    """
    own = dict(base.named_parameters())
    tensors: dict[str, Tensor] = {}
    for name, trained in model.named_parameters():
        difference = (trained.detach() - own[name].detach()).float()
        if not difference.any():
            continue
        if min(difference.shape) <= rank or difference.dim() < 2:
            tensors[WHOLE + name] = trained.detach().half().contiguous()
            continue
        left, strengths, right = torch.linalg.svd(difference, full_matrices=False)
        root = strengths[:rank].sqrt()
        tensors[LEFT + name] = (left[:, :rank] * root).half().contiguous()
        tensors[RIGHT + name] = (root[:, None] * right[:rank]).half().contiguous()
    save_file(tensors, path, metadata=metadata)
    return path.stat().st_size
