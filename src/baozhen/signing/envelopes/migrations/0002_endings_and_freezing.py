"""Batches can be ended as a whole; versions are written once, a running task's content is frozen."""

from django.db import migrations, models

_WRITTEN_ONCE = """
CREATE FUNCTION envelopes_version_written_once() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'a version of a document is written once';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER envelopes_version_written_once
    BEFORE UPDATE OR DELETE ON envelopes_documentversion
    FOR EACH ROW EXECUTE FUNCTION envelopes_version_written_once();
"""
_UNWRITTEN = """
DROP TRIGGER envelopes_version_written_once ON envelopes_documentversion;
DROP FUNCTION envelopes_version_written_once();
"""
_FROZEN = """
CREATE FUNCTION envelopes_content_frozen() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'the content of a started envelope is frozen';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER envelopes_content_frozen
    BEFORE UPDATE OF content_sha256 ON envelopes_envelope
    FOR EACH ROW WHEN (OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256
                       AND OLD.state <> 'draft')
    EXECUTE FUNCTION envelopes_content_frozen();
"""
_THAWED = """
DROP TRIGGER envelopes_content_frozen ON envelopes_envelope;
DROP FUNCTION envelopes_content_frozen();
"""


class Migration(migrations.Migration):
    """Columns of the end of a batch, and two triggers."""

    dependencies = [("envelopes", "0001_initial")]

    operations = [
        migrations.AddField(
            "envelopebatch",
            "end_reason",
            models.CharField("批量终止原因", max_length=500, blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "envelopebatch",
            "ended_by",
            models.CharField("批量终止人", max_length=64, blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "envelopebatch", "end_asked_at", models.DateTimeField("批量终止时间", null=True)
        ),
        migrations.RunSQL(_WRITTEN_ONCE, _UNWRITTEN),
        migrations.RunSQL(_FROZEN, _THAWED),
    ]
