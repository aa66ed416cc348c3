"""celery over a quorum queue of RabbitMQ, with confirms: as it comes, or, behind a space in the URL, ``tuned``.

As it comes a worker forks a process that works, and fetches four jobs at a time. Tuned it works by itself, fetches a
thousand, and acknowledges what is done.
"""

import os
import time

import parts
from celery import Celery
from celery.signals import worker_process_init

TUNED = {"task_acks_late": True, "worker_prefetch_multiplier": 1000}


def app_at(url: str) -> tuple[Celery, bool]:
    broker, _, tuned = url.partition(" ")
    app = Celery("others", broker=broker)
    app.conf.update(
        task_default_queue=f"celery-noop{tuned}",
        task_default_queue_type="quorum",
        task_ignore_result=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_transport_options={"confirm_publish": True},
        **(TUNED if tuned else {}),
    )
    return app, bool(tuned)


def ready(url: str) -> None:
    app_at(url)


def enqueue(url: str, number: int) -> None:
    app, _ = app_at(url)
    for _ in range(number):
        app.send_task("noop", [parts.NOT_TIMED])


def work(url: str) -> None:
    app, tuned = app_at(url)
    done: list[parts.Done] = []

    def begin(**_: object) -> None:
        done.append(parts.Done())

    @app.task(name="noop")
    def noop(sent: float) -> None:
        done[0].job(sent)

    if tuned:
        begin()
    else:
        worker_process_init.connect(begin, weak=False)
    how = {"pool": "solo"} if tuned else {"pool": "prefork", "concurrency": 1}
    quiet = {"without_gossip": True, "without_mingle": True, "loglevel": "ERROR"}
    app.Worker(hostname=f"noop-{os.getpid()}", **how, **quiet).start()


def post(url: str, number: int) -> None:
    app, _ = app_at(url)
    for _ in range(number):
        app.send_task("noop", [parts.now()])
        time.sleep(parts.POST_SECONDS)


if __name__ == "__main__":
    parts.play(ready, enqueue, work, post)
