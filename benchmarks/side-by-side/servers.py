"""Processes that prepare one row and then time one repetition each time they are told."""

import json
import subprocess
import threading

READY_SECONDS = 900
REPETITION_SECONDS = 300


class ServerError(Exception):
    """A side that cannot take part in a row, with the reason."""


class Server:
    """One side of a row: ours, PyTorch, or ONNX Runtime."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = log
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, "w"), text=True)
        except OSError as error:
            raise ServerError(f"not installed ({error.strerror})") from error
        try:
            self.ready = self.receive(READY_SECONDS)
        except ServerError:
            self.stop()
            raise

    def measure(self):
        """One repetition: its answer, with the milliseconds of one run."""
        try:
            self.process.stdin.write("run\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise ServerError(self.reason()) from None
        return self.receive(REPETITION_SECONDS)

    def stop(self):
        """Ends the process."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended by itself
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def receive(self, seconds):
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if line.startswith("{"):
                    return json.loads(line)
        finally:
            timer.cancel()
        raise ServerError(self.reason())

    def reason(self):
        """Why the process ended: the last line of what it complained about."""
        code = self.process.wait()
        with open(self.log) as log:
            lines = [line.strip() for line in log if line.strip()]
        if code == -9:
            return "killed: out of memory or time"
        return lines[-1][:160] if lines else f"ended with code {code}"
