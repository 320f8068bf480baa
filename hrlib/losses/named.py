"""Every loss of the kit by its name, with its settings, their defaults and where those come from.

Flat losses look at the finest classes only. Pairs and triplets need at least two photos of a class in a batch (`per_class=2` in `fit`).
All compare directions: cosines, or distances between unit vectors.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Sequence

from pytorch_metric_learning import losses as pml
from pytorch_metric_learning import miners
from pytorch_metric_learning.distances import DotProductSimilarity, LpDistance
from torch import nn

from hrlib.catalogue.hierarchy import Hierarchy
from hrlib.losses.csl import CrossScaleLoss
from hrlib.losses.discovered import DiscoveredHierarchyLoss
from hrlib.losses.hierarchical import HierarchicalProxyLoss
from hrlib.losses.himulcone import HiMulConELoss
from hrlib.losses.pml import Memory, MergeCentres, PeerLoss
from hrlib.losses.proxy import BASES
from hrlib.losses.registry import register


def _peer(hierarchy: Hierarchy, dim: int, loss: nn.Module, **settings) -> PeerLoss:
    return PeerLoss(loss, hierarchy.n_classes[0], dim, **settings)


@register("contrastive")
def contrastive(hierarchy: Hierarchy, dim: int, *, pos_margin: float = 0.0, neg_margin: float = 1.0) -> nn.Module:
    """Hadsell et al., CVPR 2006: positives nearer than pos_margin, negatives farther than neg_margin (distances, 0..2), averaged over the
    pairs that violate it. Defaults of pytorch-metric-learning; a distance of 1 is a cosine of .5."""
    return _peer(hierarchy, dim, pml.ContrastiveLoss(pos_margin, neg_margin))


@register("contrastive-xbm")
def contrastive_xbm(
    hierarchy: Hierarchy,
    dim: int,
    *,
    memory_size: int = 1024,
    weight: float = 1.0,
    start: int = 200,
    pos_margin: float = 0.0,
    neg_margin: float = 1.0,
) -> nn.Module:
    """Contrastive with cross-batch memory (Wang et al., CVPR 2020): after `start` iterations each embedding is also compared with the latest
    `memory_size` ones. It supposes that embeddings change slowly.

    The memory's size is pytorch-metric-learning's default, the weight the authors'; in their code the memory joins for the second half of
    4,000 iterations. Measured on validation classes of fashion product groups (228 iterations from nothing, one seed), MAP@R without memory
    .311, joining half way .277, from the start .203, and .137 without the loss within the batch: there the embeddings change too quickly.
    Every iteration after `start` adds to the memory, which is part of the state_dict.
    """
    loss = Memory(pml.ContrastiveLoss(pos_margin, neg_margin), dim, memory_size, weight, start)
    return _peer(hierarchy, dim, loss)


@register("triplet-semi-hard")
def triplet_semi_hard(hierarchy: Hierarchy, dim: int, *, margin: float = 0.2) -> nn.Module:
    """FaceNet (Schroff et al., CVPR 2015): d2(a, p) + margin < d2(a, n), on all triplets of the batch whose negative is farther than the
    positive, but by less than the margin. Squared distances and .2 as in the article."""
    loss = pml.TripletMarginLoss(margin, distance=LpDistance(power=2))
    miner = miners.TripletMarginMiner(margin, type_of_triplets="semihard", distance=LpDistance(power=2))
    return _peer(hierarchy, dim, loss, miner=miner)


@register("n-pair")
def n_pair(hierarchy: Hierarchy, dim: int, *, length: float = 4.0) -> nn.Module:
    """N-pair (Sohn, NIPS 2016): one pair a class, the softmax of the anchor's positive among all positives.

    The article leaves the embeddings' length free, with a penalty on it. Embeddings here are unit vectors, whose products (-1..1) are too
    flat a softmax: they are handed over with `length`, so that logits are length^2 times the cosine. Measured on validation classes of fashion
    product groups (6 epochs, one seed), MAP@R at length 1, 3, 4, 6: .219, .337, .341, .331.
    Of the photos of a class the first two in the batch are anchor and positive, the others are not used.
    """
    return _peer(
        hierarchy, dim, pml.NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False)), scale=length
    )


@register("lifted-structure")
def lifted_structure(hierarchy: Hierarchy, dim: int, *, neg_margin: float = 1.0, pos_margin: float = 0.0) -> nn.Module:
    """Lifted structure (Song et al., CVPR 2016): each positive pair against all negatives of both of its ends. Defaults of
    pytorch-metric-learning: the article's margin of 1."""
    return _peer(hierarchy, dim, pml.LiftedStructureLoss(neg_margin=neg_margin, pos_margin=pos_margin))


@register("multi-similarity")
def multi_similarity(
    hierarchy: Hierarchy, dim: int, *, alpha: float = 2.0, beta: float = 50.0, base: float = 0.5, epsilon: float = 0.1
) -> nn.Module:
    """Multi-similarity (Wang et al., CVPR 2019) with its own mining of pairs (epsilon). Defaults of pytorch-metric-learning; the article has
    base 1."""
    return _peer(hierarchy, dim, pml.MultiSimilarityLoss(alpha, beta, base), miner=miners.MultiSimilarityMiner(epsilon))


@register("soft-triple")
def soft_triple(
    hierarchy: Hierarchy,
    dim: int,
    *,
    centers_per_class: int = 10,
    la: float = 20.0,
    gamma: float = 0.1,
    margin: float = 0.01,
    tau: float = 0.2,
) -> nn.Module:
    """SoftTriple (Qian et al., ICCV 2019): a softmax over classes with several learned centres each; tau weighs the term that draws
    centres of a class together. Defaults of the authors' code (their centres' learning rate: 1e-2, 100 times the network's)."""
    merge = MergeCentres(centers_per_class) if tau and centers_per_class > 1 else None
    loss = pml.SoftTripleLoss(
        hierarchy.n_classes[0],
        dim,
        centers_per_class,
        la,
        gamma,
        margin,
        weight_regularizer=merge,
        weight_reg_weight=tau,
    )
    return _peer(hierarchy, dim, loss)


@register("arcface")
def arcface(hierarchy: Hierarchy, dim: int, *, margin: float = 28.6, scale: float = 64.0) -> nn.Module:
    """ArcFace (Deng et al., CVPR 2019): a softmax over classes with a margin on the angle, in degrees. The article's .5 rad and 64."""
    return _peer(hierarchy, dim, pml.ArcFaceLoss(hierarchy.n_classes[0], dim, margin, scale))


@register("cosface")
def cosface(hierarchy: Hierarchy, dim: int, *, margin: float = 0.35, scale: float = 64.0) -> nn.Module:
    """CosFace (Wang et al., CVPR 2018): a softmax over classes with a margin on the cosine. The article's .35 and 64."""
    return _peer(hierarchy, dim, pml.CosFaceLoss(hierarchy.n_classes[0], dim, margin=margin, scale=scale))


@register("himulcone")
def himulcone(hierarchy: Hierarchy, dim: int, *, temperature: float = 0.07, constraint: bool = True) -> nn.Module:
    """Hierarchical multi-label contrast over all levels; see `losses.HiMulConELoss`. The authors' temperature."""
    return HiMulConELoss(hierarchy, dim, temperature, constraint)


@register("csl")
def csl(hierarchy: Hierarchy, dim: int, *, margins: Sequence[float] | None = None, scale: float = 32.0) -> nn.Module:
    """Cross-Scale Learning over all levels; see `losses.CrossScaleLoss`."""
    return CrossScaleLoss(hierarchy, dim, margins, scale)


def _register_proxy_loss(name: str, kind: type[HierarchicalProxyLoss], base: str, text: str, **fixed) -> None:
    """Register `kind` over the base loss `base`; its settings are the class's keywords and the base's, but those that are fixed."""

    def make(hierarchy: Hierarchy, dim: int, **settings) -> nn.Module:
        return kind(hierarchy, dim, base, **fixed, **settings)

    own = [inspect.signature(kind).parameters["weights"]] + _keywords(kind)
    settings = [p.replace(kind=p.KEYWORD_ONLY) for p in own + _keywords(BASES[base]) if p.name not in fixed]
    make.__signature__ = inspect.Signature([*list(inspect.signature(make).parameters.values())[:2], *settings])  # type: ignore[attr-defined]
    make.__annotations__ |= typing.get_type_hints(kind.__init__) | typing.get_type_hints(BASES[base])
    make.__qualname__, make.__doc__ = name, text
    register(name)(make)


def _keywords(function) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]


for _base in BASES:
    _register_proxy_loss(
        _base, HierarchicalProxyLoss, _base, f"{_base}, flat; see `losses.proxy`.", weights=(1.0,), coarse_gradient=True
    )
    _register_proxy_loss(
        f"hpl-{_base}",
        HierarchicalProxyLoss,
        _base,
        f"HPL over {_base} and a given hierarchy; see `HierarchicalProxyLoss`.",
    )
    _register_proxy_loss(
        f"hpl-discovered-{_base}",
        DiscoveredHierarchyLoss,
        _base,
        f"HPL over {_base} and a hierarchy discovered in training; see `DiscoveredHierarchyLoss`.",
    )
