"""WHICH SURROGATES ARE THERE? One file for each family; all have the interface of `pure_hb.surrogate.models.model`."""

from pure_hb.surrogate.models.additive import Additive as Additive
from pure_hb.surrogate.models.additive import AdditivePosterior as AdditivePosterior
from pure_hb.surrogate.models.dense import DensePosterior as DensePosterior
from pure_hb.surrogate.models.dense import MultiTask as MultiTask
from pure_hb.surrogate.models.independent import Independent as Independent
from pure_hb.surrogate.models.independent import IndependentPosterior as IndependentPosterior
from pure_hb.surrogate.models.model import Evaluation as Evaluation
from pure_hb.surrogate.models.model import Likelihood as Likelihood
from pure_hb.surrogate.models.model import Model as Model
from pure_hb.surrogate.models.model import Posterior as Posterior
from pure_hb.surrogate.models.model import Prediction as Prediction
from pure_hb.surrogate.models.model import Pull as Pull
