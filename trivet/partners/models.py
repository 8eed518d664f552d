"""Tables of the partners: files on their way to an import, so that a worker on any machine can read them."""

from __future__ import annotations

from django.db import models

from trivet.journal.models import Document, in_states
from trivet.lib.ids import new_id
from trivet.partners import rules


class Upload(models.Model):
    """A file to import and how (``how``: the arguments of the import); its pieces go when it is done.

    ``report`` and ``rows`` are what a dry run told; of a real import the journal remembers them under ``report.id``.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    what = models.TextField()
    name = models.TextField()
    how = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    size = models.BigIntegerField(default=0)
    actor_id = models.TextField(blank=True)
    actor_label = models.TextField(blank=True)
    state = models.TextField(default=rules.UPLOAD.start)
    rows_done = models.IntegerField(default=0)
    rows_total = models.IntegerField(default=0)
    report = models.JSONField(null=True)
    rows = Document(null=True)
    error = models.TextField(blank=True)
    uploaded_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=in_states(rules.UPLOAD), name="upload_state"),)
        indexes = (models.Index(fields=["-uploaded_at"], name="upload_newest"),)


class UploadPiece(models.Model):
    """A piece of the file, in order of ``number``."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["upload", "number"], name="upload_piece_once"),)
