"""`make chaos`: everything is killed, again and again, under load; then the books must agree."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from chaos.crowd import Crowd
from chaos.house import VICTIMS, House
from chaos.verdict import Verdict, judge

from rig.children import RigError


async def storm(house: House, kills: int, rate_per_s: float, seed: int) -> tuple[Verdict, Crowd]:
    """Load, kills in turn, rest, verdict."""
    rng = random.Random(seed)
    crowd, over = Crowd(house, rate_per_s, seed), asyncio.Event()
    paying = asyncio.create_task(crowd.run(over))
    await asyncio.sleep(2.0)
    for number in range(kills):
        victim = VICTIMS[number % len(VICTIMS)]
        house.kill(victim)
        down_s = rng.uniform(0.1, 1.5)
        await asyncio.sleep(down_s)
        begun_s = time.monotonic()
        await asyncio.to_thread(house.start_again, victim)
        print(
            f"  {number + 1:3} of {kills}: kill -9 {victim}, back after {down_s + time.monotonic() - begun_s:.1f} s", flush=True
        )
        await asyncio.sleep(rng.uniform(0.5, 2.0))
    over.set()
    await paying
    return await judge(house, crowd), crowd


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=36)
    parser.add_argument("--rate", type=float, default=6.0, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unionhub-chaos-") as folder:
        house = House(Path(folder), print)
        try:
            house.open()
            verdict, crowd = asyncio.run(storm(house, chosen.kills, chosen.rate, chosen.seed))
        except RigError as error:
            print(f"chaos: {error}", file=sys.stderr)
            return 2
        finally:
            house.close()
    _report(verdict, crowd, chosen.kills)
    return 0 if verdict.right else 1


def _report(verdict: Verdict, crowd: Crowd, kills: int) -> None:
    answers = Counter(told.final or "none" for told in crowd.told)
    kinds = Counter(told.message for told in crowd.told)
    print(f"\n{kills} processes killed; {len(crowd.told)} messages that move money, each repeated until it was answered")
    print(f"  asked:   {dict(kinds)}")
    print(f"  heard:   {dict(answers)}; on the way: {dict(crowd.errors)}")
    buyers = crowd.buyers
    shops = Counter(bought.final or "none" for bought in buyers.bought)
    confirmed = sum(bought.confirmed for bought in buyers.bought)
    print(
        f"  orders:  {len(buyers.bought)}, {confirmed} forms confirmed, their shops heard {dict(shops)}; {dict(buyers.errors)}"
    )
    print(f"  records: {verdict.payments} payments, {verdict.states}; orders {verdict.orders}")
    print(
        f"  lost {len(verdict.lost)}, twice {len(verdict.twice)}, stuck {len(verdict.stuck)}, findings {len(verdict.findings)}"
    )
    for line in (*verdict.lost[:5], *verdict.twice[:5], *verdict.stuck[:5]):
        print(f"    {line}")
    for line in verdict.findings[:10]:
        print(f"    {line}")


if __name__ == "__main__":
    sys.exit(main())
