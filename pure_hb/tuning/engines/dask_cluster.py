"""HOW DO LEGS TRAIN ON DASK? As tasks of its workers, which talk with `tune` through Dask's own queues and events.

When a worker is gone, Dask begins its task again elsewhere. A leg must not begin again like that: it counts as lost,
and is given out again.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import distributed

from pure_hb.session import described
from pure_hb.tuning.channel import Answer, Ended, Message, decoded, encoded
from pure_hb.tuning.engine import Died, Dropped
from pure_hb.tuning.engines.call import Call, NobodyAsksError, Outcome, run_call
from pure_hb.tuning.engines.job import Job
from pure_hb.tuning.engines.workplace import Asked, Broken, Inbox, Over, Word
from pure_hb.tuning.patience import TuningError
from pure_hb.tuning.texts import cut

_LOOK_S: Final = 1.0
"""Seconds between two looks at which workers there are."""
_WAIT_S: Final = 5.0
"""After this many seconds without an answer a leg checks whether it is still wanted; a decision may take longer."""
_CONNECT_S: Final = 10.0


class Box:
    """A queue whose reader may wait with a limit. (Dask's scheduler logs each wait for a queue that comes to its limit
    as an error; for an event it does not.)"""

    def __init__(self, name: str, client: Any) -> None:
        self.name = name
        self._queue, self._event = distributed.Queue(name, client=client), distributed.Event(name, client=client)

    def put(self, value: Any) -> None:
        """Adds a value, and wakes the reader."""
        self._queue.put(value)
        self._event.set()

    def take(self, seconds: float) -> list[Any]:
        """All values; waits for the first, at most ``seconds``."""
        if not self._event.wait(f"{seconds}s"):
            return []
        self._event.clear()  # before taking: a value that is put from now on sets it again
        return list(self._queue.get(batch=True))

    def close(self) -> None:
        """Closes it. An error because the scheduler is gone is ignored."""
        with contextlib.suppress(Exception):
            self._event.clear()
            self._queue.close()


def run_on_dask(call: Call, said_to: str, client: str) -> Outcome:
    """Trains a leg, in a thread of a Dask worker."""
    worker, ours = distributed.get_worker().address, distributed.get_client()
    attempt = uuid.uuid4().hex
    said, answers = Box(said_to, ours), Box(attempt, ours)

    def ask(message: Message) -> Answer:
        try:
            said.put([call.identity, attempt, worker, encoded(message)])
            while not (received := answers.take(_WAIT_S)):
                if not ours.run_on_scheduler(_is_wanted, client=client, call=call.identity):
                    raise NobodyAsksError
        except (OSError, KeyError, ValueError, RuntimeError) as error:  # of a connection, or a queue, that is gone
            raise NobodyAsksError from error
        answer = decoded(received[-1])
        if not isinstance(answer, Answer):
            raise NobodyAsksError
        return answer

    try:
        return run_call(call, ask)
    finally:
        said.close()
        answers.close()


def _is_wanted(dask_scheduler: Any, client: str, call: str) -> bool:
    """Whether a client is connected, and has not cancelled a call. Runs in Dask's scheduler."""
    return client in dask_scheduler.clients and call in dask_scheduler.tasks


class DaskPlace:
    """A `Workplace`: tasks of a Dask cluster.

    Raises:
        TuningError: if there is no scheduler at the address.
    """

    def __init__(self, cluster: Any, amounts: Mapping[str, float | None], job: Job) -> None:
        self._client, self._is_ours = _client(cluster)
        self._resources = {name: amount for name, amount in amounts.items() if amount is not None}
        self._tell_missing(job)
        self._inbox = Inbox()
        self._futures: dict[str, Any] = {}
        self._places: dict[str, str] = {}
        """The worker that runs each call, by its address."""
        self._answers: dict[str, Box] = {}
        self._attempts: dict[str, str] = {}
        """The last attempt of each call."""
        self._said = Box(f"pure_hb-{uuid.uuid4().hex}", self._client)
        self._is_closed = False
        self._listening = threading.Thread(target=self._listen, name="pure_hb-dask", daemon=True)
        self._listening.start()

    def submit(self, call: Call) -> None:
        """Submits a task."""
        try:
            future = self._client.submit(
                run_on_dask,
                call,
                self._said.name,
                self._client.id,
                key=call.identity,
                pure=False,
                retries=0,
                resources=self._resources or None,
            )
        except Exception as error:  # of a client that is closed, or has lost its scheduler
            self._inbox.put(Over(call.identity, Dropped("Dask takes no work any more")))
            self._break(error)
            return
        self._futures[call.identity] = future
        future.add_done_callback(partial(self._end_of, call.identity))

    def answer(self, attempt: str, answer: Answer) -> None:
        """Answers a task."""
        self._put(attempt, answer)

    def hear(self, seconds: float) -> Iterator[Word]:
        """Waits for messages of calls."""
        for word in self._inbox.take(seconds):
            if isinstance(word, Over):
                self.end(word.call)
                answers = self._answers.pop(self._attempts.pop(word.call, ""), None)
                if answers is not None:
                    answers.close()
            yield word

    def is_quiet(self) -> bool:
        """Whether nothing has come."""
        return self._inbox.is_empty()

    def end(self, call: str) -> None:
        """A waiting task does not begin; a running one is told to end when it asks next."""
        self._places.pop(call, None)
        future = self._futures.pop(call, None)
        if future is not None and not future.done():
            with contextlib.suppress(Exception):
                future.cancel()

    def close(self) -> None:
        """Tells all tasks to end, and closes the client if it was made here."""
        self._is_closed = True
        for attempt in tuple(self._answers):
            self._put(attempt, Ended())  # this is no answer: a leg that waits ends
        self._listening.join(_WAIT_S)
        self._said.close()
        if self._is_ours:
            with contextlib.suppress(Exception):
                self._client.close()

    def _put(self, attempt: str, message: Message) -> None:
        try:
            if attempt in self._answers:
                self._answers[attempt].put(encoded(message))
        except Exception as error:  # of a connection that is gone; the thread that listens tells what is the matter
            if not self._is_closed and self._client.status != "running":
                self._break(error)

    def _tell_missing(self, job: Job) -> None:
        """Warns about a resource that no worker has: a task would wait for it for ever."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        for name, amount in self._resources.items():
            if not any(worker.get("resources", {}).get(name, 0) >= amount for worker in workers):
                job.tell(
                    f"no Dask worker has {amount:g} {name}, so legs wait until one has: start workers with "
                    f'`dask worker ADDRESS --resources "{name}={amount:g}"`'
                )

    def _break(self, error: BaseException) -> None:
        self._inbox.put(
            Broken(
                f"the Dask scheduler cannot be reached any more ({cut(described(error))}); what was reported is in the "
                "journal. Start the same command again when it is back"
            )
        )

    def _end_of(self, call: str, future: Any) -> None:
        """Called in a thread of Dask when a task is over."""
        how: Outcome | Died | Dropped
        if future.status == "finished":
            how = future.result()
        elif future.status == "error":
            how = Died(cut(described(future.exception())))
        else:
            how = Dropped("Dask has cancelled its task, or was restarted")
        self._inbox.put(Over(call, how))

    def _listen(self) -> None:
        """Takes the messages of tasks, and looks for workers that are gone."""
        looked = time.monotonic()
        while not self._is_closed:
            try:
                for call, attempt, worker, text in self._said.take(_LOOK_S):
                    self._note(call, attempt, worker)
                    self._inbox.put(Asked(call, attempt, decoded(text)))
                if time.monotonic() - looked >= _LOOK_S:
                    looked = time.monotonic()
                    self._look()
            except Exception as error:  # of a connection that is gone
                if not self._is_closed:
                    self._break(error)
                return

    def _note(self, call: str, attempt: str, worker: str) -> None:
        if attempt not in self._answers:
            self._answers[attempt], self._attempts[call] = Box(attempt, self._client), attempt
            self._places.setdefault(call, worker)

    def _look(self) -> None:
        there = self._client.nthreads()
        for call, worker in tuple(self._places.items()):
            if worker not in there:
                self._places.pop(call, None)
                self._inbox.put(Over(call, Died(f"the Dask worker {worker} is gone")))


def _client(cluster: Any) -> tuple[Any, bool]:
    """A client, and whether it was made here. Raises `TuningError`."""
    if isinstance(cluster, distributed.Client):
        return cluster, False
    if cluster is None:
        with contextlib.suppress(ValueError):
            return distributed.default_client(), False
    try:
        return distributed.Client(cluster, timeout=_CONNECT_S, set_as_default=False), True
    except (OSError, ValueError, TypeError) as error:
        raise TuningError(
            f"there is no Dask scheduler at {cluster!r} ({cut(described(error))}); start one with `dask scheduler` and "
            "`dask worker ADDRESS`, and give its address"
        ) from None
