"""The child's part of the dialogue, on Deka's wire, with nothing but the standard library."""

import json
import os
import socket
import sys

if os.environ.pop("DEKA_IPC_ENABLED") != "1":
    sys.exit(1)
link = socket.socket(fileno=int(os.environ.pop("DEKA_IPC_FD")))
link.setblocking(True)  # the parent may have left it non-blocking
lines = link.makefile("r", encoding="utf-8", newline="\n")
out = link.makefile("w", encoding="utf-8", newline="\n")


def send(message):
    out.write(json.dumps({"cmd": "NODE_HANDLE", "msg": message}, ensure_ascii=False) + "\n")
    out.flush()


received = 0
in_order = True
for line in lines:
    message = json.loads(line)["msg"]
    if message["kind"] == "item":
        in_order = in_order and message["id"] == received
        received += 1
        send(message)
    elif message["kind"] == "finish":
        send({"kind": "bye", "received": received, "inOrder": in_order})
        if message["by"] == "exit":
            for number in range(5000):
                send({"kind": "last", "id": number})
        if message["by"] != "parent":
            break
sys.exit(7)
