"""Probes and metrics."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory, override_settings

from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.site import metrics, probes
from trivet.staff.actions import create_api_key

pytestmark = pytest.mark.django_db


def test_ready_and_alive() -> None:
    request = RequestFactory().get("/")
    assert probes.healthz(request).status_code == probes.readyz(request).status_code == 200


def test_metrics_are_for_keys_unless_opened() -> None:
    request = RequestFactory().get("/metrics")
    assert probes.metrics(request).status_code == 401
    _, weak = create_api_key("Weak", ["order.view"], by=SYSTEM, now=clock.now())
    _, good = create_api_key("Probe", ["settings.view"], by=SYSTEM, now=clock.now())
    factory = RequestFactory()
    assert probes.metrics(factory.get("/", headers={"authorization": f"Bearer {weak}"})).status_code == 403
    metrics.REQUESTS.labels("GET", "probe", "200").inc()
    response = probes.metrics(factory.get("/", headers={"authorization": f"Bearer {good}"}))
    assert response.status_code == 200
    text = response.content.decode()
    assert 'trivet_requests_total{method="GET",route="probe",status="200"} 1.0' in text
    assert 'trivet_jobs{state="todo"}' in text and "trivet_feed_lag_seconds" in text
    with override_settings(METRICS_OPEN=True):
        assert probes.metrics(request).status_code == 200


def test_probes_answer_whatever_host_they_name_and_pages_do_not() -> None:
    by_address = Client(headers={"host": "10.1.2.3:8000"})
    assert [by_address.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [
        200,
        200,
        401,
    ]
    assert by_address.get("/login").status_code == 400


def test_methods_that_somebody_made_up_are_counted_as_one() -> None:
    for n in range(50):
        Client().generic(f"MADEUP{n}", "/healthz")
    told = metrics.text().decode()
    assert 'trivet_requests_total{method="other",route="healthz",status="200"}' in told
    assert "MADEUP" not in told
