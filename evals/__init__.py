"""Measure the product: data sets, scorers, statistics, reports."""
