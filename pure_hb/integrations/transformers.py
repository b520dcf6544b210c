"""HOW DOES THE TRAINER OF TRANSFORMERS TRAIN A TRIAL? Arguments that save each epoch, and a callback that reports it.

    def train(trial):
        arguments = training_arguments(trial, num_train_epochs=9, learning_rate=trial.config["lr"])
        trainer = Trainer(model(), arguments, train_dataset=data, eval_dataset=validation,
                          callbacks=[TrialCallback(trial, "eval_loss")])
        trainer.train(resume_from_checkpoint=not trial.fresh)

transformers is imported here, so this module is imported by those who have it.
"""

from typing import Any, Final

from pure_hb.integrations.trials import Trial, refuse_several_processes, value_of

try:
    from transformers import TrainerCallback, TrainingArguments
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"pure_hb.integrations.transformers needs transformers ({error}): pip install 'transformers[torch]'"
    ) from error

_NEEDED: Final = {"eval_strategy": "epoch", "save_strategy": "epoch"}


def training_arguments(trial: Trial, **arguments: Any) -> Any:
    """``TrainingArguments`` that evaluate and save after each epoch into the checkpoint of a trial, where the newest is
    kept; ``arguments`` are all others. ``num_train_epochs`` is that of a full training.

    Raises:
        ValueError: for an argument that the trial determines.
    """
    for name in ("output_dir", *_NEEDED):
        if name in arguments:
            raise ValueError(f"{name} is {arguments[name]!r}; the trial determines it: leave it out")
    return TrainingArguments(output_dir=str(trial.checkpoint), **{"save_total_limit": 1, **_NEEDED, **arguments})


class TrialCallback(TrainerCallback):
    """Reports ``metric`` ("eval_loss", for example) after each epoch, when it is saved, and stops the training when the
    trial is paused or stopped."""

    def __init__(self, trial: Trial, metric: str = "eval_loss") -> None:
        self.trial, self.metric = trial, metric
        self._value: float | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Raises `ValueError` if nothing would be reported, or a resumed trial would begin without its checkpoint."""
        refuse_several_processes(args.world_size)
        strategies = {name: getattr(getattr(args, name), "value", getattr(args, name)) for name in _NEEDED}
        if strategies != _NEEDED or args.output_dir != str(self.trial.checkpoint):
            raise ValueError(
                "a trial is evaluated and saved after each epoch, into its checkpoint; make the arguments by "
                "pure_hb.integrations.transformers.training_arguments(trial, ...)"
            )
        if round(state.epoch or 0) != self.trial.start_from:
            raise ValueError(
                f"the training begins after epoch {round(state.epoch or 0)}, and the checkpoint holds epoch "
                f"{self.trial.start_from}; write trainer.train(resume_from_checkpoint=not trial.fresh)"
            )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        """Keeps the value until it is saved. Raises `KeyError` for a metric that is not measured."""
        self._value = value_of(metrics or {}, self.metric)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Reports what was saved, and stops the training."""
        if self._value is None:
            return
        value, self._value = self._value, None
        if not self.trial.report(round(state.epoch), value):
            control.should_training_stop = True
