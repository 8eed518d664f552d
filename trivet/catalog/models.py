"""Tables of the catalogue."""

from __future__ import annotations

from typing import Any

from django.db import models

from trivet.catalog.rules import line_key, sku_key
from trivet.lib.ids import new_id


class Product(models.Model):
    """What a customer recognises as one thing; its variants are what is stocked."""

    id = models.UUIDField(primary_key=True, default=new_id)
    handle = models.TextField(unique=True)
    title = models.TextField()
    description = models.TextField(blank=True)
    image = models.TextField(blank=True)
    created_at = models.DateTimeField()


class Key(models.TextField):  # type: ignore[type-arg]  # Django's fields are generic in their stubs alone
    """What the row is found by: its ``called()``, worked out whenever it is saved or inserted, so never forgotten."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        """Made of what the row says now."""
        key: str = model_instance.called()
        setattr(model_instance, self.attname, key)
        return key


class Variant(models.Model):
    """A SKU. SKUs differ by more than letter case: by ``key``; sizes in mm, weight in g, price in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    sku = models.TextField()
    key = Key(unique=True, editable=False)
    title = models.TextField()
    weight_g = models.IntegerField(null=True)
    length_mm = models.IntegerField(null=True)
    width_mm = models.IntegerField(null=True)
    height_mm = models.IntegerField(null=True)
    hs_code = models.TextField(blank=True)
    origin = models.CharField(max_length=2, blank=True)
    price_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    is_bundle = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(weight_g__isnull=True) | models.Q(weight_g__gte=0), name="variant_weight"
            ),
        )
        indexes = (models.Index(fields=["product"], name="variant_product"),)

    def called(self) -> str:
        """The key of the SKU."""
        return sku_key(self.sku)


class Barcode(models.Model):
    """A GTIN (check digit verified) or other code that a scanner reads, for one variant."""

    id = models.UUIDField(primary_key=True, default=new_id)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.TextField(unique=True)

    class Meta:
        indexes = (models.Index(fields=["variant"], name="barcode_variant"),)


class UnitCost(models.Model):
    """What one unit costs us from a day on, in minor units."""

    id = models.UUIDField(primary_key=True, default=new_id)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+", db_index=False)
    valid_from = models.DateField()
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["variant", "valid_from"], name="unitcost_once_a_day"),
            models.CheckConstraint(condition=models.Q(minor__gte=0), name="unitcost_not_negative"),
        )


class BundleComponent(models.Model):
    """``quantity`` units of ``child`` go into one unit of the bundle ``parent``; bundles may nest."""

    id = models.UUIDField(primary_key=True, default=new_id)
    parent = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+", db_index=False)
    child = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["parent", "child"], name="component_once"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="component_quantity"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("child")), name="component_not_itself"
            ),
        )
        indexes = (models.Index(fields=["child"], name="component_child"),)


class ListingMap(models.Model):
    """What a channel calls one of our variants: by a SKU of its own or, where it sends none, by a title."""

    id = models.UUIDField(primary_key=True, default=new_id)
    channel = models.ForeignKey("company.Channel", on_delete=models.CASCADE, related_name="+", db_index=False)
    external_sku = models.TextField(blank=True)
    title = models.TextField(blank=True)
    key = Key(editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "key"], name="listing_once"),)

    def called(self) -> str:
        """The key of the lines that it gives a meaning to."""
        return line_key(self.external_sku, self.title)
