#!/usr/bin/python3 -I
"""model.py - many hosts behind a front end, simulated.

usage: model.py [OPTION]... RATE...

Simulates calls that come at random, RATE a second, to a front end that gives
them to hosts in turns, and prints a line for each RATE: how busy processors
and slots are, what share of the calls is answered 503 at the end (refused),
gets no answer at all (lost) or one after a try at another host (moved), and
the milliseconds until the answer, median and the one in a hundred.

A host has --slots scripts at once, as sipcgi-each -c. A script first computes,
on one of the host's processors when its turn comes, then waits. A datagram
that finds no slot gets a 503, and a request on a kept connection waits; a
script that takes 200 ms is announced by a 100. The front end is that of
examples/front/kamailio: it tries the next host after a 503, when a host is not
there, and when nothing came for --patience, its fr_timer. It asks each host
every --probe seconds, gives it no calls after two probes without an answer,
and calls again after one with. --hang is a host that does nothing in that time
and goes on then, --dead one that is not there.

  --hosts=N --slots=N --cores=N     1, 64 and 2
  --service=FILE|MS     what a script takes, one for each line, in milliseconds:
                        drawn at random from the file; or each that long (50)
  --cpu=MS              how much of that is computing, on average (all)
  --kept                kept connections in place of datagrams
  --patience=S --probe=S            1 and 1
  --hang=FROM:TO --dead=FROM:TO     the first host, in seconds from the start
  --calls=N             how many calls (20000)
  --arrivals=FILE       the seconds at which they come, in place of RATE
  --seed=N              the same figures for the same seed (1)
"""

from __future__ import annotations

import argparse
import collections
import heapq
import itertools
import random
import sys

TRYING = 0.2        # seconds until sipcgi-each says 100
FINAL = 30          # from there to the final answer: fr_inv_timer
HEADING = f"""{'calls/s':>8} {'hosts':>5} {'cpu':>5} {'slots':>5} \
{'refused':>8} {'lost':>7} {'moved':>7} {'ms':>7} {'99 %':>7}"""


class Clock:
    """What happens, in the order of time."""

    def __init__(self):
        self.now = 0.0
        self.events = []
        self.order = itertools.count()

    def after(self, seconds, action, *values):
        heapq.heappush(self.events, (self.now + seconds, next(self.order),
                                     action, values))

    def run(self):
        while self.events:
            self.now, _, action, values = heapq.heappop(self.events)
            action(*values)


class Host:
    def __init__(self, clock, options, hang=None, dead=None):
        self.clock, self.kept = clock, options.kept
        self.slots, self.cores = options.slots, options.cores
        self.hang, self.dead = hang, dead
        self.waiting = collections.deque()      # for a slot
        self.ready = collections.deque()        # for a processor
        self.slot_seconds = self.cpu_seconds = 0.0
        self.missed, self.out = 0, False        # probes, and what they say

    def is_in(self, span):
        return span is not None and span[0] <= self.clock.now < span[1]

    def take(self, call, compute, wait):
        """False: there is nobody; else the answer comes, or none does."""
        if self.is_in(self.dead):
            return False
        if self.is_in(self.hang):
            self.clock.after(self.hang[1] - self.clock.now, self.admit, call,
                             compute, wait)
        else:
            self.admit(call, compute, wait)
        return True

    def admit(self, *job):
        if self.slots > 0:
            self.start(*job)
        elif self.kept:
            self.waiting.append(job)
        else:
            job[0].answer(self, 503)

    def start(self, call, compute, wait):
        self.slots -= 1
        self.clock.after(TRYING, self.trying, call)
        self.ready.append((call, compute, wait, self.clock.now))
        self.schedule()

    def trying(self, call):
        if not self.is_in(self.hang) and not self.is_in(self.dead):
            call.provisional(self)

    def schedule(self):
        while self.ready and self.cores > 0:
            self.cores -= 1
            job = self.ready.popleft()
            self.cpu_seconds += job[1]
            self.clock.after(job[1], self.computed, *job)

    def computed(self, call, _, wait, began):
        self.cores += 1
        self.schedule()
        self.clock.after(wait, self.done, call, began)

    def done(self, call, began):
        if self.is_in(self.hang):
            self.clock.after(self.hang[1] - self.clock.now, self.done, call,
                             began)
            return
        self.slots += 1
        self.slot_seconds += self.clock.now - began
        if not (self.dead and began < self.dead[1] and
                self.clock.now >= self.dead[0]):
            call.answer(self, 200)
        if self.waiting:
            self.start(*self.waiting.popleft())


class Call:
    """One call at the front end, which tries the hosts in their order."""

    def __init__(self, front, place):
        self.front, self.clock = front, front.clock
        hosts = front.hosts
        self.order = [hosts[(place + i) % len(hosts)]
                      for i in range(len(hosts))]
        self.tries = self.heard = self.status = 0
        self.began = self.clock.now
        self.job = front.draw()
        self.try_next(0)

    def try_next(self, status):
        """status: what the caller gets where no host is left."""
        untried = self.order[self.tries:]
        up = [host for host in untried if not host.out]
        if not up:
            return self.finish(status)
        self.order.remove(up[0])
        self.order.insert(self.tries, up[0])
        self.tries += 1
        if up[0].take(self, *self.job):
            self.clock.after(self.front.patience, self.expire, self.tries)
        else:
            self.try_next(0)

    def expire(self, tries):
        """Nothing came from the last one. It may still: the first answer
        counts."""
        if self.status == 0 and tries == self.tries and self.heard != tries:
            self.try_next(0)

    def provisional(self, host):
        if host is self.order[self.tries - 1]:
            self.heard = self.tries
            self.clock.after(FINAL, self.give_up, self.tries)

    def give_up(self, tries):
        if self.status == 0 and tries == self.tries:
            self.try_next(0)

    def answer(self, host, status):
        if self.status != 0:
            return
        if status != 503:
            self.finish(status)
        elif host is self.order[self.tries - 1]:
            self.try_next(503)

    def finish(self, status):
        if self.status == 0:
            self.status = status or 408
            self.took = self.clock.now - self.began


class Front:
    def __init__(self, options, arrivals):
        self.clock = Clock()
        self.random = random.Random(options.seed)
        self.patience, self.probe = options.patience, options.probe
        self.services = options.service
        self.share = min(1, options.cpu * len(self.services) /
                         sum(self.services)) if options.cpu is not None else 1
        self.hosts = [Host(self.clock, options, options.hang, options.dead)]
        self.hosts += [Host(self.clock, options)
                       for _ in range(options.hosts - 1)]
        self.calls = []
        for place, at in enumerate(arrivals):
            self.clock.after(at, self.arrive, place)
        self.last = arrivals[-1]
        if options.hang or options.dead:
            self.ask(self.hosts[0])

    def draw(self):
        """Seconds of computing and of waiting."""
        service = self.random.choice(self.services) / 1000
        return service * self.share, service * (1 - self.share)

    def ask(self, host):
        """One probe, and the next."""
        if host.is_in(host.hang) or host.is_in(host.dead):
            self.clock.after(self.patience if host.is_in(host.hang) else 0,
                             self.miss, host)
        else:
            host.missed, host.out = 0, False
        if self.clock.now < self.last:
            self.clock.after(self.probe, self.ask, host)

    def miss(self, host):
        host.missed += 1
        host.out = host.missed >= 2

    def arrive(self, place):
        self.calls.append(Call(self, place))


def simulate(options, arrivals):
    """Prints the line of one simulation."""
    front = Front(options, arrivals)
    front.clock.run()
    calls, span = front.calls, max(arrivals[-1] - arrivals[0], 1e-9)

    def share(matches):
        return sum(map(matches, calls)) / len(calls)

    def busy(seconds, places):
        return min(1, seconds / span / places / options.hosts)

    took = sorted(call.took * 1000 for call in calls if call.status == 200)
    median, last = (took[int(len(took) * part)] if took else 0
                    for part in (0.5, 0.99))
    print(f"{len(calls) / span:8.1f} {options.hosts:5} "
          f"{busy(sum(h.cpu_seconds for h in front.hosts), options.cores):5.2f} "
          f"{busy(sum(h.slot_seconds for h in front.hosts), options.slots):5.2f} "
          f"{share(lambda c: c.status == 503):8.4f} "
          f"{share(lambda c: c.status == 408):7.4f} "
          f"{share(lambda c: c.status == 200 and c.tries > 1):7.4f} "
          f"{median:7.0f} {last:7.0f}")


def span(text):
    begin, end = map(float, text.split(":"))
    return begin, end


def services(text):
    """Those of a file, or one."""
    try:
        return [float(text)]
    except ValueError:
        return numbers(text)


def numbers(path):
    with open(path, encoding="ascii") as file:
        return [float(line) for line in file]


def parse():
    parser = argparse.ArgumentParser(usage=(__doc__ or "").strip())
    for name, kind, default in (
            ("hosts", int, 1), ("slots", int, 64), ("cores", int, 2),
            ("service", services, [50.0]), ("cpu", float, None),
            ("patience", float, 1), ("probe", float, 1), ("hang", span, None),
            ("dead", span, None), ("calls", int, 20000),
            ("arrivals", numbers, None), ("seed", int, 1)):
        parser.add_argument("--" + name, type=kind, default=default)
    parser.add_argument("--kept", action="store_true")
    parser.add_argument("--no-heading", action="store_true")
    parser.add_argument("rate", type=float, nargs="*")
    return parser.parse_args()


def main():
    options = parse()
    if not options.no_heading:
        print(HEADING)
    if options.arrivals:
        return simulate(options, sorted(options.arrivals))
    if not options.rate:
        sys.exit((__doc__ or "").strip())
    for rate in options.rate:
        source, at, arrivals = random.Random(options.seed), 0.0, []
        for _ in range(options.calls):
            at += source.expovariate(rate)
            arrivals.append(at)
        simulate(options, arrivals)


main()
