# A program that knows nothing of this library: it writes samples as binary records, each behind its length in two
# bytes, and reads commands in the same way. Standard library only.
import struct
import sys


def read_frame():
    head = sys.stdin.buffer.read(2)
    if len(head) < 2:
        return None
    return sys.stdin.buffer.read(struct.unpack("<H", head)[0])


def write_frame(payload):
    sys.stdout.buffer.write(struct.pack("<H", len(payload)) + payload)


while (frame := read_frame()) is not None:
    first, count = struct.unpack("<IH", frame)
    for number in range(first, first + count):
        write_frame(struct.pack("<Id", number, number**0.5))
    sys.stdout.buffer.flush()
