"""Rating 报价: from facts of a vehicle and a choice of covers to premiums, tax and their reasons.

`quote(request, tables)` is pure: the same request and the same versions of the tables give the
same quote, years later too. A request is made of typed facts, or read from JSON:

    request = request_from_json({...})              # the stored form; `request_as_json` writes it
    request = request_from_content(content, record=..., self_pricing=...)   # a filled-in proposal
    made = quote(request, tables)                   # products.queries.tables_on(day)
    made.total_fen, made.compulsory.premium_fen, made.commercial, made.vehicle_tax, made.versions
    made.sections()     # compulsory, commercial, vehicle_tax, total, as a proposal has them
    made.explain()      # each step in Chinese: what, the formula with its figures, its tables
    made.stored()       # what a proposal keeps; `replay(stored, tables)` makes it again

The JSON of a request: `form`, `region` (province code), `channel`?, `quoted_on`, `vehicle` (the
fields of a proposal's vehicle), `compulsory` {cover_starts_at, cover_ends_at?, term_ground?},
`commercial` null or {cover_starts_at, cover_ends_at?, covers: [{code, sum_insured?, seats?,
deductible_rate?}], self_pricing?, traffic_violation?}, `record` {first_insured, free_years,
accidents, fatal, claim_free_years, claims, gap_months, previous_level}, `tax` {relief?, year?,
arrears?, late_days?, certificate?, taxpayer_id?}. Without a sum insured the hull has its
depreciated value; without an end, cover lasts a year (a trip thirty days).

What the tables or the law do not allow raises a Refusal of `products.errors`, with the path of
the field.
"""

from baozhen.insurance.products.rating.quoting import Quote, quote, replay
from baozhen.insurance.products.rating.reading import (
    request_as_json,
    request_from_content,
    request_from_json,
)
from baozhen.insurance.products.rating.request import (
    CommercialChoice,
    CompulsoryChoice,
    CoverChoice,
    QuoteRequest,
    Record,
    TaxFacts,
    VehicleFacts,
)

__all__ = [
    "CommercialChoice",
    "CompulsoryChoice",
    "CoverChoice",
    "Quote",
    "QuoteRequest",
    "Record",
    "TaxFacts",
    "VehicleFacts",
    "quote",
    "replay",
    "request_as_json",
    "request_from_content",
    "request_from_json",
]
