"""Ed25519 verification (RFC 8032) with Python's integers alone; what it judges is public, so its time may show it.

It agrees with OpenSSL: no cofactor, S below the group's order, R compared byte by byte.
"""

from hashlib import sha512

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)

Point = tuple[int, int, int, int]
_ZERO: Point = (0, 1, 1, 0)


def point_of(encoded: bytes) -> Point | None:
    """Return the point of 32 canonical bytes in extended coordinates, None where they are no point."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if len(encoded) != 32 or y >= PRIME:
        return None
    above, below = (y * y - 1) % PRIME, (_D * y * y + 1) % PRIME
    x = above * pow(below, 3, PRIME) * pow(above * pow(below, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if below * x * x % PRIME == -above % PRIME:
        x = x * _ROOT_OF_MINUS_ONE % PRIME
    if below * x * x % PRIME != above or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return x, y, 1, x * y % PRIME


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the key made this signature over the message."""
    key, base = point_of(public), point_of(_BASE)
    s = int.from_bytes(signature[32:], "little")
    if key is None or base is None or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (PRIME - key[0], key[1], 1, PRIME - key[3])
    return _encoded(_sum_of_multiples(s, base, k, minus)) == signature[:32]


_BASE = (4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")


def _sum_of_multiples(a: int, p: Point, b: int, q: Point) -> Point:
    """Return a·p + b·q, doubling once for both."""
    steps = {(0, 1): q, (1, 0): p, (1, 1): _added(p, q)}
    total = _ZERO
    for bit in range(max(a.bit_length(), b.bit_length()) - 1, -1, -1):
        total = _doubled(total)
        step = steps.get((a >> bit & 1, b >> bit & 1))
        if step is not None:
            total = _added(total, step)
    return total


def _added(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % PRIME
    b = (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c = 2 * p[3] * q[3] * _D % PRIME
    d = 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _doubled(p: Point) -> Point:
    a, b, c = p[0] * p[0] % PRIME, p[1] * p[1] % PRIME, 2 * p[2] * p[2] % PRIME
    h = a + b
    e, g = h - (p[0] + p[1]) ** 2 % PRIME, a - b
    f = c + g
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _encoded(p: Point) -> bytes:
    inverse = pow(p[2], -1, PRIME)
    x, y = p[0] * inverse % PRIME, p[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")
