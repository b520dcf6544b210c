"""HOW DOES A CURVE LIE AROUND ITS h(x)? The curves of the additive models, one file for each; h(x) is the value that
the curve of configuration x tends to."""

from typing import Final

from pure_hb.surrogate.curves.curve import CurveModel as CurveModel
from pure_hb.surrogate.curves.curve import ObservedCurve as ObservedCurve
from pure_hb.surrogate.curves.curve import Statistics as Statistics
from pure_hb.surrogate.curves.curve import StatisticsPull as StatisticsPull
from pure_hb.surrogate.curves.exponential import ExponentialCurve as ExponentialCurve
from pure_hb.surrogate.curves.state_space import StateSpaceCurve as StateSpaceCurve

CURVES: Final = (ExponentialCurve, StateSpaceCurve)
