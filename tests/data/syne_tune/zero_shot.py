from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
from syne_tune.blackbox_repository.simulated_tabular_backend import UserBlackboxBackend
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ZeroShotTransfer
from tabulated import MAXIMUM, benchmark

table = benchmark()
trial_backend = UserBlackboxBackend(blackbox=table, elapsed_time_attr="elapsed", max_resource_attr="epochs")
scheduler = ZeroShotTransfer(
    {**table.configuration_space, "epochs": MAXIMUM},
    metric="error",
    mode="min",
    resource_attr="epoch",
    max_resource_attr="epochs",
    transfer_learning_evaluations={"earlier": benchmark()},
)
tuner = Tuner(
    trial_backend=trial_backend,
    scheduler=scheduler,
    stop_criterion=StoppingCriterion(max_wallclock_time=60),
    n_workers=4,
    sleep_time=0,
    callbacks=[SimulatorCallback()],
    results_update_interval=300,
    print_update_interval=700,
)
tuner.run()
print("best", load_experiment(tuner.name).best_config())
