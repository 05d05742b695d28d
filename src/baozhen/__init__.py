"""Baozhen 保真: the open platform for electronic insurance policies."""
