"""Addresses of the staff pages for: figures and charging."""

from django.urls import URLPattern, path

from baozhen.faces.console.statistics import charging, charts, journey, prices, usage

URLS: list[URLPattern] = [
    path("statistics", charts.statistics, name="statistics"),
    path("statistics/export.<str:kind>", charts.export, name="statistics_export"),
    path("statistics/journey", journey.journey, name="journey_statistics"),
    path("statistics/journey/export.<str:kind>", journey.export, name="journey_export"),
    path("charging", charging.statements, name="charging"),
    path("charging/prices", prices.prices, name="prices"),
    path("charging/prices/new", prices.new_price, name="price_new"),
    path("charging/prices/<int:key>", prices.price, name="price"),
    path("charging/prices/<int:key>/end", prices.finish_price, name="price_end"),
    path("charging/usage", usage.usage, name="usage"),
    path("charging/usage/export.csv", usage.export, name="usage_export"),
    path("charging/clear", charging.clear, name="charging_clear"),
    path("charging/<int:key>", charging.statement, name="statement"),
    path("charging/<int:key>/confirm", charging.confirm, name="statement_confirm"),
    path("charging/<int:key>/recount", charging.recount, name="statement_recount"),
    path("charging/<int:key>/lock", charging.lock, name="statement_lock"),
    path("charging/<int:key>/export.csv", charging.export, name="statement_export"),
]
