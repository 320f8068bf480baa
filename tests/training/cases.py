"""Steps of every loss, each with a model whose gradients can be compared to 1e-6: for the tests in several processes."""

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import nn

import hrlib as hr
from hrlib.catalogue.captions import Captions
from hrlib.training import GradedTripletBatches, GradedTripletMiner, PairBatches
from tests.tiny import tiny_shop

DIM, SIZES = 6, (13, 8, 9)  # of batches: two of three are divided unevenly
SETTINGS = {"contrastive-xbm": {"memory_size": 40, "start": 1}}
SETTINGS |= {f"hpl-discovered-{base}": {"clusters": 4, "warmup": 1, "every": 1} for base in hr.losses.BASES}


class Linear(nn.Module):
    """In float64, so that what the losses see is the same whichever rows are calculated together."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3 * 16 * 12, DIM, dtype=torch.float64)
        self.unused = nn.Linear(2, 2)  # DistributedDataParallel must not wait for its gradient

    def forward(self, images):
        return F.normalize(self.layer(images.double().flatten(1) - 0.5), dim=1)


class Autoencoder(Linear):
    """Without noise, which each process would draw for itself."""

    def __init__(self):
        super().__init__()
        self.back = nn.Linear(DIM, 3 * 16 * 12, dtype=torch.float64)

    def forward(self, images):
        mean = self.layer(images.double().flatten(1))
        made = self.back(mean).sigmoid().view_as(images)
        return {"embeddings": F.normalize(mean, dim=1), "mean": mean, "log_variance": mean / 2, "reconstruction": made}


def _tree():
    numbers = range(24)
    columns = {"class": [f"{n:02}" for n in numbers], "super": [str(n // 4) for n in numbers]}
    return hr.Hierarchy.from_frame(pd.DataFrame({**columns, "section": [str(n // 12) for n in numbers]}))


def _attributes():
    codes = np.random.default_rng(1).integers(-1, 3, (120, 4))
    return hr.Attributes(tuple("abcd"), codes, (("x", "y", "z"),) * 4)


def _plain(loss, model=Linear):
    """Batches of photos with their labels and attributes."""

    def make():
        shop, codes = tiny_shop(), _attributes().codes
        rng, batches = np.random.default_rng(0), []
        for size in SIZES:
            rows = np.sort(rng.permutation(60)[:size])  # several of a class
            known = {"rows": rows, "labels": shop.hierarchy.column(0)[rows], "attributes": codes[rows]}
            batches.append((known, [shop.images[rows]]))
        return model(), loss(), batches

    return make


def _triplets(loss, model=Linear):
    def make():
        shop, attributes = tiny_shop(), _attributes()
        miner = GradedTripletMiner(attributes, products=shop.hierarchy.column(0), categories=shop.hierarchy.column(1))
        batches = []
        for size in SIZES:
            known = next(iter(GradedTripletBatches(miner, size).epoch(0)))
            known |= {"labels": shop.hierarchy.column(0)[known["rows"]], "attributes": attributes.codes[known["rows"]]}
            batches.append((known, [shop.images[known["rows"]]]))
        return model(), loss(), batches

    return make


def _pairs(loss, fusion=False):
    """Of photos and titles, in float64; without dropout, which each process would draw for itself. The image encoder has batch normalisation."""

    def make():
        shop = tiny_shop()
        titles = "product number " + shop.items["product"] + " of kind " + shop.items["category"]
        shop = hr.Catalogue("", shop.items.assign(title=titles), shop.images, shop.hierarchy, caption="title")
        captions = Captions.of(shop)
        tokenizer = hr.models.Tokenizer.train(captions.flat, 80)
        student = hr.models.dual_encoder(tokenizer, dim=DIM, width=16, length=12, dropout=0.0, seed=0)
        pairs = hr.models.FusionEncoder(16, DIM, tokenizer.size, dropout=0.0) if fusion else None
        model = hr.models.CrossModalModel(student, queue=20, queue_from=0, momentum=0.5, fusion=pairs)
        batches = []
        for size in SIZES:
            known = next(iter(PairBatches(captions, tokenizer, size).epoch(0)))
            photos = shop.images[known["rows"]]
            batches.append((known, [photos, photos[:, :, ::-1].copy()]))
        return model.double(), loss().double(), batches

    return make


def _multi_task():
    losses = hr.losses
    return losses.MultiTaskLoss(
        {
            "attributes": losses.AttributeLoss(_attributes(), DIM // 3),
            "triplets": losses.GradedTripletLoss(),
            "autoencoder": losses.ReconstructionLoss(),
        },
        separate=True,
    )


CASES = {
    name: _plain(lambda name=name: hr.losses.make(name, _tree(), DIM, **SETTINGS.get(name, {})))
    for name in hr.losses.names()
}
CASES |= {
    "hierarchical, three levels": _plain(
        lambda: hr.losses.HierarchicalProxyLoss(_tree(), DIM, weights=(1.0, 0.3, 0.2), coarse_gradient=False)
    ),
    "discovered by proxies, two levels": _plain(
        lambda: hr.losses.DiscoveredHierarchyLoss(
            *(_tree(), DIM, "proxy-nca", (1.0, 0.3, 0.1)),
            **{"clusters": (8, 3), "warmup": 1, "every": 1, "cluster_by": "proxies", "coarse": "recalculated"},
        )
    ),
    "attributes": _plain(lambda: hr.losses.AttributeLoss(_attributes(), DIM)),
    "reconstruction": _plain(hr.losses.ReconstructionLoss, Autoencoder),
    "graded triplets": _triplets(hr.losses.GradedTripletLoss),
    "several tasks": _triplets(_multi_task, Autoencoder),
    "codebook": _pairs(lambda: hr.losses.CodebookLoss(8, DIM, frozen=0.3)),
    "codebook, swapped alone": _pairs(
        lambda: hr.losses.CodebookLoss(8, DIM, cross=False, within=False, transport=False, frozen=0.0)
    ),
    "codebook, one plan, without a teacher": _pairs(
        lambda: hr.losses.CodebookLoss(4, DIM, joint=True, teacher=False, within=False)
    ),
    "triple": _pairs(lambda: hr.losses.TripleContrastiveLoss(matching=False, words=False)),
    "triple with fusion": _pairs(hr.losses.TripleContrastiveLoss, fusion=True),
    "triple, shuffled": _pairs(
        lambda: hr.losses.TripleContrastiveLoss(matching=False, words=False, shuffle_locals=True)
    ),
}
