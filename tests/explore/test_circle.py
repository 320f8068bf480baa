import torch

from hrlib.explore import descend, proxies_on_a_circle
from hrlib.losses import proxy_nca


def test_points_come_to_their_proxies():
    points, proxies, labels = descend(proxy_nca, seed=0)
    torch.testing.assert_close(points.norm(dim=2), torch.ones(121, 60))

    def right(step):
        return ((points[step] @ proxies[step].T).argmax(1) == labels).float().mean()

    assert right(0) < 0.7 and right(120) > 0.9


def test_figure():
    figure = proxies_on_a_circle(proxy_nca, steps=12, seed=0)
    assert len(figure.data) == 4 * 3 * 2
    assert [annotation.text for annotation in figure.layout.annotations] == ["step 0", "step 2", "step 6", "step 12"]
    assert len({trace.marker.symbol for trace in figure.data if trace.mode == "markers"}) == 3
