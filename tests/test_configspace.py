"""Are spaces of ConfigSpace taken over, and is what has no counterpart refused by name? Skipped without ConfigSpace."""

import pytest

import pure_hb as hb
from pure_hb.integrations.configspace import space_of

cs = pytest.importorskip("ConfigSpace", reason="ConfigSpace is not installed")


def test_every_kind_of_hyperparameter_has_its_domain() -> None:
    given = cs.ConfigurationSpace()
    given.add(
        cs.Float("lr", (1e-4, 1.0), log=True),
        cs.Integer("width", (8, 64)),
        cs.Categorical("activation", ["relu", "tanh"]),
        cs.OrdinalHyperparameter("size", ["s", "m", "l"]),
        cs.Constant("seed", 1),
    )
    space = space_of(given)
    assert dict(space.domains) == {
        "lr": hb.Float(1e-4, 1.0, log=True),
        "width": hb.Int(8, 64),
        "activation": hb.Choice("relu", "tanh"),
        "size": hb.Ordinal("s", "m", "l", kind="equal"),
        "seed": hb.Constant(1),
    }
    state = hb.initial(hb.asha(space, hb.Minimize("error"), max_resource=9))
    _, start = hb.decide(state, hb.Ask("ann"))
    assert isinstance(start, hb.Start)
    cs.Configuration(given, values=dict(start.config)).check_valid_configuration()


def test_what_has_no_counterpart_is_refused_by_name() -> None:
    a, b = cs.Categorical("optimizer", ["sgd", "adam"]), cs.Float("momentum", (0.0, 1.0))
    given = cs.ConfigurationSpace()
    given.add(a, b, cs.EqualsCondition(b, a, "sgd"))
    with pytest.raises(ValueError, match=r"the space has the condition .*momentum.*; leave it out"):
        space_of(given)
    given = cs.ConfigurationSpace()
    given.add(a, b, cs.ForbiddenEqualsClause(a, "adam"))
    with pytest.raises(ValueError, match=r"the space has the forbidden clause .*optimizer"):
        space_of(given)
    given = cs.ConfigurationSpace()
    given.add(cs.NormalFloatHyperparameter("x", 0.0, 1.0, lower=-2.0, upper=2.0))
    with pytest.raises(ValueError, match="the parameter 'x' is a NormalFloatHyperparameter, which has no counterpart"):
        space_of(given)
    given = cs.ConfigurationSpace()
    given.add(cs.Categorical("y", ["a", "b"], weights=[0.9, 0.1]))
    with pytest.raises(ValueError, match="'y' is a CategoricalHyperparameter with weights"):
        space_of(given)
