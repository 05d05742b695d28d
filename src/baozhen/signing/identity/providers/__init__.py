"""Those who know who people are: ports by kind of check, real adapters, development twins."""
