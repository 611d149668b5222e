"""What a training changed, made small: each matrix's difference in eight bits a number."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from index.answering.shipped_reader import ROWS, SCALES, WHOLE

_MOST = 127
_FEW_ROWS = 8
"""Matrices of fewer rows, the two output rows above all, are small and every bit of them counts."""


def save_difference(model: Any, base: Any, path: Path, *, metadata: dict[str, str]) -> int:
    """Write what `model` has other than `base` and return how many bytes that is.

    A matrix's difference becomes int8, each row with a scale of its own (its largest number is 127); vectors and the
    output rows are kept whole as float16. `metadata` goes into the file and names the reader as `name`.
    """
    own = dict(base.named_parameters())
    tensors: dict[str, Tensor] = {}
    for name, trained in model.named_parameters():
        difference = (trained.detach() - own[name].detach()).float()
        if not difference.any():
            continue
        if difference.dim() < 2 or len(difference) < _FEW_ROWS:
            tensors[WHOLE + name] = trained.detach().half().contiguous()
            continue
        scales = (difference.abs().amax(dim=1, keepdim=True) / _MOST).clamp(min=1e-12)
        tensors[ROWS + name] = (difference / scales).round().to(torch.int8).contiguous()
        tensors[SCALES + name] = scales.contiguous()
    save_file(tensors, path, metadata=metadata)
    return path.stat().st_size
