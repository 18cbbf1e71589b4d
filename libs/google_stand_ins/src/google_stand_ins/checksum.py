"""CRC-32C, by which Google's clients and services tell each other that data came through whole."""

_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The checksum after Castagnoli, bit by bit: slow, and enough for some kilobytes."""
    remainder = _ALL_ONES
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder ^ _ALL_ONES
