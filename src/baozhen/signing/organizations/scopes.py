"""What programs may be allowed to do. Pure: a table."""

from enum import StrEnum


class Scope(StrEnum):
    """What a program may be allowed to do."""

    PROPOSALS_WRITE = "proposals:write"
    PROPOSALS_READ = "proposals:read"
    BATCHES_WRITE = "batches:write"
    BATCHES_READ = "batches:read"
    POLICIES_READ = "policies:read"
    FILES_READ = "files:read"
    FILES_WRITE = "files:write"
    ENVELOPES_READ = "envelopes:read"
    ENVELOPES_WRITE = "envelopes:write"
    TEMPLATES_READ = "templates:read"
    TEMPLATES_WRITE = "templates:write"
    SEALS_READ = "seals:read"
    SEALS_WRITE = "seals:write"
    RISKS_READ = "risks:read"
    IDENTITIES_READ = "identities:read"
    IDENTITIES_WRITE = "identities:write"
    CERTIFICATES_READ = "certificates:read"
    CERTIFICATES_WRITE = "certificates:write"
    ORGANIZATIONS_READ = "organizations:read"
    ORGANIZATIONS_WRITE = "organizations:write"
    STATISTICS_READ = "statistics:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_WRITE = "webhooks:write"
    ENDORSEMENTS_WRITE = "endorsements:write"
    CLAIMS_READ = "claims:read"
    CLAIMS_WRITE = "claims:write"
