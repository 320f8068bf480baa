"""Texts as numbers: a WordPiece vocabulary trained on a catalogue's texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hrlib.errors import HrlibError
from hrlib.files import from_json, write

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Pieces

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[MASK]")
PAD, UNKNOWN, CLS, MASK = range(4)


class Tokenizer:
    """Texts to tokens (N, T) int64: first [CLS], then the pieces of the words, then 0 as padding.

    Words are in lower case and without accents, and are cut into the longest pieces that the vocabulary has (WordPiece: Schuster and
    Nakajima, ICASSP 2012; normalisation and splitting of BERT, Devlin et al. 2019, as the library `tokenizers` has them). A word with a
    character that was not in training is [UNK]. There is no [SEP]: a text has one part.

    Args:
        pieces: a tokenizer of that library with `SPECIAL` as its first four tokens; `train` and `load` make it.

    Attributes:
        special: the tokens that stand for no part of a text: padding and [CLS].
        mask: the token that a word is hidden behind.
    """

    special, mask = (PAD, CLS), MASK

    def __init__(self, pieces: Pieces):
        if tuple(map(pieces.id_to_token, range(len(SPECIAL)))) != SPECIAL:
            raise HrlibError(
                f"a vocabulary that starts with {', '.join(str(pieces.id_to_token(n)) for n in range(len(SPECIAL)))}: expected "
                f"{', '.join(SPECIAL)}, as Tokenizer.train makes them"
            )
        self._pieces = pieces

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary: int = 2000, min_frequency: int = 2) -> Tokenizer:
        """A vocabulary of the texts' commonest pieces: the same one for the same texts, in whatever order they come.

        Args:
            vocabulary: tokens at most; more only where the characters alone, at the start of a word and within it, are more.
            min_frequency: times that two pieces must be met side by side to become one.

        Raises:
            HrlibError: no text, or none with a word.
        """
        from tokenizers.trainers import WordPieceTrainer

        pieces = _untrained({})
        normal = [pieces.normalizer.normalize_str(text) for text in texts]
        words = [word for text in normal for word, _ in pieces.pre_tokenizer.pre_tokenize_str(text)]
        if not words:
            raise HrlibError(f"{len(normal)} texts without a word: expected some to train a vocabulary on")
        # the library numbers the pieces within words in an order that changes from process to process, and with it which of two equally
        # common pieces is made first; what it is told as special is numbered as it comes
        within = sorted({"##" + character for word in words for character in word[1:]})
        trainer = WordPieceTrainer(
            vocab_size=vocabulary,
            min_frequency=min_frequency,
            special_tokens=[*SPECIAL, *within],
            show_progress=False,
        )
        pieces.train_from_iterator(normal, trainer)
        return cls(_untrained(pieces.get_vocab()))

    @property
    def size(self) -> int:
        """Tokens in the vocabulary, the special ones too."""
        return self._pieces.get_vocab_size()

    def encode(self, texts: Sequence[str], length: int = 32) -> np.ndarray:
        """Tokens (N, length) int64; what is longer is cut.

        Raises:
            HrlibError: a text that is none or has no words, or a length below 2.
        """
        check_texts(texts, length)
        tokens = np.full((len(texts), length), PAD, np.int64)
        tokens[:, 0] = CLS
        for row, found in zip(tokens, self._pieces.encode_batch(list(texts), add_special_tokens=False), strict=True):
            ids = found.ids[: length - 1]
            row[1 : 1 + len(ids)] = ids
        check_words(texts, tokens[:, 1] != PAD)
        return tokens

    def words(self, tokens: Sequence[int]) -> list[str]:
        """The pieces by name, with padding as [PAD]; a piece that goes on with a word starts with ##."""
        return [self._pieces.id_to_token(int(token)) for token in tokens]

    def to_json(self) -> str:
        """All of it as a text."""
        return self._pieces.to_str()

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """What `to_json` gave. Only the vocabulary is taken: the library's format can ask for much else, such as texts of any length.

        Raises:
            HrlibError: something else.
        """
        try:
            made = from_json(text)
            vocabulary = made["model"]["vocab"]
            if sorted(vocabulary.values()) != list(range(len(vocabulary))):
                raise ValueError("its tokens are not numbered from 0 on")
            pieces = _untrained(vocabulary)
            asked, ours = (
                {part: x[part] for part in x if x[part] and part != "version"}
                for x in (made, from_json(pieces.to_str()))
            )
            if asked != ours:
                raise ValueError("it asks for more than BERT's way to words and a vocabulary of WordPiece")
        except Exception as error:  # the library raises nothing narrower
            raise HrlibError(f"no tokenizer's JSON ({error}): expected what Tokenizer.save wrote") from error
        return cls(pieces)

    def save(self, path: str | Path) -> Path:
        """Write it as JSON."""
        path = Path(path)
        write(path, self.to_json().encode())
        return path

    @classmethod
    def load(cls, path: str | Path) -> Tokenizer:
        """What `save` wrote.

        Raises:
            HrlibError: no such file, or no tokenizer in it.
        """
        path = Path(path)
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, HrlibError) as error:
            raise HrlibError(f"{path} cannot be read as a tokenizer: {error}") from error


def check_texts(texts: Sequence[str], length: int) -> None:
    """Raise an HrlibError unless these are texts, to be encoded in 2 tokens or more."""
    if isinstance(texts, str):
        raise HrlibError(f"one text, {texts!r}: expected a list of texts, [{texts!r}]")
    if bad := [n for n, text in enumerate(texts) if not isinstance(text, str)]:
        raise HrlibError(f"text {bad[0]} is {texts[bad[0]]!r}: expected a text")
    if length < 2:
        raise HrlibError(f"length is {length}: expected at least 2 tokens, [CLS] and a piece of a word")


def check_words(texts: Sequence[str], some: np.ndarray) -> None:
    """Raise an HrlibError unless every text has some word (N,) bool."""
    if not some.all():
        bad = np.flatnonzero(~some)
        raise HrlibError(
            f"text {bad[0]} is {texts[bad[0]]!r}, without a word{f', and {len(bad) - 1} more' if len(bad) > 1 else ''}: leave such texts out"
        )


def _untrained(vocabulary: dict[str, int]) -> Pieces:
    """BERT's way from a text to pieces, with this vocabulary."""
    from tokenizers import Tokenizer as Pieces
    from tokenizers import models, normalizers, pre_tokenizers

    pieces = Pieces(models.WordPiece(vocabulary, unk_token=SPECIAL[UNKNOWN]))
    pieces.normalizer, pieces.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    return pieces
