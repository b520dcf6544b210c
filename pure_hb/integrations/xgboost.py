"""HOW DOES XGBOOST TRAIN A TRIAL? A callback that saves, reports and stops; a round of boosting is an epoch.

    def train(trial):
        xgboost.train({"eta": trial.config["eta"]}, data, 81, evals=[(validation, "validation")],
                      xgb_model=saved(trial), callbacks=[TrialCallback(trial, "validation", "rmse")])

XGBoost is imported here, so this module is imported by those who have it.
"""

from typing import Any

from pure_hb.integrations.trials import Trial, count_of, path_to_load, path_to_save, value_of

try:
    from xgboost.callback import TrainingCallback
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"pure_hb.integrations.xgboost needs XGBoost ({error}): pip install xgboost") from error

_FILE = "model.ubj"


def saved(trial: Trial) -> str | None:
    """The saved model from which a trial continues, for ``xgb_model``; None if there is none.

    Raises:
        FileNotFoundError: if the trial goes on, and no model was saved.
    """
    path = path_to_load(trial, _FILE)
    return None if path is None else str(path)


class TrialCallback(TrainingCallback):
    """Reports ``metric`` of the evaluated data named ``data`` after each epoch of ``every`` rounds, and stops the
    training when the trial is paused or stopped. The model is saved before."""

    def __init__(self, trial: Trial, data: str, metric: str, *, every: int = 1) -> None:
        super().__init__()
        self.trial, self.data, self.metric = trial, data, metric
        self.every: int = count_of("every", every)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Whether to stop, after a round. Raises `KeyError` for a metric that is not measured."""
        rounds = model.num_boosted_rounds()
        if rounds % self.every:
            return False
        value = value_of(value_of_data(evals_log, self.data), self.metric)
        model.save_model(path_to_save(self.trial, _FILE))
        return not self.trial.report(rounds // self.every, value)


def value_of_data(evals_log: Any, data: str) -> dict[str, float]:
    """The last values of all metrics of one set of data. Raises `KeyError` if it was not evaluated."""
    if data not in evals_log:
        raise KeyError(
            f"no data named {data!r} are evaluated, only {', '.join(evals_log) or 'none'}; "
            "evals=[(data, name)] names them"
        )
    return {metric: values[-1] for metric, values in evals_log[data].items()}
