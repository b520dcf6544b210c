"""Does a trial that pauses at its rungs become, with each trainer, what one training without a pause is?

This is a stage of its own in `.ci/run`: it needs XGBoost, LightGBM, Keras, Lightning, transformers and torch. A trainer
that is not installed is skipped.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import pure_hb as hb
from pure_hb.integrations.trials import path_to_load, value_of

os.environ.setdefault("KERAS_BACKEND", "torch")
ROOT: Final = Path(__file__).resolve().parent.parent
MAXIMUM: Final = 9
RATES: Final = hb.Space(rate=hb.Float(0.05, 0.5, log=True))
Train = Callable[[Any], None]


class Unstopped:
    """A trial that nobody pauses before the maximum: what it reports is the curve of one whole training."""

    def __init__(self, rate: float, checkpoint: Path) -> None:
        self.config, self.checkpoint = {"rate": rate}, checkpoint
        self.fresh, self.start_from, self.number, self.running = True, 0, 0, True
        self.curve: list[tuple[int, float]] = []

    def report(self, resource: int, value: float, cost: float | None = None) -> bool:
        self.curve.append((resource, value))
        self.running = resource < MAXIMUM
        return self.running


def assert_pauses_change_nothing(train: Train, folder: Path, *, tolerance: float = 0.0) -> None:
    """Trains four trials that pause at epochs 1 and 3, and those that were resumed once more without a pause."""
    setup = hb.asha(RATES, hb.Minimize("loss"), max_resource=MAXIMUM, reduction_factor=3, seed=1)
    legs: list[tuple[int, int, int]] = []
    with hb.Session(folder / "run.jsonl", setup, max_trials=4, keep_checkpoints=True) as session:
        while trial := session.ask():
            legs.append((trial.number, trial.leg, trial.start_from))
            train(trial)
            assert not trial.running, "the callback has ended the training at the rung"
        trials = session.result().trials
    reports: dict[tuple[int, int | None], list[int]] = {}
    for record in hb.read_journal(folder / "run.jsonl")[1]:
        if isinstance(record.event, hb.Report):
            reports.setdefault((record.event.trial, record.event.leg), []).append(record.event.resource)
    for number, leg, start_from in legs:
        epochs = reports[number, leg]
        assert epochs[0] == start_from + 1, "it goes on with the epoch after its checkpoint's"
        assert all(after == before + 1 for before, after in pairwise(epochs))
        assert epochs[-1] in (1, 3, MAXIMUM)
    resumed = [one for one in trials if one.leg]
    assert max(one.leg for one in resumed) == 2, "one was resumed at both rungs"
    for one in resumed:
        whole = Unstopped(float(one.config["rate"]), folder / f"whole-{one.number}")
        train(whole)
        expected = whole.curve[: len(one.curve)]
        assert [epoch for epoch, _ in one.curve] == [epoch for epoch, _ in expected]
        assert [value for _, value in one.curve] == pytest.approx(
            [value for _, value in expected], rel=tolerance, abs=1e-12 if tolerance else 0.0
        )
    assert hb.audit(str(folder / "run.jsonl")).ok


def numbers() -> tuple[Any, Any, Any, Any]:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(160, 4)).astype("float32")
    y = (x @ np.array([1.0, -2.0, 0.5, 0.0]) + np.sin(3 * x[:, 0])).astype("float32")
    return x[:120], y[:120], x[120:], y[120:]


def test_xgboost(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    from pure_hb.integrations.xgboost import TrialCallback, saved

    x, y, x_test, y_test = numbers()
    data, test = xgboost.DMatrix(x, y), xgboost.DMatrix(x_test, y_test)

    def train(trial: Any, every: int = 1, metric: str = "rmse", name: str = "test") -> None:
        xgboost.train(
            {"eta": trial.config["rate"], "max_depth": 2, "nthread": 1},
            data,
            100,
            evals=[(data, "train"), (test, "test")],
            xgb_model=saved(trial),
            callbacks=[TrialCallback(trial, name, metric, every=every)],
            verbose_eval=False,
        )

    assert_pauses_change_nothing(train, tmp_path, tolerance=1e-6)
    tens = Unstopped(0.1, tmp_path / "tens")
    train(tens, every=10)
    assert [epoch for epoch, _ in tens.curve] == [*range(1, MAXIMUM + 1)]
    model = xgboost.Booster(model_file=tens.checkpoint / "model.ubj")
    assert model.num_boosted_rounds() == 90
    with pytest.raises(KeyError, match="nothing is named 'mae' among rmse; give one of these"):
        train(tens, metric="mae")
    with pytest.raises(KeyError, match="no data named 'valid' are evaluated, only train, test"):
        train(tens, name="valid")
    with pytest.raises(hb.SetupError, match="every is 0; it is a whole number, at least 1"):
        train(tens, every=0)


def test_lightgbm(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    from pure_hb.integrations.lightgbm import TrialCallback, saved

    x, y, x_test, y_test = numbers()

    def train(trial: Any, every: int = 1, metric: str = "l2") -> None:
        data = lightgbm.Dataset(x, y)
        lightgbm.train(
            {"learning_rate": trial.config["rate"], "num_leaves": 4, "verbosity": -1, "num_threads": 1, "seed": 0},
            data,
            100,
            valid_sets=[lightgbm.Dataset(x_test, y_test, reference=data)],
            init_model=saved(trial),
            callbacks=[TrialCallback(trial, "valid_0", metric, every=every)],
        )

    assert_pauses_change_nothing(train, tmp_path, tolerance=1e-6)
    tens = Unstopped(0.1, tmp_path / "tens")
    train(tens, every=10)
    assert [epoch for epoch, _ in tens.curve] == [*range(1, MAXIMUM + 1)]
    assert lightgbm.Booster(model_file=tens.checkpoint / "model.txt").num_trees() == 90
    with pytest.raises(KeyError, match="nothing is named 'valid_0 l1' among valid_0 l2; give one of these"):
        train(tens, metric="l1")


def test_keras(tmp_path: Path) -> None:
    backend = os.environ["KERAS_BACKEND"]
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    from pure_hb.integrations.keras import TrialCallback, saved

    x, y, x_test, y_test = numbers()

    def build(rate: float) -> Any:
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(rate), "mse", metrics=["mae"])
        return model

    def train(trial: Any, begin: int | None = None, metric: str = "val_loss") -> None:
        model = saved(trial) or build(trial.config["rate"])
        first = trial.start_from if begin is None else begin
        model.fit(
            x,
            y,
            validation_data=(x_test, y_test),
            epochs=MAXIMUM,
            initial_epoch=first,
            shuffle=False,
            verbose=0,
            callbacks=[TrialCallback(trial, metric)],
        )

    assert_pauses_change_nothing(train, tmp_path, tolerance=1e-5)
    whole = Unstopped(0.1, tmp_path / "whole")
    with pytest.raises(
        KeyError, match="nothing is named 'val_acc' among loss, mae, val_loss, val_mae; give one of these"
    ):
        train(whole, metric="val_acc")
    with pytest.raises(ValueError, match=r"begins with epoch 3, and the checkpoint holds epoch 0; write model\.fit"):
        train(whole, begin=2)


def test_lightning(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    lightning = pytest.importorskip("lightning.pytorch", reason="Lightning is not installed")
    from pure_hb.integrations.lightning import TrialCallback, saved

    x, y, x_test, y_test = (torch.as_tensor(part) for part in numbers())

    class Network(lightning.LightningModule):  # type: ignore[misc, name-defined]  # it is not there when types are checked
        def __init__(self, rate: float) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.rate = rate
            self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))

        def training_step(self, batch: Any) -> Any:
            return torch.nn.functional.mse_loss(self.layers(batch[0])[:, 0], batch[1])

        def validation_step(self, batch: Any) -> None:
            self.log("val_loss", torch.nn.functional.mse_loss(self.layers(batch[0])[:, 0], batch[1]))

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=self.rate)

    def train(trial: Any, metric: str = "val_loss") -> None:
        loader, validation = (
            torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*parts), batch_size=40)
            for parts in ((x, y), (x_test, y_test))
        )
        trainer = lightning.Trainer(
            max_epochs=MAXIMUM,
            callbacks=[TrialCallback(trial, metric)],
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        trainer.fit(Network(trial.config["rate"]), loader, validation, ckpt_path=saved(trial))

    assert_pauses_change_nothing(train, tmp_path, tolerance=1e-6)
    whole = Unstopped(0.1, tmp_path / "whole")
    with pytest.raises(KeyError, match="nothing is named 'loss' among val_loss; give one of these"):
        train(whole, metric="loss")
    assert not (tmp_path / "checkpoints").exists(), "there is no second checkpoint"


def test_transformers(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from pure_hb.integrations.transformers import TrialCallback, training_arguments

    class Words(torch.utils.data.Dataset):  # type: ignore[misc, name-defined]  # it is not there when types are checked
        def __init__(self, seed: int, count: int) -> None:
            self.ids = np.random.default_rng(seed).integers(0, 12, size=(count, 6))

        def __len__(self) -> int:
            return len(self.ids)

        def __getitem__(self, place: int) -> Any:
            ids = torch.as_tensor(self.ids[place])
            return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": int(self.ids[place][0] > 5)}

    def train(trial: Any, resume: bool | None = None, metric: str = "eval_loss", **other: Any) -> None:
        torch.manual_seed(0)
        config = transformers.BertConfig(
            vocab_size=12,
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=8,
            max_position_embeddings=8,
        )
        arguments = training_arguments(
            trial,
            num_train_epochs=MAXIMUM,
            learning_rate=trial.config["rate"] / 10,
            per_device_train_batch_size=8,
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            logging_strategy="no",
            **other,
        )
        trainer = transformers.Trainer(
            transformers.BertForSequenceClassification(config),
            arguments,
            train_dataset=Words(0, 32),
            eval_dataset=Words(1, 16),
            callbacks=[TrialCallback(trial, metric)],
        )
        trainer.train(resume_from_checkpoint=not trial.fresh if resume is None else resume)

    assert_pauses_change_nothing(train, tmp_path, tolerance=1e-5)
    for folder in tmp_path.glob("whole-*"):
        assert [path.name for path in folder.glob("checkpoint-*")] == ["checkpoint-36"], "the newest is kept"
    whole = Unstopped(0.1, tmp_path / "whole")
    with pytest.raises(KeyError, match=r"nothing is named 'eval_f1' among .*eval_loss.*; give one of these"):
        train(whole, metric="eval_f1")
    with pytest.raises(ValueError, match="save_strategy is 'steps'; the trial determines it: leave it out"):
        train(whole, save_strategy="steps")
    whole.start_from, whole.fresh = 3, False
    with pytest.raises(
        ValueError, match=r"begins after epoch 0, and the checkpoint holds epoch 3; write trainer\.train"
    ):
        train(whole, resume=False)


def test_a_checkpoint_that_is_missing_and_a_metric_that_nobody_measures_are_named(tmp_path: Path) -> None:
    trial = Unstopped(0.1, tmp_path / "leg-1")
    assert path_to_load(trial, "model") is None
    trial.fresh, trial.start_from = False, 3
    with pytest.raises(FileNotFoundError, match=r"goes on after epoch 3, and .*model is not there; give TrialCallback"):
        path_to_load(trial, "model")
    with pytest.raises(KeyError, match="nothing is named 'loss' among no metrics"):
        value_of({}, "loss")
    assert value_of({"loss": np.float32(0.5)}, "loss") == 0.5


PAGE: Final = ROOT / "docs" / "trainers.md"
EXAMPLES: Final = re.findall(r"^```py\n(# file: (\w+\.py)\n.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize(("text", "name"), EXAMPLES, ids=[name for _, name in EXAMPLES])
def test_the_examples_of_the_page_run_as_they_stand(text: str, name: str, tmp_path: Path) -> None:
    for package in re.findall(r"^(?:import|from) (xgboost|lightgbm|keras|lightning|transformers|torch)\b", text, re.M):
        pytest.importorskip(package, reason=f"{package} is not installed")
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, name], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.fullmatch(r"rate [\d.e-]+, loss [\d.]+ after epoch \d", done.stdout.splitlines()[-1]), done.stdout
