from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import loguniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import MOBSTER

n_workers = 2
config_space = {"lr": loguniform(1e-4, 1.0), "width": randint(4, 64), "epochs": 9}
scheduler = MOBSTER(
    config_space=config_space,
    metric="error",
    resource_attr="epoch",
    max_resource_attr="epochs",
    points_to_evaluate=[{"lr": 0.1, "width": 32, "epochs": 9}, {"lr": 0.01}],
    search_options=dict(num_init_random=n_workers + 2, debug_log=True),
)
tuner = Tuner(
    trial_backend=LocalBackend(entry_point=str(Path(__file__).parent / "train_net.py")),
    scheduler=scheduler,
    stop_criterion=StoppingCriterion(max_num_trials_finished=5),
    n_workers=n_workers,
    sleep_time=0.1,
    tuner_name="first-points",
    metadata={"author": "me"},
)
tuner.run()
print("best", load_experiment(tuner.name).best_config(), tuner.best_config())
