"""The least that a shop needs: a brand, a place, and a channel that the place serves."""

from __future__ import annotations

import click

from trivet.site.commands.base import database, told


@click.command()
@click.option("--brand", required=True, help="The name that customers know.")
@click.option("--place", "place_name", required=True, help="Where the stock lies.")
@click.option("--country", required=True, help="The place's country, such as GB.")
@click.option("--channel", "channel_name", required=True, help="Where you sell.")
@click.option("--currency", required=True, help="What is paid with there, such as GBP.")
@click.option(
    "--timezone", default="", help="Of place and channel (default: the country's, where it has one)."
)
def setup(brand: str, place_name: str, country: str, channel_name: str, currency: str, timezone: str) -> None:
    """Add a brand, a place and a channel that it serves. What is there already stays as it is.

    Codes are made of the names: "Old Mill" is old-mill in files and for the API.
    """
    with database(migrate=True), told():
        from django.utils.text import slugify

        from trivet.company import actions, queries
        from trivet.company.queries.desk import brands
        from trivet.company.rules import ChannelFacts, PlaceFacts, only_timezone
        from trivet.journal.rules import SYSTEM
        from trivet.lib import clock

        now, before = clock.now(), queries.setup()
        zone = timezone or only_timezone(country)
        mark, code, slug = (slugify(name) for name in (brand, place_name, channel_name))
        if mark not in {b.slug for b in brands()}:
            actions.add_brand(mark, brand, by=SYSTEM, now=now)
        if code not in before.place_by_code:
            facts = PlaceFacts(code, place_name, country, timezone=zone)
            actions.add_place(facts, by=SYSTEM, now=now)
        if slug not in before.channels:
            actions.add_channel(
                ChannelFacts(slug, channel_name, mark, currency, timezone=zone), by=SYSTEM, now=now
            )
        elif before.channels[slug].currency != currency:
            raise click.ClickException(
                f"the channel {slug} sells in {before.channels[slug].currency} already"
            )
        present = queries.setup()
        channel, place = present.channels[slug], present.place_by_code[code]
        if place.id not in {s.location for s in present.serving.get(channel.id, ())}:
            actions.serve(slug, code, by=SYSTEM, now=now)
        click.echo(
            f"Brand {mark}, place {code} ({place.timezone}), channel {slug} ({channel.currency}): ready."
        )
