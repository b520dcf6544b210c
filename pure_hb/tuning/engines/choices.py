"""WHICH ENGINES CAN BE CHOSEN? `Processes`, `InExecutor`, `Dask` and `Ray`: small values that open an engine.

Their libraries are imported when one is opened, and not before.
"""

import importlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Final

from attrs import field, frozen

from pure_hb.protocol.checks import shown
from pure_hb.tuning.clocks import Limits
from pure_hb.tuning.engine import Engine
from pure_hb.tuning.engines.job import Job, check_amount, refuse_environments, refuse_limits
from pure_hb.tuning.engines.submitted import Submitted
from pure_hb.tuning.environments import Environments
from pure_hb.tuning.errors import ScriptError
from pure_hb.tuning.pool import Pool


@frozen
class Processes:
    """Local worker processes, which tune starts and ends itself."""

    needs_script = True

    def refuse(self, limits: Limits, environments: Environments) -> None:
        """Nothing is refused."""

    def open(self, job: Job) -> Engine:
        """The processes."""
        return Pool(job.script, job.names, job.logs, environments=job.environments)


@frozen
class InExecutor:
    """The threads or processes of a `concurrent.futures.Executor`, or of a function that makes one.

    Raises:
        TypeError: if it is neither.
    """

    executor: Executor | Callable[[], Executor]

    def __attrs_post_init__(self) -> None:
        if not (isinstance(self.executor, Executor) or callable(self.executor)):
            raise TypeError(
                f"executor is {shown(self.executor)}; give a concurrent.futures.Executor, or what makes a new one when "
                "one has broken: executor=lambda: ProcessPoolExecutor(4)"
            )

    @property
    def needs_script(self) -> bool:
        """Whether another process must find train."""
        return not isinstance(self.executor, ThreadPoolExecutor)

    def refuse(self, limits: Limits, environments: Environments) -> None:
        """Raises `TuningError` for limits and environments that are impossible on this cluster."""
        refuse_limits(limits, "in an executor")
        refuse_environments(environments, "in an executor", "give the executor an initializer that sets them")

    def open(self, job: Job) -> Engine:
        """Opens the executor, and warns if it has fewer workers than there are legs at a time."""
        from pure_hb.tuning.engines.executor import ExecutorPlace

        places = getattr(self.executor, "_max_workers", None)  # both executors of the standard library have it
        if isinstance(places, int) and places < len(job.names):
            job.tell(f"the executor has {places} workers, and tune {len(job.names)}: give workers={places}")
        return Submitted(ExecutorPlace(self.executor), job)


@frozen
class Dask:
    """The workers of a Dask cluster.

    Args:
        cluster: the address of a scheduler, or a `distributed.Client`. None: the client that this process already has;
            else the scheduler in Dask's configuration (``DASK_SCHEDULER_ADDRESS``); else a cluster on this machine.
        cpus, gpus: how many of each a trial needs, at least 0. They are the resources ``CPU`` and ``GPU`` with which
            the workers were started: ``dask worker ADDRESS --resources "GPU=1"``. None: the trial needs none.

    Raises:
        ValueError: if an amount is negative.
    """

    cluster: Any = None
    cpus: float | None = field(default=None, kw_only=True)
    gpus: float | None = field(default=None, kw_only=True)

    needs_script = True

    def __attrs_post_init__(self) -> None:
        check_amount("cpus", self.cpus)
        check_amount("gpus", self.gpus)

    def refuse(self, limits: Limits, environments: Environments) -> None:
        """Raises `TuningError` for limits and environments that Dask cannot provide."""
        refuse_limits(limits, "on a Dask worker")
        refuse_environments(environments, "on Dask", "set them where the workers are started, and use hb.Dask(gpus=1)")
        _needed("distributed", "dask")

    def open(self, job: Job) -> Engine:
        """The connection to the cluster. Raises `TuningError` if there is none."""
        from pure_hb.tuning.engines.dask_cluster import DaskPlace

        return Submitted(DaskPlace(self.cluster, {"CPU": self.cpus, "GPU": self.gpus}, job), job)


@frozen
class Ray:
    """The workers of a Ray cluster.

    Args:
        address: the address of a cluster. None: the cluster that this process has joined; else the one in
            ``RAY_ADDRESS``; else a cluster on this machine.
        cpus, gpus: how many of each a trial needs, at least 0. None: what Ray takes by default.

    Raises:
        ValueError: if an amount is negative.
    """

    address: str | None = None
    cpus: float | None = field(default=None, kw_only=True)
    gpus: float | None = field(default=None, kw_only=True)

    needs_script = True

    def __attrs_post_init__(self) -> None:
        check_amount("cpus", self.cpus)
        check_amount("gpus", self.gpus)

    def refuse(self, limits: Limits, environments: Environments) -> None:
        """Nothing is refused: Ray kills processes, and sets their environment. Raises `ScriptError` without ray."""
        _needed("ray", "ray")

    def open(self, job: Job) -> Engine:
        """The connection to the cluster. Raises `TuningError` if there is none."""
        from pure_hb.tuning.engines.ray_cluster import RayPlace

        return Submitted(RayPlace(self.address, self.cpus, self.gpus, job), job)


AnyEngine = Processes | InExecutor | Dask | Ray
ENGINES: Final[dict[str, type[Processes] | type[Dask] | type[Ray]]] = {
    "processes": Processes,
    "dask": Dask,
    "ray": Ray,
}
"""The engines that have a name, by name."""


def engine_of(engine: Any, executor: Any) -> AnyEngine:
    """The engine that was chosen.

    Raises:
        TypeError: if the engine is neither a name nor one of these values, or the executor is none.
        ValueError: if there is no engine of the name, or both are given.
    """
    if executor is not None:
        if engine is not None:
            raise ValueError(f"executor and engine={shown(engine)} are given; legs are trained in one of them")
        return InExecutor(executor)
    if engine is None:
        return Processes()
    if isinstance(engine, AnyEngine):
        return engine
    if not isinstance(engine, str):
        raise TypeError(f"engine is {shown(engine)}; give one of {_known()}, or a value such as hb.Dask(client)")
    if engine not in ENGINES:
        raise ValueError(f"engine is {shown(engine)}; it is one of {_known()}, or a value such as hb.Dask(address)")
    return ENGINES[engine]()


def _known() -> str:
    return ", ".join(f'"{name}"' for name in ENGINES)


def _needed(module: str, extra: str) -> None:
    """Raises `ScriptError` if a library is not installed."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ScriptError(
            f"engine=\"{extra}\" needs {module}, which cannot be imported ({error}): pip install 'pure_hb[{extra}]'"
        ) from None
