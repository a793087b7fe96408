"""From the records of bench runs to a report: measures, intervals, comparisons."""
