"""What a hierarchical proxy loss costs, against pytorch-metric-learning's flat one and against the bare matrix products.

    python benchmarks/losses.py                # 11,318 proxies x 512 (Stanford Online Products), batch 180, one thread
    python benchmarks/losses.py --quick

Every contender takes the same step in turn, round after round, so that what else the machine does falls on all alike; the median of the
rounds is reported. Claim: two levels, forward and backward, take at most 0.6 of the peer's one level.
"""

from __future__ import annotations

import argparse

import pandas as pd
import torch
from pytorch_metric_learning.losses import ProxyAnchorLoss
from report import line, report, rounds

import hrlib as hr

PEER, FLOOR = "pytorch-metric-learning ProxyAnchorLoss, flat", "floor: bare matrix products"
SHARE = 0.6  # of the peer's one level, that two levels may take


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=11318)
    parser.add_argument("--superclasses", type=int, default=12)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--batch", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="5 rounds at a tenth of the classes")
    parser.add_argument("--out", help="folder for losses.json")
    args = parser.parse_args()
    if args.quick:
        args.classes, args.rounds = args.classes // 10, 5
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    superclass = torch.arange(args.classes) % args.superclasses
    tree = {"class": torch.arange(args.classes).numpy(), "superclass": superclass.numpy()}
    hierarchy = hr.Hierarchy.from_frame(pd.DataFrame(tree), levels=["class", "superclass"])
    embeddings = torch.randn(args.batch, args.dim)
    labels = torch.randint(0, args.classes, (args.batch // 4,)).repeat_interleave(4)
    upstream = torch.randn(len(labels), args.classes)
    peer = ProxyAnchorLoss(args.classes, args.dim)
    flat = hr.losses.HierarchicalProxyLoss(hierarchy, args.dim, weights=(1.0,))
    two = hr.losses.HierarchicalProxyLoss(hierarchy, args.dim, weights=(1.0, 0.3))
    for loss in (flat, two):
        loss.proxies.data.copy_(peer.proxies.data)
    torch.testing.assert_close(
        flat(embeddings, labels), peer(embeddings, labels), rtol=1e-4, atol=1e-4
    )  # the same work

    def step(loss: torch.nn.Module) -> None:
        x = embeddings.clone().requires_grad_()
        loss.zero_grad()
        loss(x, labels).backward()

    def floor() -> None:
        """The three matrix products that no proxy loss can do without: the similarities and the two gradients."""
        proxies = peer.proxies.detach()
        embeddings @ proxies.T, upstream @ proxies, upstream.T @ embeddings

    times = rounds(
        {
            PEER: lambda: step(peer),
            "hrlib, flat": lambda: step(flat),
            "hrlib, two levels": lambda: step(two),
            FLOOR: floor,
        },
        args.rounds,
    )

    def lines(median: dict[str, float]) -> list[dict]:
        size = f"{args.classes:,} proxies x {args.dim}, {len(labels)} photos"
        asked = {"two levels": (f"at most {SHARE} of the peer's", median["hrlib, two levels"] <= SHARE * median[PEER])}
        return [
            line(
                f"a step of Proxy-Anchor, {what}: {size}",
                median[f"hrlib, {what}"],
                (PEER, median[PEER]),
                median[FLOOR],
                *claim,
            )
            for what, claim in {"flat": (), **asked}.items()
        ]

    report("losses", times, peer=PEER, settings=vars(args), out=args.out, lines=lines)


if __name__ == "__main__":
    main()
