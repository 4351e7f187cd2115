"""A process of somebody else's that uses h5py on the served files; run as a program it obeys lines on its input."""

import subprocess
import sys
import time


class Foreign:
    """Drives such a process."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command, *arguments):
        """Sends a command; its one line of answer, `ok` where all went well."""
        print(command, *arguments, sep="\t", file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def open(self, path, mode):
        return self.ask("open", path, mode)

    def close(self):
        return self.ask("close")

    def write(self, name, value):
        return self.ask("write", name, value)

    def kill(self):
        self.process.kill()
        self.end()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def rewrite(path, rounds):
    """Writes generation after generation into every dataset of a file, each under its own lock; how often it was in."""
    import h5py

    done = 0
    while done < rounds:
        try:
            file = h5py.File(path, "r+")
        except BlockingIOError:
            continue
        with file:
            done += 1
            for dataset in file.values():
                dataset[...] = done
            file.attrs["generation"] = done
    return done


def contend(path, seconds):
    """Writes numbers into every dataset of a file that others want as much, again and again; how often it was in."""
    import h5py

    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            file = h5py.File(path, "r+", locking=True)
        except BlockingIOError:
            time.sleep(0.0005)
            continue
        with file:
            done += 1
            for dataset in file.values():
                dataset[...] = done
        time.sleep(0.002)
    return done


def main():
    import h5py

    file = None
    for line in sys.stdin:
        command, *arguments = line.rstrip("\n").split("\t")
        answer = "ok"
        try:
            if command == "open":
                file = h5py.File(arguments[0], arguments[1], locking=True)
            elif command == "swmr":
                file = h5py.File(arguments[0], "r+", libver="latest")
                file.swmr_mode = True
            elif command == "write":
                file[arguments[0]][...] = int(arguments[1])
            elif command == "flush":
                file.flush()
            elif command == "close":
                file.close()
            elif command == "contend":
                answer = str(contend(arguments[0], float(arguments[1])))
            elif command == "rewrite":
                answer = str(rewrite(arguments[0], int(arguments[1])))
        except BlockingIOError:
            answer = "refused"
        except Exception as error:  # noqa: BLE001, told to the test
            answer = f"{type(error).__name__}: {error}".replace("\n", " ")
        print(answer, flush=True)


if __name__ == "__main__":
    main()
