"""One look at a photo and a text together: do they match, and which words are hidden?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hrlib.errors import HrlibError
from hrlib.models.text import draw_anew

HIDDEN = 0.15  # of the tokens; of these
MASKED, REPLACED = 0.8, 0.1  # the rest stay as they are


class FusionEncoder(nn.Module):
    """The tokens of a text attend to the cells of a photo: torch's TransformerDecoder, without a mask of what comes next.

    Two heads, as in Li et al., Align before Fuse, NeurIPS 2021, arXiv 2107.07651, and Yang et al., arXiv 2202.10401: whether text and photo match, by the
    state of [CLS], and which words are hidden. The photo's cells come as unit vectors of the joint space, so that those of a gallery are
    small enough to be kept (16 x D numbers a photo) for ranking the best once more; that is chosen here, the articles fuse the encoders' own states.

    Args:
        width: of the text encoder's states.
        dim: of the joint space.
        vocabulary: tokens that a hidden word can be.
        layers, heads: of the decoder.
    """

    def __init__(self, width: int, dim: int, vocabulary: int, *, layers: int = 1, heads: int = 4, dropout: float = 0.1):
        super().__init__()
        if width % heads:
            raise HrlibError(f"width is {width} for {heads} heads: expected a multiple")
        self.cells = nn.Sequential(nn.Linear(dim, width), nn.LayerNorm(width))
        layer = nn.TransformerDecoderLayer(
            width, heads, 2 * width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerDecoder(layer, layers, nn.LayerNorm(width))
        draw_anew(self.layers)
        self.match_head, self.word_head = nn.Linear(width, 2), nn.Linear(width, vocabulary)

    def forward(self, states: Tensor, padding: Tensor, image_locals: Tensor) -> Tensor:
        """States of the tokens (B, T, width), which of them are padding (B, T) bool, cells of the photos (B, P, D): states (B, T, width)."""
        return self.layers(states, self.cells(image_locals), tgt_key_padding_mask=padding)

    def match(self, states: Tensor, padding: Tensor, image_locals: Tensor) -> Tensor:
        """Logits (B, 2) of each text with its photo: that they do not match, and that they do."""
        return self.match_head(self(states, padding, image_locals)[:, 0]).float()

    def words(self, states: Tensor, padding: Tensor, image_locals: Tensor, hidden: Tensor) -> Tensor:
        """Logits (M, vocabulary) of the M hidden words, `hidden` (B, T) bool, in order."""
        return self.word_head(self(states, padding, image_locals)[hidden]).float()


def hard_negatives(similarity: Tensor, titles: Tensor) -> Tensor:
    """For each row of (B, B) similarities a column, drawn from their softmax without those of its own title, itself among them: (B,), -1
    where all are of one title."""
    others = titles[:, None] != titles
    chance = similarity.float().masked_fill(~others, -torch.inf).softmax(1)
    possible = others.any(1)
    drawn = torch.multinomial(chance.masked_fill(~possible[:, None], 1.0), 1).squeeze(1)
    return drawn.where(possible, -1)


def pairs_to_match(similarity: Tensor, titles: Tensor, rows: slice = slice(None)) -> tuple[Tensor, Tensor, Tensor]:
    """Photos, texts and whether they match (1, 0), (M,) each: the B true pairs, each photo with a hard negative text, each text with a hard
    negative photo. M is 3 B, less where a batch has none but one title.

    Args:
        similarity: (B, B) logits, photos by texts.
        titles: (B,) of the pairs.
        rows: only the pairs of these, one process's part of the batch; their negatives may be any.
    """
    own = torch.arange(len(titles), device=titles.device)[rows]
    text, image = hard_negatives(similarity, titles)[rows], hard_negatives(similarity.T, titles)[rows]
    images = torch.cat([own, own[text >= 0], image[image >= 0]])
    texts = torch.cat([own, text[text >= 0], own[image >= 0]])
    return images, texts, (torch.arange(len(images), device=own.device) < len(own)).long()


def hide_words(tokens: Tensor, counts: Tensor, vocabulary: int, mask: int) -> tuple[Tensor, Tensor]:
    """Hide 15% of the tokens that count, at least one: 80% of these behind `mask`, 10% behind any token, 10% stay (Devlin et al., 2019).

    Returns:
        The tokens (B, T), and which are to be told (B, T) bool.
    """
    chance = torch.rand(tokens.shape, device=tokens.device).masked_fill(~counts, 2.0)
    hidden = counts & ((chance < HIDDEN) | (chance == chance.min()))
    how = torch.rand(tokens.shape, device=tokens.device)
    any_token = torch.randint(1, vocabulary, tokens.shape, device=tokens.device)
    shown = torch.where(how < MASKED, mask, torch.where(how < MASKED + REPLACED, any_token, tokens))
    return shown.where(hidden, tokens), hidden
