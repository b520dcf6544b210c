import math

from syne_tune.config_space import uniform
from syne_tune.optimizer.baselines import ASHA
from syne_tune.optimizer.scheduler import SchedulerDecision
from syne_tune.optimizer.schedulers.ask_tell_scheduler import AskTellScheduler

asha = ASHA({"x": uniform(-1, 1)}, metric="loss", resource_attr="epoch", max_t=9, mode="min")
scheduler = AskTellScheduler(base_scheduler=asha)
for _ in range(12):
    trial = scheduler.ask()
    for epoch in range(1, 10):
        result = {"loss": trial.config["x"] ** 2 + math.sin(trial.config["x"]) + 1 / epoch, "epoch": epoch}
        if asha.on_trial_result(trial, result) == SchedulerDecision.STOP:
            break
    scheduler.tell(trial, result)
print("best", scheduler.best_trial("loss").config)
