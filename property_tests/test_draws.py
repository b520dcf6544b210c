"""Are the draws those of Philox 4x64-10, a function of their key alone, and uniform?"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pure_hb as hb
from pure_hb.draws import SEED_LIMIT, KeyedDraws, Purpose, Uniforms, choose_index, philox, uniform

words = st.integers(0, SEED_LIMIT - 1) | st.sampled_from((0, 1, SEED_LIMIT - 1))
seeds = words
purposes = st.sampled_from(Purpose)
counts = st.integers(0, 2**40)


@given(key=st.tuples(words, words), counter=st.tuples(words, words, words, words))
def test_philox_is_numpys(key: tuple[int, int], counter: tuple[int, int, int, int]) -> None:
    position = sum(word << (64 * place) for place, word in enumerate(counter))
    before = (position - 1) % 2**256  # numpy steps its counter before it makes a block
    theirs = np.random.Philox(key=key[0] + (key[1] << 64), counter=before).random_raw(4)
    assert philox(key, counter) == tuple(int(word) for word in theirs)


def test_philox_gives_the_published_words() -> None:
    """The known answers of Random123, kat_vectors, philox4x64-10."""
    ones = 2**64 - 1
    assert philox((0, 0), (0, 0, 0, 0)) == (
        0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B,
    )  # fmt: skip
    assert philox((ones, ones), (ones, ones, ones, ones)) == (
        0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0,
    )  # fmt: skip


@given(seed=seeds, purpose=purposes, clock=counts, index=counts, attempt=counts)
def test_a_draw_is_a_number_below_one_and_a_function_of_its_key(
    seed: int, purpose: Purpose, clock: int, index: int, attempt: int
) -> None:
    u = uniform(seed, purpose, clock, index, attempt)
    assert 0.0 <= u < 1.0
    assert (
        u == uniform(seed, purpose, clock, index, attempt) == KeyedDraws(seed, clock).uniform(purpose, index, attempt)
    )
    assert u * 2**53 == int(u * 2**53)


@given(seed=seeds, clock=counts)
def test_other_questions_have_other_answers(seed: int, clock: int) -> None:
    questions = [(p, c, i, a) for p in Purpose for c in (clock, clock + 1) for i in range(5) for a in range(2)]
    answers = {uniform(seed, p, c, i, a) for p, c, i, a in questions}
    assert len(answers) == len(questions)


def test_draws_are_uniform() -> None:
    count, cells = 20_000, 20
    for vary in ("clock", "index", "attempt", "seed"):
        questions = {"seed": 5, "clock": 11, "index": 3, "attempt": 2}
        found = Counter(
            int(cells * uniform(purpose=Purpose.CONFIGURATION, **{**questions, vary: number}))
            for number in range(count)
        )
        expected = count / cells
        statistic = sum((found[cell] - expected) ** 2 / expected for cell in range(cells))
        assert statistic < 60.0, vary  # chi-squared, 19 degrees of freedom: beyond 60 with probability 5e-6


@given(
    weights=st.lists(st.floats(0.0, 100.0), min_size=1, max_size=6).filter(sum), u=st.floats(0.0, 1.0, exclude_max=True)
)
def test_an_index_is_chosen_where_the_weights_add_up_to_it(weights: list[float], u: float) -> None:
    index = choose_index(u, tuple(weights))
    target = u * sum(weights)
    slack = 1e-9 * sum(weights)
    assert sum(weights[:index]) <= target + slack
    assert target <= sum(weights[: index + 1]) + slack


def test_the_numbers_of_purposes_are_part_of_the_format() -> None:
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "BRACKET": 1, "COIN": 2, "CONFIGURATION": 3, "ENUMERATION": 4, "CANDIDATES": 5, "THOMPSON": 6, "FANTASIES": 7,
        "RESTARTS": 8, "SUBSAMPLE": 9, "THETA": 10, "SPLIT": 11, "NEARBY": 12, "PRIOR": 13,
    }  # fmt: skip


class Falsy:
    """Draws that are those of another seed, and false: they have no length, or say so themselves."""

    def __init__(self, length: int | None) -> None:
        self.length, self.keyed = length, KeyedDraws(77, 0)

    def uniform(self, purpose: Purpose, index: int = 0, attempt: int = 0) -> float:
        return self.keyed.uniform(purpose, index, attempt)

    def uniforms(self, purpose: Purpose, count: int, attempt: int = 0) -> Uniforms:
        return self.keyed.uniforms(purpose, count, attempt)

    def __len__(self) -> int:
        return self.length or 0

    def __bool__(self) -> bool:
        if self.length is None:
            raise TypeError("nobody may ask whether draws are true")
        return self.length > 0


@pytest.mark.parametrize("length", [0, 1, None])
@pytest.mark.parametrize("name", hb.METHODS)
def test_choose_takes_draws_of_any_kind(name: str, length: int | None) -> None:
    space, goal = hb.Space(x=hb.Float(0.0, 1.0), y=hb.Choice("a", "b")), hb.Minimize("error")
    setup = hb.METHODS[name](space, goal, max_resource=27, points_to_evaluate=[])
    state = hb.initial(setup)
    found = hb.choose(state, hb.Ask("a"), Falsy(length))
    assert found == hb.choose(state, hb.Ask("a"), KeyedDraws(77, 0)) != hb.choose(state, hb.Ask("a"))
    assert hb.choose(state, hb.Ask("a"), None) == hb.choose(state, hb.Ask("a"))
