"""Whether the SMS code is asked for before payment is data by region, no law of the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0002_numbers"),
        ("identity", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="application", name="application_state_facts"),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                name="application_state_facts",
                condition=(
                    ~models.Q(state__in=["signed"])
                    | models.Q(decided_at__isnull=False, signed_at__isnull=False)
                )
                & (
                    ~models.Q(state__in=["paid", "issued"])
                    | models.Q(
                        signed_at__isnull=False, paid_at__isnull=False, applicant__isnull=False
                    )
                ),
            ),
        ),
    ]
