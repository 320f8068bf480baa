"""Embeddings kept epoch by epoch."""

import numpy as np
import pytest
import torch

import hrlib as hr
from hrlib.training import Snapshots
from hrlib.training.folder import RunFolder


def train(shop, snapshots, **settings):
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=8)
    loss = hr.losses.HierarchicalProxyLoss(shop.hierarchy, dim=8)
    hr.fit(model, loss, shop, epochs=3, batch_size=24, keep="last", on_epoch=snapshots, **settings)
    return model


def test_the_last_is_the_trained_model_s_and_they_move(shop):
    snapshots = Snapshots(shop)
    model = train(shop, snapshots)
    assert list(snapshots.spaces) == ["epoch 1", "epoch 2", "epoch 3"]
    assert np.array_equal(snapshots.spaces["epoch 3"], hr.embed(model, shop))
    assert not np.array_equal(snapshots.spaces["epoch 1"], snapshots.spaces["epoch 2"])


def test_watching_does_not_change_the_run(shop):
    one, other = train(shop, Snapshots(shop)), train(shop, None)
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def test_kept_in_a_folder_and_found_again(shop, tmp_path):
    snapshots = Snapshots(shop, tmp_path / "a b", every=2)
    train(shop, snapshots)
    again = Snapshots(shop, tmp_path / "a b", every=2)
    assert list(again.spaces) == ["epoch 1", "epoch 3"]
    assert all(np.array_equal(again.spaces[name], vectors) for name, vectors in snapshots.spaces.items())


def test_a_resumed_run_has_all_epochs(shop, tmp_path):
    class Interrupt(Snapshots):
        def __call__(self, epoch, model):
            super().__call__(epoch, model)
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(shop, Interrupt(shop, tmp_path / "maps"), out_dir=tmp_path)
    snapshots = Snapshots(shop, tmp_path / "maps")
    train(shop, snapshots, out_dir=tmp_path, resume=True)
    whole = Snapshots(shop)
    train(shop, whole)
    assert list(snapshots.spaces) == list(whole.spaces)
    assert all(np.array_equal(snapshots.spaces[name], whole.spaces[name]) for name in whole.spaces)


def test_an_epoch_whose_saving_is_cut_off_is_done_again_with_its_snapshot(shop, tmp_path, monkeypatch):
    save, saved = RunFolder.save, []

    def killed(self, name, *parts):
        saved.append(name)
        if saved.count("last") == 2:
            raise KeyboardInterrupt
        save(self, name, *parts)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(RunFolder, "save", killed)
        train(shop, Snapshots(shop, tmp_path / "maps"), out_dir=tmp_path)
    snapshots, whole, epochs = Snapshots(shop, tmp_path / "maps"), Snapshots(shop), []

    def noted(epoch, model):
        epochs.append(epoch)
        snapshots(epoch, model)

    train(shop, noted, out_dir=tmp_path, resume=True)
    train(shop, whole)
    assert epochs == [1, 2]
    assert list(snapshots.spaces) == list(whole.spaces)
    assert all(np.array_equal(snapshots.spaces[name], whole.spaces[name]) for name in whole.spaces)


def test_bad_input_is_named(shop, tmp_path):
    with pytest.raises(hr.HrlibError, match="every is 0: expected at least 1"):
        Snapshots(shop, every=0)
    np.save(tmp_path / "epoch-0000.npy", np.zeros((3, 2), np.float32))
    with pytest.raises(hr.HrlibError, match="3 rows, the catalogue 120 items"):
        Snapshots(shop, tmp_path)
    (tmp_path / "epoch-0000.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(hr.HrlibError, match="epoch-0000.npy is no whole array"):
        Snapshots(shop, tmp_path)


def test_a_new_run_leaves_none_of_an_earlier_one_that_went_further(shop, tmp_path):
    torch.manual_seed(0)
    model = hr.models.image_encoder("small", dim=8)
    for epoch in range(4):
        Snapshots(shop, tmp_path)(epoch, model)
    assert list(Snapshots(shop, tmp_path).spaces) == ["epoch 1", "epoch 2", "epoch 3", "epoch 4"]
    Snapshots(shop, tmp_path)(0, model)
    assert list(Snapshots(shop, tmp_path).spaces) == ["epoch 1"]
