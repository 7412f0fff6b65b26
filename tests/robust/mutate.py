"""Break the bytes of videos in the ways in which files break, or are broken on purpose."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Random = np.random.Generator
Mutation = Callable[[bytearray, bytes, Random], bytearray]

# Where sizes stand in front of (boxes of MP4) or behind (EBML, RIFF) a name.
BOXES = re.compile(rb"ftyp|moov|mdat|trak|mdia|minf|stbl|stsd|stts|stsz|stco|stsc|ctts|elst|avc1|hvc1|avcC|hvcC")
CHUNKS = re.compile(rb"RIFF|LIST|hdrl|strf|movi|00dc|idx1|JUNK|VP8X|ANMF|ALPH|VP8 ")
ELEMENTS = re.compile(rb"\x1aE\xdf\xa3|\x18S\x80g|\x15I\xa9f|\x16T\xaek|\x1fC\xb6u|\xa3|\xae")
# Tables of times and the fields that hold them.
TIMES = re.compile(rb"stts|ctts|elst|mdhd|mvhd|tkhd|stss|\xe7|\x2a\xd7\xb1|\x44\x89|\x00\x00\x01\xe0")
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
SIDES = (0, 1, 7, 8191, 16384, 30000, 65535)
HEAD = 2048


def truncated(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Cut the end off, often nearly all."""
    return data[: int(len(data) * random.random() ** random.integers(1, 4))]


def few_bits(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Flip one to eight bits."""
    return _flip(data, random, int(random.integers(1, 9)), len(data))


def many_bits(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Flip one bit in a hundred bytes, or in ten."""
    return _flip(data, random, len(data) // int(random.choice([10, 100])) + 1, len(data))


def bits_of_the_head(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Flip bits where containers describe themselves."""
    return _flip(data, random, int(random.integers(1, 17)), HEAD)


def swapped_heads(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Put another file's head, often of another container, over or before the rest."""
    size = int(random.integers(4, HEAD))
    return bytearray(other[:size]) + data[size if random.random() < 0.5 else 0 :]


def joined(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Join the beginning of one file and the end of another."""
    return data[: random.integers(len(data) + 1)] + bytearray(other[random.integers(len(other)) :])


def inflated_sizes(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Let boxes, chunks and elements claim to be larger, or smaller, than they are."""
    for found in _some(BOXES, data, random):
        if found.start() >= 4:
            data[found.start() - 4 : found.start()] = _extreme(random).to_bytes(4, "big")
    for found in _some(CHUNKS, data, random):
        data[found.end() : found.end() + 4] = _extreme(random).to_bytes(4, "little")
    for found in _some(ELEMENTS, data, random):
        data[found.end() : found.end() + 8] = b"\x01" + random.bytes(7)
    return data


def inflated_pictures(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Write other sides of the picture wherever the true ones seem to stand."""
    for side in (64, 48, 0x40 - 1, 0x30 - 1):
        for form in (side.to_bytes(2, "big"), side.to_bytes(2, "little"), bytes([0xB0, 0x81, side])):
            new = int(random.choice(SIDES)).to_bytes(2, "big" if form[0] == 0 else "little")
            for found in _some(re.compile(re.escape(form)), data, random):
                data[found.end() - 2 : found.end()] = new
    return data


def repeated(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Repeat a piece, a few times or many."""
    start, end = _piece(data, random)
    times = int(random.choice([1, 2, 50])) if end - start < HEAD else 1
    return data[:end] + data[start:end] * times + data[end:]


def removed(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Take a piece out."""
    start, end = _piece(data, random)
    return data[:start] + data[end:]


def overwritten(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Write zeros, ones or noise over a piece."""
    start, end = _piece(data, random)
    noise = (bytes(end - start), b"\xff" * (end - start), random.bytes(end - start))
    data[start:end] = noise[random.integers(3)]
    return data


def scrambled_times(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Write nonsense behind the names of time stamps, durations and rates."""
    for found in _some(TIMES, data, random):
        start = found.end() + 4 * int(random.integers(6))
        data[start : start + 4] = _extreme(random).to_bytes(4, "big")
    return data


def extreme_numbers(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Write numbers at the edge of what fits, anywhere in the head."""
    for _ in range(int(random.integers(1, 5))):
        start = int(random.integers(min(len(data), HEAD)))
        data[start : start + 4] = _extreme(random).to_bytes(4, "big" if random.random() < 0.5 else "little")
    return data


def shuffled(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Put blocks into another order, as a broken download may."""
    size = int(random.choice([64, 512, 1460]))
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    first = int(random.integers(len(blocks)))
    order = [*range(first), *(first + random.permutation(len(blocks) - first)).tolist()]
    return bytearray(b"".join(blocks[number] for number in order))


MUTATIONS: tuple[Mutation, ...] = (
    *(truncated, few_bits, many_bits, bits_of_the_head, swapped_heads, joined, inflated_sizes, inflated_pictures),
    *(repeated, removed, overwritten, scrambled_times, extreme_numbers, shuffled),
)


def mutations(seeds: Mapping[str, bytes], count: int, seed: int) -> Sequence[tuple[str, bytes]]:
    """Break videos, each file by one to three mutations.

    Args:
        seeds: Valid videos by file name.
        count: How many broken ones to make.
        seed: Another one breaks them otherwise.

    Returns:
        File names, each with its number, and bytes.
    """
    names, made = sorted(seeds), []
    for number in range(count):
        random = np.random.default_rng([seed, number])
        name = names[number % len(names)]
        data = bytearray(seeds[name])
        kind = ""
        for _ in range(random.choice([1, 1, 2, 3])):
            mutation = MUTATIONS[random.integers(len(MUTATIONS))]
            data = mutation(data or bytearray(1), seeds[names[random.integers(len(names))]], random)
            kind += f"-{mutation.__name__}"
        stem, _, suffix = name.partition(".")
        made.append((f"{number:04d}{kind}-{stem}.{suffix}", bytes(data)))
    return made


def _flip(data: bytearray, random: Random, count: int, end: int) -> bytearray:
    for place in random.integers(min(len(data), end), size=count):
        data[place] ^= 1 << random.integers(8)
    return data


def _some(pattern: re.Pattern[bytes], data: bytearray, random: Random) -> list[re.Match[bytes]]:
    """Give up to three of the places where a pattern is found."""
    found = list(pattern.finditer(bytes(data)))
    chosen = random.permutation(len(found))[: random.integers(1, 4)]
    return [found[number] for number in chosen]


def _piece(data: bytearray, random: Random) -> tuple[int, int]:
    start = int(random.integers(len(data)))
    return start, min(len(data), start + int(len(data) * random.random() ** 3) + 1)


def _extreme(random: Random) -> int:
    return int(random.choice(EXTREMES)) if random.random() < 0.7 else int(random.integers(1 << 32))
