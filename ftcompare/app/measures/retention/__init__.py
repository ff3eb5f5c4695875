"""Benchmark tasks before and after fine-tuning."""
