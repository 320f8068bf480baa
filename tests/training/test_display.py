"""The bar of a run."""

from hrlib.training.display import Bar

ROW = {"epoch": 4, "loss": 1.25, "map@r": 0.5}


def test_shows_the_loss_the_speed_and_a_line_an_epoch(monkeypatch, capsys):
    monkeypatch.setenv("HRLIB_PROGRESS", "1")
    with Bar(steps=10, done=3) as bar:
        bar.step(1.5, 1234)
        bar._bar.refresh()
        bar.epoch(ROW)
        bar.epoch({"epoch": 5, "loss": 1.0})  # without validation classes the bar says it all
    shown = capsys.readouterr()
    assert "4/10" in shown.err and "loss 1.500, 1234 images/s" in shown.err
    assert "epoch 4: loss 1.250, validation map@r 0.5000" in shown.out and "epoch 5" not in shown.out
    assert bar.stop is False


def test_is_silent_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setenv("HRLIB_PROGRESS", "0")
    with Bar(steps=1, done=0) as bar:
        bar.step(1.5, 10)
        bar.epoch(ROW)
    assert capsys.readouterr() == ("", "")
