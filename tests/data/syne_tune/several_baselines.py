from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import loguniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ASHA, BOHB, MOBSTER

config_space = {"lr": loguniform(1e-4, 1.0), "width": randint(4, 64), "epochs": 9}
common = dict(metric="error", mode="min", resource_attr="epoch", max_t=9)
for scheduler in [ASHA(config_space, **common), MOBSTER(config_space, **common), BOHB(config_space, **common)]:
    print(f"running scheduler {scheduler}")
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(Path(__file__).parent / "train_net.py")),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(
            max_wallclock_time=60, max_num_trials_started=3, min_metric_value={"error": 0.13}
        ),
        n_workers=2,
        sleep_time=0.1,
    )
    tuner.run()
    print("best", load_experiment(tuner.name).best_config())
