"""How the benchmarks print what they measured."""

import math


def quantile(values, which):
    """By nearest rank: of 100 values p99 is the second largest."""
    return sorted(values)[max(0, math.ceil(which * len(values)) - 1)]


def show(what, values):
    p50, p99 = quantile(values, 0.5), quantile(values, 0.99)
    print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, n = {len(values)}", flush=True)
