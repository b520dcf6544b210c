"""HOW DOES KERAS 3 TRAIN A TRIAL? A callback that saves, reports and stops, with any backend.

    def train(trial):
        model = saved(trial) or build(trial.config)
        model.fit(x, y, validation_data=validation, epochs=81, initial_epoch=trial.start_from,
                  callbacks=[TrialCallback(trial, "val_loss")])

Keras is imported here, so this module is imported by those who have it.
"""

from typing import Any

from pure_hb.integrations.trials import Trial, path_to_load, path_to_save, value_of

try:
    import keras
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"pure_hb.integrations.keras needs Keras 3 ({error}): pip install keras") from error

_FILE = "model.keras"


def saved(trial: Trial, **options: Any) -> Any:
    """The saved model with its optimizer, from which a trial continues; None if there is none. ``options`` are those of
    ``keras.models.load_model``, such as ``custom_objects``.

    Raises:
        FileNotFoundError: if the trial goes on, and no model was saved.
    """
    path = path_to_load(trial, _FILE)
    return None if path is None else keras.models.load_model(path, **options)


class TrialCallback(keras.callbacks.Callback):
    """Reports ``metric`` ("val_loss", for example) after each epoch, and stops the training when the trial is paused or
    stopped. The model is saved before."""

    def __init__(self, trial: Trial, metric: str = "val_loss") -> None:
        super().__init__()
        self.trial, self.metric = trial, metric

    def on_train_begin(self, logs: Any = None) -> None:
        """The next epoch is the first of the leg."""
        self._first = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Raises `ValueError` if the first epoch is not the one after the checkpoint's."""
        if self._first and epoch != self.trial.start_from:
            raise ValueError(
                f"the training begins with epoch {epoch + 1}, and the checkpoint holds epoch {self.trial.start_from}; "
                "write model.fit(..., initial_epoch=trial.start_from)"
            )
        self._first = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves, reports, and stops the training. Raises `KeyError` for a metric that is not measured."""
        value = value_of(logs or {}, self.metric)
        self.model.save(path_to_save(self.trial, _FILE))
        if not self.trial.report(epoch + 1, value):
            self.model.stop_training = True
