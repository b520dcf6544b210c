from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import lograndint, loguniform
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ASHA

if __name__ == "__main__":
    max_resource_attr = "epochs"
    config_space = {"lr": loguniform(1e-4, 1.0), "width": lograndint(4, 64), max_resource_attr: 9}
    trial_backend = LocalBackend(
        entry_point=str(Path(__file__).parent / "train_net_checkpoints.py"), delete_checkpoints=True
    )
    scheduler = ASHA(
        config_space,
        type="promotion",
        metric="error",
        mode="min",
        resource_attr="epoch",
        max_resource_attr=max_resource_attr,
        grace_period=1,
        reduction_factor=3,
        random_seed=31415927,
    )
    tuner = Tuner(
        trial_backend=trial_backend,
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=6, max_wallclock_time=120),
        n_workers=2,
        sleep_time=0.1,
    )
    tuner.run()
    results = load_experiment(tuner.name).results
    resumed = results.groupby("trial_id").epoch.max().gt(1).sum()
    print("best", load_experiment(tuner.name).best_config(), "resumed", resumed)
