"""What is measured. Each case is a function of (Bench, System) to a Sample."""

import dataclasses
import statistics
import typing

from tests.bench import fill, load, proc
from tests.bench.content import MANIFEST_TYPE, TAG
from tests.bench.errors import Failed
from tests.bench.figures import Sample
from tests.bench.system import Role

_MIB = 1 << 20
_WARM_SAMPLES = 20
_SLOW_CLIENTS = 100
_SLOW_BYTES_PER_S = 2 * _MIB


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    unit: str
    higher_is_better: bool
    role: Role  # Systems without it are not asked.
    measure: typing.Callable


def _sample(watch, value, **extras):
    usage = watch.usage
    return Sample(
        value, extras, usage.peak_rss_bytes / _MIB, usage.threads, usage.cpu_s
    )


def _blob_hit(clients):
    def measure(bench, system):
        blob = bench.hit
        url = system.blob_url(blob.digest)
        bench.verify(system, url, blob.digest)
        mark = bench.upstream.mark()
        with bench.watch(system) as watch:
            seconds = load.download(url, clients, blob.size)
        bench.expect_hit(system, mark, blob.digest)
        return _sample(watch, clients * blob.size / seconds / 1e6)

    plural = "client" if clients == 1 else "clients"
    title = f"large blob hit, {clients} {plural}"
    return Case(
        f"blob-hit-{clients}", title, "MB/s", True, Role.HIT, measure
    )


def _requests(name, title, connections, pick):
    """`pick` tells (url, digest, accept) of the content to ask for."""

    def measure(bench, system):
        url, digest, accept = pick(bench, system)
        bench.verify(system, url, digest, accept)
        mark = bench.upstream.mark()
        with bench.watch(system) as watch:
            rate, latencies = load.requests(
                url, connections, bench.scale.wrk_s, accept
            )
        bench.expect_hit(system, mark, digest)
        return _sample(watch, rate, **latencies)

    plural = "connection" if connections == 1 else "connections"
    title = f"{title}, {connections} {plural}"
    return Case(
        f"{name}-{connections}", title, "req/s", True, Role.HIT, measure
    )


def _by_tag(bench, system):
    return system.manifest_url(TAG), bench.manifest.digest, MANIFEST_TYPE


def _by_digest(bench, system):
    digest = bench.manifest.digest
    return system.manifest_url(digest), digest, MANIFEST_TYPE


def _small_blob(bench, system):
    return system.blob_url(bench.small.digest), bench.small.digest, "*/*"


def _cold(clients):
    def measure(bench, system):
        bench.verify_cold(system)
        blob = bench.blob(
            f"cold-{clients}-{bench.round}", bench.scale.cold_bytes
        )
        bench.calm(system)
        mark = bench.upstream.mark()
        with bench.watch(system) as watch:
            seconds = load.download(
                system.blob_url(blob.digest), clients, blob.size
            )
        bench.settle(system)
        gets = bench.upstream.requests_since(mark, "GET", blob.digest)
        extras = {"wall_s": seconds}
        if Role.STORE in system.roles:
            extras["upstream_gets"] = gets
        rate = clients * blob.size / seconds / 1e6
        return _sample(watch, rate, **extras)

    plural = "client" if clients == 1 else "clients at once"
    title = f"cold layer, {clients} {plural}"
    return Case(f"cold-{clients}", title, "MB/s", True, Role.COLD, measure)


def _other_tenant(bench, system):
    """Both tenants' upstreams have the same URL and no credentials."""
    bench.verify_cold(system)
    tag, layer = bench.image(f"shared-{bench.round}", bench.scale.cold_bytes)
    load.digest(system.manifest_url(tag), MANIFEST_TYPE)
    load.download(system.blob_url(layer.digest), 1, layer.size)
    bench.calm(system)
    load.digest(system.manifest_url(tag, tenant=1), MANIFEST_TYPE)
    mark = bench.upstream.mark()
    with bench.watch(system) as watch:
        url = system.blob_url(layer.digest, tenant=1)
        seconds = load.download(url, 1, layer.size)
    gets = bench.upstream.requests_since(mark, "GET", layer.digest)
    return _sample(watch, layer.size / seconds / 1e6, upstream_gets=gets)


def _first_byte(bench, system, blobs, read_on):
    """A cold layer is read to its end: what an early leaver leaves behind would
    disturb the next one."""
    urls = [system.blob_url(blob.digest) for blob in blobs]
    with bench.watch(system) as watch:
        times_ms = [1000 * load.first_byte_s(url, read_on) for url in urls]
    return _sample(
        watch, statistics.median(times_ms), worst_ms=max(times_ms)
    )


def _first_byte_cold(bench, system):
    bench.verify_cold(system)
    scale = bench.scale
    blobs = [
        bench.blob(f"first-byte-{bench.round}-{i}", scale.first_byte_bytes)
        for i in range(scale.first_byte_samples)
    ]
    bench.calm(system)
    return _first_byte(bench, system, blobs, read_on=True)


def _first_byte_warm(bench, system):
    blob = bench.hit
    bench.verify(system, system.blob_url(blob.digest), blob.digest)
    return _first_byte(bench, system, [blob] * _WARM_SAMPLES, read_on=False)


def _write_cost(bench, system):
    bench.verify_cold(system)
    blob = bench.blob(f"write-cost-{bench.round}", bench.scale.cold_bytes)
    bench.calm(system)
    pids = system.pids()
    written = -proc.written_bytes(pids)
    stored = -system.stored_bytes()
    with bench.watch(system) as watch:
        load.download(system.blob_url(blob.digest), 1, blob.size)
    bench.calm(system)
    written += proc.written_bytes(pids)
    stored += system.stored_bytes()
    if written < blob.size / 2:
        raise Failed(f"{written} bytes written for {blob.size}: not on a disk")
    return _sample(
        watch, written / blob.size, disk_space_ratio=stored / blob.size
    )


def _slow_clients(bench, system):
    blob = bench.slow()
    url = system.blob_url(blob.digest)
    bench.verify(system, url, blob.digest)
    with bench.watch(system) as watch:
        load.download_slowly(
            url, _SLOW_CLIENTS, _SLOW_BYTES_PER_S, bench.scale.slow_s
        )
    rss = watch.rss_samples_bytes
    growth = (max(rss[len(rss) // 2 :]) - rss[len(rss) // 2]) / _MIB
    sample = _sample(watch, 0, growth_mib=growth)
    sample.value = sample.peak_rss_mib
    return sample


def _start(bench, system):
    fill.fill(bench, system, bench.scale.start_blobs)
    bench.calm(system)
    seconds = system.restart()
    with bench.watch(system) as watch:
        load.first_byte_s(system.blob_url(fill.digest_of(0)), True)
    return _sample(watch, seconds, blobs=bench.scale.start_blobs)


CASES = (
    *(_blob_hit(clients) for clients in (1, 4, 16)),
    *(
        _requests("manifest-tag", "manifest hit by tag", n, _by_tag)
        for n in (1, 16, 256)
    ),
    *(
        _requests("manifest-digest", "manifest hit by digest", n, _by_digest)
        for n in (1, 16, 256)
    ),
    _requests("small-blob", "4 KiB blob hit", 16, _small_blob),
    *(_cold(clients) for clients in (1, 50)),
    Case(
        "cold-other-tenant",
        "first pull of a public layer that another tenant has",
        "MB/s",
        True,
        Role.TENANTS,
        _other_tenant,
    ),
    Case(
        "first-byte-cold",
        "first byte of a cold layer",
        "ms",
        False,
        Role.COLD,
        _first_byte_cold,
    ),
    Case(
        "first-byte-warm",
        "first byte of the large blob, warm",
        "ms",
        False,
        Role.HIT,
        _first_byte_warm,
    ),
    Case(
        "write-cost",
        "bytes written / bytes stored",
        "x",
        False,
        Role.STORE,
        _write_cost,
    ),
    Case(
        "slow-clients",
        f"peak memory, {_SLOW_CLIENTS} slow clients on the large blob",
        "MiB",
        False,
        Role.HIT,
        _slow_clients,
    ),
    Case(
        "start",
        "start with many stored blobs",
        "s",
        False,
        Role.START,
        _start,
    ),
)
