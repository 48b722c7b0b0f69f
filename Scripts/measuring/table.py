"""Rows of figures: printed as they come, and as a table at the end."""
import os, platform


class Table:
    def __init__(self):
        self.rows = []
        print(Table.machine(), flush=True)

    @staticmethod
    def machine():
        return "%s, %d cores, load average %s" % (platform.platform(), os.cpu_count(), " ".join("%.1f" % x for x in os.getloadavg()))

    def row(self, what, value, unit, target=None, note="", least=False, decimals=0):
        """One figure; target is the most it may be, or with `least` the least."""
        shown = "%s %s%s" % ("{:,.{d}f}".format(value, d=decimals), unit, note)
        wanted = "" if target is None else "%s %s %s" % (">=" if least else "<=", "{:,}".format(target), unit)
        missed = target is not None and (value < target if least else value > target)
        self.rows.append((what, shown, wanted, "missed" if missed else ""))
        print("  %-72s %-46s %-14s %s" % self.rows[-1], flush=True)

    def show(self):
        print("\n%s\n\n| what | measured | target | |\n|---|---|---|---|" % Table.machine())
        for cells in self.rows:
            print("| %s | %s | %s | %s |" % cells)
