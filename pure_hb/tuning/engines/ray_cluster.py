"""HOW DO LEGS TRAIN ON RAY? As tasks, each in a process of Ray; an actor passes on their messages, and the answers."""

import asyncio
import contextlib
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

import ray
from ray import exceptions

from pure_hb.session import described
from pure_hb.tuning.channel import Answer, Message, decoded, encoded
from pure_hb.tuning.engine import Died, Dropped
from pure_hb.tuning.engines.call import Call, NobodyAsksError, Outcome, run_call
from pure_hb.tuning.engines.job import Job
from pure_hb.tuning.engines.workplace import Asked, Broken, Inbox, Over, Word
from pure_hb.tuning.environments import Environments
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.texts import cut

_LOOK_S: Final = 0.5
_AT_ONCE: Final = 10_000
_SECONDS_TO_ANSWER: Final = 10.0
"""The most legs that may wait for an answer at a time."""

_GONE: Final = (exceptions.WorkerCrashedError, exceptions.NodeDiedError, exceptions.OutOfMemoryError)
"""The process of a task has ended by itself."""


class Exchange:
    """The messages of legs, and the answers. It runs as an actor of Ray."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[str]] = {}

    async def ask(self, call: str, attempt: str, text: str) -> str:
        """Passes on a message of a leg, and returns the answer when there is one."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[attempt] = answer
        await self._said.put((call, attempt, text))
        return await answer

    async def answer(self, attempt: str, text: str) -> None:
        """Answers an attempt that waits."""
        waits = self._answers.pop(attempt, None)
        if waits is not None:
            waits.set_result(text)

    async def take(self, seconds: float) -> list[tuple[str, str, str]]:
        """All messages; waits for the first, at most ``seconds``."""
        try:
            said = [await asyncio.wait_for(self._said.get(), seconds)]
        except TimeoutError:
            return []
        while not self._said.empty():
            said.append(self._said.get_nowait())
        return said


def run_on_ray(call: Call, exchange: Any) -> Outcome:
    """Trains a leg, in a process of Ray's."""
    attempt = uuid.uuid4().hex

    def ask(message: Message) -> Answer:
        try:
            answer = decoded(ray.get(exchange.ask.remote(call.identity, attempt, encoded(message))))
        except exceptions.RayError as error:
            raise NobodyAsksError from error
        if not isinstance(answer, Answer):
            raise NobodyAsksError
        return answer

    return run_call(call, ask)


class RayPlace:
    """A `Workplace`: tasks of a Ray cluster.

    Raises:
        TuningError: if there is no cluster at the address.
    """

    def __init__(self, address: str | None, cpus: float | None, gpus: float | None, job: Job) -> None:
        self._is_ours = _join(address)
        self._environments: Environments = job.environments
        amounts = {"num_cpus": cpus, "num_gpus": gpus}
        self._amounts = {name: amount for name, amount in amounts.items() if amount is not None}
        self._inbox = Inbox()
        self._tasks: dict[str, Any] = {}
        self._is_closed = False
        self._task = ray.remote(run_on_ray)
        self._exchange = ray.remote(Exchange).options(num_cpus=0, max_concurrency=_AT_ONCE).remote()
        self._listening = threading.Thread(target=self._listen, name="pure_hb-ray", daemon=True)
        self._listening.start()

    def submit(self, call: Call) -> None:
        """Submits a task. Ray does not begin it again elsewhere when its process is gone."""
        options: dict[str, Any] = {"max_retries": 0, "name": f"trial {call.leg.trial}, leg {call.leg.leg}"}
        environment = dict(self._environments.of(call.worker))
        if environment:
            options["runtime_env"] = {"env_vars": environment}
        try:
            task = self._task.options(**self._amounts, **options).remote(call, self._exchange)
        except Exception as error:  # of a connection that is gone, or of what cannot be pickled
            self._inbox.put(Over(call.identity, Dropped("Ray does not take its leg")))
            self._inbox.put(Broken(f"Ray does not take legs ({_short(error)}). Start the same command again"))
            return
        self._tasks[call.identity] = task
        task.future().add_done_callback(partial(self._end_of, call.identity))

    def answer(self, attempt: str, answer: Answer) -> None:
        """Answers a task."""
        with contextlib.suppress(exceptions.RayError):  # the thread that listens tells it
            self._exchange.answer.remote(attempt, encoded(answer))

    def hear(self, seconds: float) -> Iterator[Word]:
        """Waits for messages of calls."""
        for word in self._inbox.take(seconds):
            if isinstance(word, Over):
                self._tasks.pop(word.call, None)
            yield word

    def is_quiet(self) -> bool:
        """Whether nothing has come."""
        return self._inbox.is_empty()

    def end(self, call: str) -> None:
        """Kills the process that runs a task; a waiting task does not begin."""
        task = self._tasks.pop(call, None)
        if task is not None:
            with contextlib.suppress(Exception):  # it has ended meanwhile, or the cluster is gone
                ray.cancel(task, force=True)

    def close(self) -> None:
        """Ends the actor, and leaves the cluster if it was joined here."""
        self._is_closed = True
        with contextlib.suppress(Exception):
            ray.kill(self._exchange)
        self._listening.join(2 * _LOOK_S)
        if self._is_ours:
            with contextlib.suppress(Exception):
                ray.shutdown()

    def _break(self, error: BaseException) -> None:
        self._inbox.put(
            Broken(
                f"the Ray cluster, or the node with the actor that carries reports, is gone ({_short(error)}); what "
                "was reported is in the journal. Start the same command again"
            )
        )

    def _end_of(self, call: str, task: "Future[Outcome]") -> None:
        """Called in a thread of Ray when a task is over."""
        how: Outcome | Died | Dropped
        try:
            how = task.result()
        except exceptions.TaskCancelledError:
            how = Dropped("Ray has cancelled its task")
        except _GONE as error:
            how = Died(_short(error))
        except BaseException as error:  # of any kind: the task has died
            how = Died(_short(error))
        self._inbox.put(Over(call, how))

    def _listen(self) -> None:
        """Takes the messages of tasks."""
        while not self._is_closed:
            try:
                for call, attempt, text in ray.get(self._exchange.take.remote(_LOOK_S)):
                    self._inbox.put(Asked(call, attempt, decoded(text)))
            except Exception as error:  # of an actor that is gone
                if not self._is_closed:
                    self._break(error)
                return


def _short(error: BaseException) -> str:
    """The first line of a message of Ray, which may be long."""
    return cut(described(error).strip().splitlines()[0])


def _join(address: str | None) -> bool:
    """Joins a cluster, if this process has joined none. Returns whether it did. Raises `TuningError`."""
    if ray.is_initialized():
        return False
    _check_reach(address)
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise _no_cluster(address, error) from None
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)  # Ray installs a handler of its own
    return True


def _check_reach(address: str | None) -> None:
    """Raises `TuningError` if nothing answers at an address HOST:PORT: there Ray would wait without an end."""
    host, _, port = (address or "").rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from None


def _no_cluster(address: str | None, error: Exception) -> TuningError:
    return TuningError(
        f"there is no Ray cluster at {address!r} ({_short(error)}); start one with `ray start --head`, and give its "
        "address, or none for a cluster on this machine"
    )
