"""How the benchmarks print what they measured."""


def quantile(values, which):
    return sorted(values)[min(len(values) - 1, int(which * len(values)))]


def show(what, values):
    p50, p99 = quantile(values, 0.5), quantile(values, 0.99)
    print(f"{what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, n = {len(values)}", flush=True)
