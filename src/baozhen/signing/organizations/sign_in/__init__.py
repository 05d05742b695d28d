"""The mathematics and protocols of signing in: one-time codes and OpenID Connect."""
