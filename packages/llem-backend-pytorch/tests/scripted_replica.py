"""A replica process without a model: `python scripted_replica.py SCRIPT PARENT`.

SCRIPT is JSON: what to do when told what, such as `{"generate": "die"}`; anything else is answered
with the order itself. It imports nothing of llem, so that it starts at once.
"""

import json
import os
import signal
import subprocess
import sys


def act(how, order, say):
    match how:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "end":
            sys.stderr.write("first words\nlast words\n\n")
            os._exit(3)
        case "hang":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "babble":
            say("no JSON")
        case "tell":
            for done in (1, 2):
                say(json.dumps({"progress": done}))
            say(json.dumps({"done": None}))
        case "breed":
            child = subprocess.Popen(["sleep", "60"])
            say(json.dumps({"done": child.pid}))
        case {"error": _}:
            say(json.dumps(how))
        case _:
            say(json.dumps({"done": order}))


def main():
    script = json.loads(sys.argv[1])

    def say(line):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    for line in sys.stdin:
        order = json.loads(line)
        act(script.get(order["do"]), order, say)


if __name__ == "__main__":
    main()
