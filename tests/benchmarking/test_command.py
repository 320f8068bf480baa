"""The shell's side: what it prints, saves and refuses."""

import pytest

import hrlib as hr
from hrlib.benchmarking.command import _chosen, _parser, main
from hrlib.benchmarking.profiles import PROFILES


def test_gather_prints_and_saves(done, tmp_path, capsys):
    folder, results = done
    main(["--gather", str(folder), "--out", str(tmp_path / "tables")])
    shown = capsys.readouterr().out
    assert (
        "tiny (mean ± half of Student's 95% interval over seeds)" in shown
        and "differences, paired by seed and test class" in shown
    )
    assert hr.Results.read(tmp_path / "tables").runs.equals(results.runs)


def test_a_small_run(tmp_path, capsys):
    """Two losses, one seed, one epoch, in this process; the folder's name has a space."""
    out = tmp_path / "a b"
    command = [
        "--losses",
        "proxy-anchor",
        "hpl-proxy-anchor",
        "--catalogues",
        "synthetic",
        "--size",
        "small",
        "--seeds",
        "1",
    ]
    main([*command, "--epochs", "1", "--batch-size", "128", "--jobs", "1", "--out", str(out)])
    assert "hpl-proxy-anchor" in capsys.readouterr().out
    about = hr.Results.read(out).about
    assert about["runs"] == 2 and about["settings"]["synthetic"]["proxy-anchor"]["fit"] == {
        "epochs": 1,
        "batch_size": 128,
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "give --losses, or --profile"),
        (["--losses", "proxy-anker"], "did you mean 'proxy-anchor'"),
        (["--losses", "contrastive", "--catalogues", "synthetic", "--seeds", "0"], "expected at least one"),
        (["--losses", "contrastive", "--catalogues", "synthetic", "--seeds", "1", "--shard", "3"], "expected i/n"),
        (["--gather", "nowhere"], "no whole run in nowhere"),
    ],
)
def test_errors_are_one_line(arguments, text, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--out", str(tmp_path)])
    assert str(stopped.value).startswith("error: ") and text in str(stopped.value)


def test_a_part_of_a_profile_s_catalogues_keeps_its_seeds():
    def chosen(*arguments):
        return _chosen(_parser().parse_args(["--profile", "full", "--out", "o", *arguments]))

    assert chosen("--catalogues", "grocery") == {**PROFILES["full"], "catalogues": ["grocery"]}
    assert "more_seeds" not in chosen("--seeds", "2") and "more_seeds" not in chosen("--losses", "n-pair")
