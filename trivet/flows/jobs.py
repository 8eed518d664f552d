"""Jobs: short functions that call a verb, deferred in the transaction of their cause, and what runs by the clock.

All of them may run twice or late: each verb looks at the state it finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from trivet.flows import allocate, backorders, expiry, housekeeping, lapse, mapping, shortfall
from trivet.journal.rules import SYSTEM, Actor, ActorKind
from trivet.lib import clock

STALLED_AFTER = 20.0
"""Seconds without a heartbeat after which a worker counts as dead; workers beat every two."""

DEADLY = 10
"""A job that took this many workers with it is not tried again."""

PATIENCE = RetryStrategy(max_attempts=5, exponential_wait=4)
"""Tried again after 4, 16, 64, 256 and 1,024 seconds; the last failure waits for a person."""


def defer_after_placing(orders: Iterable[UUID]) -> None:
    """Have what follows a group of placed orders done later: one job a group, in the caller's transaction."""
    react.defer(orders=[str(order) for order in orders])


def defer_backorders(variants: Iterable[UUID]) -> None:
    """Have stock that came free offered to the lines that wait for it, when any does, in the caller's transaction."""
    wanted = sorted(set(variants))
    if wanted and backorders.anyone_waits(wanted):
        fill_backorders.defer(variants=[str(variant) for variant in wanted])


@app.task(name="orders.react", queue="orders", retry=PATIENCE)
def react(orders: list[str]) -> None:
    """What follows placing: orders that wait for a person come to their desk."""
    housekeeping.open_waiting([UUID(order) for order in orders], now=clock.now())


@app.task(name="backorders.fill", queue="orders", retry=PATIENCE)
def fill_backorders(variants: list[str]) -> None:
    """Serve the lines that wait for these variants, the oldest promise first."""
    backorders.fill_backorders([UUID(variant) for variant in variants], now=clock.now())


@app.task(name="imports.run", queue="imports", lock="imports", retry=PATIENCE)
def run_import(upload: str) -> None:
    """Import a file that somebody sent; one at a time."""
    from trivet.flows.imports import uploads  # imports place orders, and placing defers jobs

    uploads.carry_out(UUID(upload))


@app.task(name="routing.simulate", queue="simulations", lock="simulations", retry=PATIENCE)
def run_simulation(simulation: str) -> None:
    """Plan past orders again under a draft of the routing policy; one simulation at a time."""
    from trivet.flows import simulation as flow  # it defers this job

    flow.carry_out(UUID(simulation))


@app.periodic(cron="* * * * *")
@app.task(name="routing.shadow", queue="simulations", queueing_lock="routing.shadow", retry=PATIENCE)
def follow_orders(timestamp: int) -> None:
    """Plan the orders that came in by the drafts that follow them, beside the policy that decided."""
    from trivet.flows import shadow  # beside the simulation, which defers a job

    shadow.follow(now=clock.now())


@app.task(name="allocation.run", queue="allocation", lock="allocation", retry=PATIENCE)
def run_allocation(run: str, by: str, by_kind: ActorKind, label: str) -> None:
    """Weigh all waiting orders, and move them where that was asked for; one run at a time."""
    allocate.carry_out(UUID(run), by=Actor(by_kind, by, label))


@app.periodic(cron="* * * * *")
@app.task(name="allocation.tick", queue="clock", queueing_lock="allocation.tick", retry=PATIENCE)
def tick_allocation(timestamp: int) -> None:
    """Where it is set so, weigh all waiting orders when the clock says."""
    allocate.tick(clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="backorders.sweep", queue="clock", queueing_lock="backorders.sweep", retry=PATIENCE)
def sweep_backorders(timestamp: int) -> None:
    """Serve whatever waits and can be served, should a story have missed it."""
    backorders.fill_waiting(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="mapping.replay", queue="clock", queueing_lock="mapping.replay", retry=PATIENCE)
def replay_mappings(timestamp: int) -> None:
    """Orders that waited for an SKU which is known by now go on."""
    mapping.replay_known(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="reservations.sweep", queue="clock", queueing_lock="reservations.sweep", retry=PATIENCE)
def sweep_reservations(timestamp: int) -> None:
    """End the reservations whose time is over and say so; what they kept may serve somebody."""
    lapse.sweep_reservations(clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="time.pass", queue="clock", queueing_lock="time.pass", retry=PATIENCE)
def let_time_pass(timestamp: int) -> None:
    """Holds and authorisations whose time is over end; orders whose day has come may be picked."""
    expiry.let_time_pass(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="shortfalls.refresh", queue="clock", queueing_lock="shortfalls.refresh", retry=PATIENCE)
def refresh_shortfalls(timestamp: int) -> None:
    """Bring the cases of short levels up to date."""
    shortfall.refresh_all(by=SYSTEM, now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="desk.settle", queue="clock", queueing_lock="desk.settle", retry=PATIENCE)
def settle_desk(timestamp: int) -> None:
    """Items whose cause is gone leave the exception desk; failed jobs and stuck receipts come to it."""
    housekeeping.settle_desk(now=clock.now())


@app.periodic(cron="* * * * * */10")
@app.task(name="jobs.recover", queue="clock", queueing_lock="jobs.recover", pass_context=True)
async def recover_jobs(context: JobContext, timestamp: int) -> None:
    """Jobs of a worker that died are done again by another; one that keeps killing its worker fails at last."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        if job.attempts < DEADLY:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, Status.FAILED, delete_job=False)


@app.periodic(cron="17 * * * *")
@app.task(name="jobs.clean", queue="clock", queueing_lock="jobs.clean", pass_context=True)
async def clean_jobs(context: JobContext, timestamp: int) -> None:
    """Finished jobs are kept for a day, failed ones for thirty (a person may want to see them)."""
    await context.app.job_manager.delete_old_jobs(nb_hours=24, include_cancelled=True, include_aborted=True)
    await context.app.job_manager.delete_old_jobs(nb_hours=30 * 24, include_failed=True)


@app.periodic(cron="23 * * * *")
@app.task(name="keys.clean", queue="clock", queueing_lock="keys.clean", retry=PATIENCE)
def clean_keys(timestamp: int) -> None:
    """Answers kept under an ``Idempotency-Key`` are forgotten after two days."""
    housekeeping.forget_answers(now=clock.now())


@app.periodic(cron="29 * * * *")
@app.task(name="uploads.clean", queue="clock", queueing_lock="uploads.clean", retry=PATIENCE)
def clean_uploads(timestamp: int) -> None:
    """Files sent to be imported are forgotten after a day, what they told after thirty."""
    from trivet.flows.imports import uploads

    uploads.forget_uploads(now=clock.now())
