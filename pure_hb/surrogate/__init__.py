"""HOW WILL THE CURVE GO ON? Gaussian-process models of learning curves as pure functions over an observation table.

A surrogate predicts the metric f(x, r) of configuration x at resource r, with its uncertainty, from the values that
trials have reported. From data to a prediction:

    table = observation_table(curves, levels=(1, 3, 9, 27), max_resource=81)
    scale = standardisation(table.observed.value)
    data = standardised(table, scale)
    fitted = fit(model, inputs, data, draws=KeyedDraws(seed, clock))
    posterior = model.posterior(inputs, data, fitted.parameters.as_arrays())
    prediction = posterior.predict(points(x, resource))

A model is a frozen value: `MultiTask(kernel)`, `Independent()`, `Additive(curve)`. Parameters are frozen values too.
Values are minimised, and standardised: mean 0 and standard deviation 1 over all observed values.
"""

from pure_hb.surrogate.arrays import SingularError as SingularError
from pure_hb.surrogate.curves import CURVES as CURVES
from pure_hb.surrogate.curves import CurveModel as CurveModel
from pure_hb.surrogate.curves import ExponentialCurve as ExponentialCurve
from pure_hb.surrogate.curves import StateSpaceCurve as StateSpaceCurve
from pure_hb.surrogate.descents import FitOptions as FitOptions
from pure_hb.surrogate.fitting import Fit as Fit
from pure_hb.surrogate.fitting import fit as fit
from pure_hb.surrogate.fitting import fitted_at as fitted_at
from pure_hb.surrogate.fitting import objective as objective
from pure_hb.surrogate.kernels import KERNELS as KERNELS
from pure_hb.surrogate.kernels import Base as Base
from pure_hb.surrogate.kernels import ResourceKernel as ResourceKernel
from pure_hb.surrogate.models import Additive as Additive
from pure_hb.surrogate.models import AdditivePosterior as AdditivePosterior
from pure_hb.surrogate.models import DensePosterior as DensePosterior
from pure_hb.surrogate.models import Evaluation as Evaluation
from pure_hb.surrogate.models import Independent as Independent
from pure_hb.surrogate.models import Likelihood as Likelihood
from pure_hb.surrogate.models import Model as Model
from pure_hb.surrogate.models import MultiTask as MultiTask
from pure_hb.surrogate.models import Posterior as Posterior
from pure_hb.surrogate.models import Prediction as Prediction
from pure_hb.surrogate.parameters import Parameter as Parameter
from pure_hb.surrogate.parameters import ParameterError as ParameterError
from pure_hb.surrogate.parameters import Parameters as Parameters
from pure_hb.surrogate.parameters import Specification as Specification
from pure_hb.surrogate.points import DataError as DataError
from pure_hb.surrogate.points import Inputs as Inputs
from pure_hb.surrogate.points import Observations as Observations
from pure_hb.surrogate.points import Points as Points
from pure_hb.surrogate.points import inputs_of as inputs_of
from pure_hb.surrogate.points import observations as observations
from pure_hb.surrogate.points import points as points
from pure_hb.surrogate.table import ObservationTable as ObservationTable
from pure_hb.surrogate.table import SearcherData as SearcherData
from pure_hb.surrogate.table import TrialCurve as TrialCurve
from pure_hb.surrogate.table import observation_table as observation_table
from pure_hb.surrogate.training_data import RefitOptions as RefitOptions
from pure_hb.surrogate.training_data import Standardisation as Standardisation
from pure_hb.surrogate.training_data import down_sample as down_sample
from pure_hb.surrogate.training_data import due as due
from pure_hb.surrogate.training_data import standardisation as standardisation
from pure_hb.surrogate.training_data import standardised as standardised
