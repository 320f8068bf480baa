"""A dual encoder in training: student, teacher, queues and, where wanted, fusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.dual import DualEncoder, evaluating
from hrlib.models.fusion import FusionEncoder, hide_words, pairs_to_match
from hrlib.models.momentum import MomentumTeacher, Queue
from hrlib.models.tokenizer import PAD
from hrlib.processes import gathered, of_each, rank


class CrossModalModel(nn.Module):
    """What contrast, codebook and triple contrast learn from: one model for all of them, so that they differ in the loss alone.

    In training mode B photos, in two views, and their texts become a dictionary; all vectors are of unit length, those of the teacher and of
    the queues without gradient:

    * image, text (B, D): the student's, of view a; embeddings: image once more, for losses on photos;
    * teacher_image, teacher_text (B, D): the teacher's, of view b of the photo; of the text without dropout;
    * image_queue, text_queue (Q, D), title_queue (Q,): what the teacher said in earlier steps; the title is -1 where still empty;
    * image_locals (B, P, D), text_locals (B, T, D), text_locals_mask (B, T): the teacher's parts, and which tokens count;
    * temperature: a scalar;
    * with fusion: match_logits (M, 2), match_labels (M,), of the B true pairs and of up to 2 B hard negatives; word_logits (W, V),
      word_labels (W,) of the hidden words.

    The order is that of Yang et al., arXiv 2202.10401: the teacher is updated, then speaks; the queues are given as they were before this
    batch, which is pushed last. In evaluation mode photos become the student's embeddings (B, D).

    In several processes each is given its part of the batch, and B is then the joined batch's: what is in `joined` comes for all of its pairs, so the
    queues are the same in all processes. The encoders, and the fusion of a photo's pairs, run where the photo is; hard negatives are looked for in
    the whole batch. What is drawn (dropout, negatives, hidden words) differs from what one process would draw, but is of the same
    distribution: each process has random numbers of its own.

    Args:
        student: what is trained and used.
        momentum, warmup: of the teacher, see `MomentumTeacher`.
        queue: pairs that are remembered; 0: none.
        queue_from: the share of the run's steps after which the queues are filled. While the teacher still changes much, what it said some steps
            ago is told apart by its age, and contrast learns that instead: on 10,000 fashion products in 4 epochs (one seed, 2,000 others as
            gallery) recall@1 was .045 with a queue of 1,024 all along, .108 with it from half of the run and .108 with none.
        fusion: an encoder for pairs, as of `hr.models.fusion_encoder`; None: there is none.
    """

    inputs = ("images", "images_b", "tokens", "titles", "progress")
    joined = (
        *("embeddings", "image", "text", "teacher_image", "teacher_text", "image_queue", "text_queue", "title_queue"),
        *("temperature", "match_logits", "match_labels", "word_logits", "word_labels"),
    )

    def __init__(
        self,
        student: DualEncoder,
        *,
        momentum: float = 0.995,
        warmup: int = 10,
        queue: int = 1024,
        queue_from: float = 0.5,
        fusion: FusionEncoder | None = None,
    ):
        super().__init__()
        if not 0 <= queue_from <= 1:
            raise HrlibError(f"queue_from is {queue_from}: expected a share of the run, 0 to 1")
        if fusion and student.tokenizer.mask is None:
            raise HrlibError(
                "fusion hides words, and the text encoder's tokenizer has no mask token: take another text encoder"
            )
        self.student, self.teacher = student, MomentumTeacher(student, momentum, warmup)
        self.image_queue, self.text_queue = Queue(queue, student.dim), Queue(queue, student.dim)
        self.queue_from, self.fusion, self.dim = queue_from, fusion, student.dim

    def forward(
        self,
        images: Tensor,
        images_b: Tensor | None = None,
        tokens: Tensor | None = None,
        titles: Tensor | None = None,
        progress: Tensor | float = 1.0,
    ) -> Tensor | dict[str, Tensor]:
        if not self.training:
            return self.student(images)
        self.student.clamp_temperature()
        each = of_each(len(images))
        told = self._taught(images_b, tokens, each) | self._remembered()
        image, image_locals = self.student.encode_images(images)
        features, states, counts = self.student.text(tokens)
        text, _ = self.student.project_text(features, states)
        image, text, titles = gathered(image, each), gathered(text, each), gathered(titles, each)
        told |= {"embeddings": image, "image": image, "text": text, "temperature": self.student.temperature}
        if self.fusion:
            told |= self._fused(told, image_locals, states, counts, tokens, titles, each)
        if progress >= self.queue_from:
            self.image_queue.push(told["teacher_image"], titles)
            self.text_queue.push(told["teacher_text"], titles)
        return told

    def encode_images(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The student's, see `DualEncoder`."""
        return self.student.encode_images(images)

    def encode_texts(self, texts: Sequence[str], batch_size: int = 256) -> np.ndarray:
        """The student's embeddings (N, D) float32, see `DualEncoder`."""
        return self.student.encode_texts(texts, batch_size)

    def score(self, image_locals: Tensor, tokens: Tensor) -> Tensor:
        """The log-odds (N,) that each of N photos, by its cells (N, P, D), and each of N texts (N, T) match: for ranking the best once more.

        Raises:
            HrlibError: a model without fusion.
        """
        if self.fusion is None:
            raise HrlibError("a model without fusion cannot tell whether a photo and a text match: give it fusion=")
        distinct, places = tokens.unique(dim=0, return_inverse=True)  # a text is with many photos: encoded once
        with evaluating(self):
            _, states, _ = self.student.text(distinct)
            logits = self.fusion.match(states[places], tokens == PAD, image_locals)
            return logits[:, 1] - logits[:, 0]

    def reranker(
        self, image_locals: np.ndarray, texts: Sequence[str]
    ) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """`score` by rows, for `evaluate_crossmodal(rerank=)`: called with rows of photos (B,) and rows of texts (B, K) it gives scores (B, K).

        Args:
            image_locals: (N, P, D), of hr.embed(ImageLocals(model), catalogue).
            texts: M of them.
        """
        device = self.student.log_temperature.device
        tokens = torch.from_numpy(self.student.tokenizer.encode(texts, self.student.text.length))
        tokens = tokens[:, (tokens != PAD).any(0)]

        def scores(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
            cells = torch.from_numpy(image_locals[np.repeat(images, chosen.shape[1])])
            found = self.score(cells.to(device), tokens[chosen.reshape(-1)].to(device))
            return found.view(chosen.shape).cpu().numpy()

        return scores

    @torch.no_grad()
    def _taught(self, images_b: Tensor, tokens: Tensor, each: Sequence[int]) -> dict[str, Tensor]:
        self.teacher.update(self.student)
        image, image_locals = self.teacher.model.encode_images(images_b)
        text, text_locals, counts = self.teacher.model.encode_tokens(tokens)
        return {
            "teacher_image": gathered(image, each),
            "teacher_text": gathered(text, each),
            "image_locals": image_locals,
            "text_locals": text_locals,
            "text_locals_mask": counts,
        }

    def _remembered(self) -> dict[str, Tensor]:
        """Copies: the queues change before the loss looks at them."""
        return {
            "image_queue": self.image_queue.vectors.clone(),
            "text_queue": self.text_queue.vectors.clone(),
            "title_queue": self.image_queue.titles.clone(),
        }

    def _fused(
        self,
        told: dict[str, Tensor],
        cells: Tensor,
        states: Tensor,
        counts: Tensor,
        tokens: Tensor,
        titles: Tensor,
        each: Sequence[int],
    ) -> dict[str, Tensor]:
        """Of this process's pairs, drawn from those of all; what is given is gathered again."""
        start, tokenizer = sum(each[: rank()]), self.student.tokenizer
        own, cells_of_all, states_of_all = (
            slice(start, start + each[rank()]),
            gathered(cells, each),
            gathered(states, each),
        )
        tokens, counts = gathered(tokens, each), gathered(counts, each)
        padding = tokens == PAD
        similarity = (told["image"] @ told["text"].T / told["temperature"]).detach()
        images, texts, labels = pairs_to_match(similarity, titles, own)
        shown, hidden = hide_words(tokens, counts, tokenizer.size, tokenizer.mask)
        shown, hidden, tokens = shown[own], hidden[own], tokens[own]
        _, shown_states, _ = self.student.text(shown)
        pairs, words = of_each(len(labels)), of_each(int(hidden.sum()))
        return {
            "match_logits": gathered(
                self.fusion.match(states_of_all[texts], padding[texts], cells_of_all[images]), pairs
            ),
            "match_labels": gathered(labels, pairs),
            "word_logits": gathered(self.fusion.words(shown_states, padding[own], cells, hidden), words),
            "word_labels": gathered(tokens[hidden], words),
        }


class ImageLocals(nn.Module):
    """The cells of photos alone, for hr.embed(ImageLocals(model), catalogue): (N, P, D) float32, what `CrossModalModel.score` wants."""

    def __init__(self, model: DualEncoder | CrossModalModel):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.encode_images(images)[1]
