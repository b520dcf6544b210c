"""HOW DOES LIGHTNING TRAIN A TRIAL? A callback that saves, reports and stops.

    def train(trial):
        trainer = Trainer(max_epochs=81, callbacks=[TrialCallback(trial, "val_loss")])
        trainer.fit(Network(trial.config), data, validation, ckpt_path=saved(trial))

Lightning (``lightning``, else ``pytorch_lightning``) is imported here, so this module is imported by those who have it.
"""

from typing import Any

from pure_hb.integrations.trials import Trial, path_to_load, path_to_save, refuse_several_processes, value_of

try:
    try:
        from lightning.pytorch.callbacks import Checkpoint
    except ModuleNotFoundError:
        from pytorch_lightning.callbacks import Checkpoint
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pure_hb.integrations.lightning needs Lightning ({error}): pip install lightning"
    ) from error

_FILE = "last.ckpt"


def saved(trial: Trial) -> str | None:
    """The checkpoint from which a trial continues, for ``ckpt_path``; None if there is none.

    Raises:
        FileNotFoundError: if the trial goes on, and nothing was saved.
    """
    path = path_to_load(trial, _FILE)
    return None if path is None else str(path)


class TrialCallback(Checkpoint):
    """Reports ``metric``, which the module has logged, after each epoch, and stops the training when the trial is
    paused or stopped. The checkpoint is saved before. Lightning calls it after callbacks that are no checkpoints."""

    def __init__(self, trial: Trial, metric: str = "val_loss") -> None:
        super().__init__()
        self.trial, self.metric = trial, metric

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Raises `ValueError` where a training is spread over several processes."""
        refuse_several_processes(trainer.world_size)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Saves, reports, and stops the training. Raises `KeyError` for a metric that was not logged."""
        value = value_of(trainer.callback_metrics, self.metric)
        trainer.save_checkpoint(path_to_save(self.trial, _FILE))
        if not self.trial.report(trainer.current_epoch + 1, value):
            trainer.should_stop = True
