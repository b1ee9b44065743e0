"""The table that hack/bench prints: each figure beside its floor and its goal."""


class Row:
    def __init__(self, what, figure, floor, goal, met, note=""):
        self.cells = [what, figure, floor, goal, "yes" if met else "MISSED"]
        self.note = note


class Table:
    _HEAD = ["what", "figure", "floor", "goal", "met"]

    def __init__(self):
        self._rows = []

    def add(self, row):
        self._rows.append(row)
        print(f"  {row.cells[0]}: {row.cells[1]} (floor {row.cells[2]}, goal {row.cells[3]}): {row.cells[4]}", flush=True)

    def text(self):
        lines = [self._HEAD] + [row.cells for row in self._rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self._HEAD))]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
        text.insert(1, "  ".join("-" * width for width in widths))
        notes = [f"{row.cells[0]}: {row.note}" for row in self._rows if row.note]
        return "\n".join(text + ([""] + notes if notes else []))

    def missed(self):
        return sum(row.cells[4] == "MISSED" for row in self._rows)


def milliseconds(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def mebibytes(kilobytes):
    return f"{kilobytes / 1024:.1f} MiB"
