"""App configuration of the products stage."""

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """产品."""

    name = "baozhen.insurance.products"
    label = "products"
    verbose_name = "产品"
