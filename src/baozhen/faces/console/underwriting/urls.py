"""Addresses of the staff pages for: underwriting."""

from django.urls import URLPattern, path

from baozhen.faces.console.underwriting import deciding, queue

URLS: list[URLPattern] = [
    path("referrals", queue.referrals, name="referrals"),
    path("referrals/<int:key>", queue.referral, name="referral"),
    path("referrals/<int:key>/accept", deciding.accept, name="referral_accept"),
    path("referrals/<int:key>/decline", deciding.decline, name="referral_decline"),
    path("referrals/<int:key>/offer", deciding.offer, name="referral_offer"),
]
