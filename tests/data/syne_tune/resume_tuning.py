from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import loguniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import MOBSTER
from syne_tune.util import experiment_path

config_space = {"lr": loguniform(1e-4, 1.0), "width": randint(4, 64), "epochs": 9}
tuner = Tuner(
    trial_backend=LocalBackend(entry_point=str(Path(__file__).parent / "train_net_checkpoints.py")),
    scheduler=MOBSTER(
        config_space,
        type="promotion",
        metric="error",
        resource_attr="epoch",
        max_resource_attr="epochs",
        search_options={"model": "gp_independent"},
    ),
    stop_criterion=StoppingCriterion(max_num_trials_started=3),
    n_workers=2,
    sleep_time=0.1,
)
tuner.run()
again = Tuner.load(str(experiment_path(tuner.name)))
again.stop_criterion = StoppingCriterion(max_num_trials_started=5)
again.run()
print("best", load_experiment(again.name).best_config())
