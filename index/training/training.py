"""The training of a reader: loss, schedule, loop."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from index.training.examples import Example

Progress = Callable[[str, int, int], None]
_MOST_TOKENS = 320
_MOST_QUESTION_TOKENS = 96
_LENGTH_STEP = 32
"""Each new shape of a batch costs time to prepare for, so there are few: lengths in steps, always as many rows."""
_BUCKET = 64
"""Batches are made of examples of about a length: as many of them are sorted at a time as make this many batches."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `contexts_a_batch` counts passages, not questions."""

    epochs: float = 2.0
    contexts_a_batch: int = 24
    learning_rate: float = 1.5e-4
    head_rate: float = 1e-3
    warm_up: float = 0.06
    weight_decay: float = 0.01
    shared_weight: float = 1.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Batch:
    inputs: dict[str, Tensor]
    may_answer: Tensor  # bool (contexts, tokens): tokens of the passage itself
    starts: Tensor  # bool (contexts, tokens)
    ends: Tensor
    group: Tensor  # int (contexts,): which question


def train(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Example],
    plan: Plan,
    *,
    bfloat16: bool = False,
    on_progress: Progress,
) -> list[float]:
    """Train `model` (a transformers question-answering model) in place; returns the losses of all steps.

    Each passage's span, or [CLS] where it does not answer, is learned as in BERT (Devlin et al., 2019); and the span's
    probability among those of all the question's passages ("shared normalization", Clark and Gardner, 2018), so that
    scores of different passages can be compared.
    """
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)
    parameters = [(name, each) for name, each in model.named_parameters() if each.requires_grad]
    head = [each for name, each in parameters if name.startswith("qa_outputs")]
    body = [each for name, each in parameters if not name.startswith("qa_outputs")]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": plan.learning_rate}, {"params": head, "lr": plan.head_rate}],
        weight_decay=plan.weight_decay,
    )
    total = max(1, int(plan.epochs * sum(len(each.contexts) for each in examples)))
    rates = [group["lr"] for group in optimizer.param_groups]
    losses: list[float] = []
    done = 0
    model.train()
    for chosen in _endless(examples, plan, chance):
        if done >= total:
            break
        share = done / total
        factor = min(share / plan.warm_up, (1 - share) / (1 - plan.warm_up)) if plan.warm_up else 1 - share
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * max(factor, 0.01)
        batch = _batch(tokenizer, chosen, plan.contexts_a_batch)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            output = model(**batch.inputs)
        loss = _loss(output.start_logits.float(), batch.starts, batch, plan)
        loss = loss + _loss(output.end_logits.float(), batch.ends, batch, plan)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_([each for _, each in parameters], 1.0)
        optimizer.step()
        losses.append(loss.item())
        done += int((batch.group >= 0).sum())
        on_progress("passages learned from", min(done, total), total)
    model.eval()
    return losses


def freeze_embeddings(model: Any) -> None:
    """Leave the word vectors as they are: few examples would spoil the rare ones, and they are most of the model."""
    for name, parameter in model.named_parameters():
        if ".embeddings." in name:
            parameter.requires_grad = False


def _loss(logits: Tensor, target: Tensor, batch: _Batch, plan: Plan) -> Tensor:
    """Mean negative log likelihood, of each passage alone and of the passages of a question together."""
    lowest = torch.finfo(logits.dtype).min
    possible = batch.may_answer.clone()
    possible[:, 0] = True  # [CLS]: it does not say
    alone = torch.logsumexp(logits.masked_fill(~possible, lowest), 1)
    right = torch.logsumexp(logits.masked_fill(~target, lowest), 1)
    loss = (alone - right)[batch.group >= 0].mean()
    answered = (target & batch.may_answer).any(1)
    groups = torch.unique(batch.group[answered])
    if plan.shared_weight and len(groups):
        shared = []
        for group in groups:
            rows = batch.group == group
            among = torch.logsumexp(logits[rows].masked_fill(~batch.may_answer[rows], lowest).flatten(), 0)
            hit = torch.logsumexp(logits[rows].masked_fill(~(target & batch.may_answer)[rows], lowest).flatten(), 0)
            shared.append(among - hit)
        loss = loss + plan.shared_weight * torch.stack(shared).mean()
    return loss


def _endless(examples: Sequence[Example], plan: Plan, chance: random.Random) -> Iterator[list[Example]]:
    """Batches of examples of similar length, all of them once before any of them again."""
    while True:
        order = list(examples)
        chance.shuffle(order)
        a_bucket = _BUCKET * plan.contexts_a_batch
        for first in range(0, len(order), a_bucket):
            bucket = sorted(order[first : first + a_bucket], key=_length)
            batches: list[list[Example]] = [[]]
            for example in bucket:
                if sum(len(each.contexts) for each in batches[-1]) + len(example.contexts) > plan.contexts_a_batch:
                    batches.append([])
                batches[-1].append(example)
            chance.shuffle(batches)
            yield from (batch for batch in batches if batch)


def _length(example: Example) -> int:
    return max(len(context.title) + len(context.text) for context in example.contexts)


def _batch(tokenizer: Any, examples: Sequence[Example], rows: int) -> _Batch:
    questions, texts, answers, first_characters, group = [], [], [], [], []
    for number, example in enumerate(examples):
        for context in example.contexts:
            before = f"{context.title}\n" if context.title else ""
            questions.append(_shortened(tokenizer, example.question))
            texts.append(before + context.text)
            first_characters.append(len(before))
            answers.append([(len(before) + start, len(before) + end) for start, end in context.answers])
            group.append(number)
    missing = max(0, rows - len(texts))
    questions += [""] * missing
    texts += [""] * missing
    answers += [[] for _ in range(missing)]
    first_characters += [0] * missing
    group += [-1] * missing
    encoded = tokenizer(
        questions,
        texts,
        truncation="only_second",
        max_length=_MOST_TOKENS,
        padding=True,
        pad_to_multiple_of=_LENGTH_STEP,
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    offsets = encoded.pop("offset_mapping")
    second = torch.tensor([[part == 1 for part in encoded.sequence_ids(row)] for row in range(len(texts))])
    may_answer = second & (offsets[:, :, 0] >= torch.tensor(first_characters)[:, None])
    starts, ends = torch.zeros_like(may_answer), torch.zeros_like(may_answer)
    for row, spans in enumerate(answers):
        for start, end in spans:
            covered = may_answer[row] & (offsets[row, :, 1] > start) & (offsets[row, :, 0] < end)
            tokens = covered.nonzero()
            if len(tokens):
                starts[row, tokens[0]] = True
                ends[row, tokens[-1]] = True
        if not starts[row].any():
            starts[row, 0] = ends[row, 0] = True
    return _Batch(dict(encoded), may_answer, starts, ends, torch.tensor(group))


def _shortened(tokenizer: Any, question: str) -> str:
    offsets = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return question if len(offsets) <= _MOST_QUESTION_TOKENS else question[offsets[-_MOST_QUESTION_TOKENS][0] :]
