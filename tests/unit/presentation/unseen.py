"""Every kind of character that nobody sees."""

UNSEEN = (
    *map(chr, [*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD]),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    *"\u200b\u200c\u200d\u200e\u200f\u061c\ufeff\u2028\u2029\u2060\ud800\udfff",
    *map(chr, [0xE0000, 0xE0001, 0xE0020, 0xE0041, 0xE007F]),
)
