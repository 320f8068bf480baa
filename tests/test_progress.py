from hrlib import progress


def test_silent_unless_somebody_watches(monkeypatch, capsys):
    for chosen, expected in (("0", False), ("1", True), ("", False)):
        monkeypatch.setenv("HRLIB_PROGRESS", chosen)
        assert progress.shown() is expected
    monkeypatch.delenv("HRLIB_PROGRESS")
    monkeypatch.setattr("sys.stderr.isatty", lambda: False)
    assert progress.shown() is False
    assert list(progress.bar(range(3))) == [0, 1, 2]
    assert capsys.readouterr().err == ""
