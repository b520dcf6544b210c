"""HOW DOES LIGHTGBM TRAIN A TRIAL? A callback that saves, reports and stops; a round of boosting is an epoch.

    def train(trial):
        lightgbm.train({"learning_rate": trial.config["eta"]}, data, 81, valid_sets=[validation],
                       init_model=saved(trial), callbacks=[TrialCallback(trial, "valid_0", "l2")])

LightGBM is imported here, so this module is imported by those who have it.
"""

from typing import Any

from pure_hb.integrations.trials import Trial, count_of, path_to_load, path_to_save, value_of

try:
    from lightgbm.callback import EarlyStopException
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pure_hb.integrations.lightgbm needs LightGBM ({error}): pip install lightgbm"
    ) from error

_FILE = "model.txt"


def saved(trial: Trial) -> str | None:
    """The saved model from which a trial continues, for ``init_model``; None if there is none.

    Raises:
        FileNotFoundError: if the trial goes on, and no model was saved.
    """
    path = path_to_load(trial, _FILE)
    return None if path is None else str(path)


class TrialCallback:
    """Reports ``metric`` of the evaluated data named ``data`` ("valid_0", if ``valid_names`` says nothing else) after
    each epoch of ``every`` rounds, and stops the training when the trial is paused or stopped. The model is saved
    before."""

    order: int = 40
    """After the callbacks that record and that stop early."""

    def __init__(self, trial: Trial, data: str, metric: str, *, every: int = 1) -> None:
        self.trial, self.data, self.metric = trial, data, metric
        self.every: int = count_of("every", every)

    def __call__(self, env: Any) -> None:
        """After a round. Raises `KeyError` for a metric that is not measured, and `EarlyStopException` to end."""
        rounds = env.iteration + 1
        if rounds % self.every:
            return
        measured = env.evaluation_result_list or []
        value = value_of(
            {f"{data} {metric}": value for data, metric, value, *_ in measured}, f"{self.data} {self.metric}"
        )
        env.model.save_model(str(path_to_save(self.trial, _FILE)), num_iteration=-1)
        if not self.trial.report(rounds // self.every, value):
            raise EarlyStopException(env.iteration, measured)
