"""Tables of the company: brands, places, channels and which places serve which channel."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trivet.company import rules
from trivet.lib.ids import new_id


class Brand(models.Model):
    """A name that customers know; several live in one company."""

    id = models.UUIDField(primary_key=True, default=new_id)
    slug = models.SlugField(unique=True)
    name = models.TextField()


class Location(models.Model):
    """A place that holds or ships goods. Coordinates are found from the postal code when not given."""

    id = models.UUIDField(primary_key=True, default=new_id)
    code = models.SlugField(unique=True)
    name = models.TextField()
    kind = models.TextField(default="warehouse")
    line1 = models.TextField(blank=True)
    city = models.TextField(blank=True)
    region = models.TextField(blank=True)
    postal_code = models.TextField(blank=True)
    country = models.CharField(max_length=2)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    geo_source = models.TextField(blank=True)
    timezone = models.TextField(default="UTC")
    # Weekdays on which parcels leave, Monday = 0; public holidays come from the country's calendar.
    dispatch_days = ArrayField(models.SmallIntegerField(), default=rules.default_dispatch_days)
    holiday_calendar = models.TextField(blank=True)
    cut_off = models.TimeField(default=rules.DEFAULT_CUT_OFF)
    capacity_per_day = models.IntegerField(null=True)
    priority = models.SmallIntegerField(default=100)
    handling_minor = models.BigIntegerField(null=True)
    min_stock = models.IntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=rules.LOCATION_KINDS), name="location_kind"),
            models.CheckConstraint(condition=models.Q(min_stock__gte=0), name="location_min_stock"),
            models.CheckConstraint(
                condition=models.Q(capacity_per_day__isnull=True) | models.Q(capacity_per_day__gte=0),
                name="location_capacity",
            ),
        )


class Channel(models.Model):
    """A way to sell. ``buffer``, ``floor`` and ``cap`` shape what it is told to be available."""

    id = models.UUIDField(primary_key=True, default=new_id)
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(unique=True)
    name = models.TextField()
    kind = models.TextField(default="api")
    currency = models.CharField(max_length=3)
    timezone = models.TextField(default="UTC")
    locale = models.TextField(default="en")
    on_shortage = models.TextField(default="backorder")
    buffer = models.IntegerField(default=0)
    floor = models.IntegerField(default=0)
    cap = models.IntegerField(null=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=rules.CHANNEL_KINDS), name="channel_kind"),
            models.CheckConstraint(
                condition=models.Q(on_shortage__in=rules.ON_SHORTAGE), name="channel_on_shortage"
            ),
            models.CheckConstraint(condition=models.Q(buffer__gte=0, floor__gte=0), name="channel_buffer"),
            models.CheckConstraint(
                condition=models.Q(cap__isnull=True) | models.Q(cap__gte=0), name="channel_cap"
            ),
        )


class ChannelLocation(models.Model):
    """A place's opt-in to serve a channel; without methods it serves all of them."""

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    methods = ArrayField(models.TextField(), default=list)
    countries = ArrayField(models.CharField(max_length=2), default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "location"], name="channel_location_once"),)


class Revision(models.Model):
    """Counts changes of set-up, so that every process knows when its cached picture is stale. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="revision_one_row"),)
