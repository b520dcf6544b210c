"""WHERE DOES AN EXPERT BELIEVE THE BEST TO BE? A prior around the initial points: a share of the candidates of a model
is drawn from it, and the model decides among all.

    number:         x + width (u - v), at least as far as to the neighbouring values, reflected at the ends of its range
    `Choice`:       the entry of the point; another draw with the probability of the width
    not known:      anywhere

on the scale on which a parameter is drawn, with u and v uniform.

Source of the idea: Mallik et al., "PriorBand: Practical Hyperparameter Optimization in the Age of Deep Learning",
NeurIPS 2023 (arXiv:2306.12370), where configurations are drawn from a prior, at random and around the best known.
"""

import numpy as np
from attrs import evolve

from pure_hb.draws import Draws, Purpose, Uniforms
from pure_hb.search.candidates import Candidates, Excluded, allowed, draw_candidates, moved, of_rows, rounds
from pure_hb.search.options import AcquisitionOptions
from pure_hb.search.view import View
from pure_hb.space import Choice, gap, uniform_of


def new_candidates(view: View, count: int, options: AcquisitionOptions, excluded: Excluded, draws: Draws) -> Candidates:
    """Up to ``count`` random configurations that are not excluded: the share ``prior_fraction`` around the initial
    points, at least one, and all others uniform in the space. Where all around the points is excluded, these are
    uniform too."""
    if not (options.prior_fraction and view.points and count) or options.prior_parameters == ():
        return draw_candidates(view.space, count, excluded, draws)
    near = prior_candidates(view, max(1, round(options.prior_fraction * count)), options, excluded, draws)
    return near.and_more(draw_candidates(view.space, count - len(near.x), excluded, draws))


def prior_candidates(
    view: View, count: int, options: AcquisitionOptions, excluded: Excluded, draws: Draws
) -> Candidates:
    """At most ``count`` configurations around the initial points, which take turns from a random one on, without those
    that are excluded."""
    searched, points, some = view.space.searched, view.points, min(count, len(view.points))
    first = int(draws.uniform(Purpose.PRIOR) * len(points))
    around = [points[(first + number) % len(points)] for number in range(some)]
    begin = np.array([[uniform_of(domain, one[name]) for name, domain in searched] for one in around])
    gaps = np.array([[gap(domain, one[name]) for name, domain in searched] for one in around])
    far = np.maximum(gaps, options.prior_width)
    known = np.array([options.prior_parameters is None or name in options.prior_parameters for name, _ in searched])
    entry = np.array([isinstance(domain, Choice) for _, domain in searched])
    chance, rows = np.where(known & entry, options.prior_width, 1.0), list[Uniforms]()
    for attempt, asked in rounds(count, rows):
        turn = np.arange(asked) % some
        coin, u, v = draws.uniforms(Purpose.PRIOR, 3 * asked * len(searched), attempt + 1).reshape(3, asked, -1)
        drawn = moved(begin[turn], far[turn], coin < chance, entry | ~known, u, v)
        rows.extend(allowed(view.space, drawn, excluded))
    found = of_rows(view.space, rows[:count])
    return evolve(found, around=range(len(found.x)))
