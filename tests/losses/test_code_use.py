"""The count of codes in use. How the codebook's loss tells it is tested in test_codebook.py."""

import math
import warnings

import pytest
import torch

from hrlib.losses.code_use import CodeUse


def nearest(*codes, count=4):
    """Cosines whose greatest is that of these codes."""
    return torch.nn.functional.one_hot(torch.tensor(codes), count).float()


def test_it_counts_from_report_to_report():
    use = CodeUse(4)
    use.update(nearest(0, 1), nearest(0, 2))
    use.update(nearest(1, 1), nearest(0, 1))
    told = use.report()
    assert told == {
        "codes_used.image": 2,
        "perplexity.image": pytest.approx(math.exp(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)))),
        "codes_used.text": 3,
        "perplexity.text": pytest.approx(math.exp(-(0.5 * math.log(0.5) + 0.5 * math.log(0.25)))),
        "code_agreement": 0.5,  # 0 and 0, 1 and 2, 1 and 0, 1 and 1
    }
    assert use.report() == {**dict.fromkeys(told, 0), "perplexity.image": 1, "perplexity.text": 1}


def test_all_codes_alike_have_the_perplexity_of_their_number():
    use = CodeUse(4)
    use.update(nearest(0, 1, 2, 3), nearest(3, 2, 1, 0))
    told = use.report()
    assert told["perplexity.image"] == pytest.approx(4) and told["code_agreement"] == 0


@pytest.mark.parametrize(
    ("codes", "loss", "collapsed"),
    [((0, 0), 1.0, True), ((0, 0), 0.9, False), ((0, 1), 1.0, False)],
)
def test_a_collapse_is_few_codes_and_a_loss_as_of_guessing_twice_in_a_row(codes, loss, collapsed):
    use = CodeUse(4)
    for number in range(3):
        use.update(nearest(*codes), nearest(*codes))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            assert use.report(loss * math.log(4))["collapsed"] == (collapsed and number > 0)
        assert len(said) == (collapsed and number == 1)
    use.update(nearest(0, 1), nearest(0, 1))
    assert use.report(0.1)["collapsed"] == 0
