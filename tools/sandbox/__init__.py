"""Run inside the sandbox, on the candidate's interpreter, with the standard library alone.

Two processes work together. The one in `candidate/` runs the solution. The one in `tester/` runs the tests and decides
their verdicts. Both use `shared/`: frames on a socket (`wire`), the encoding of values (`values`, `numeric`) and the
protocol of requests and callbacks (`peer`). In the tester's process (`session`), the solution's objects are `proxies`.
The tester's zygote enforces the time limits (`tester_zygote`); a fork of it takes one candidate through its tests
(`examiner`). Nothing here may import the rest of the package: inside the sandbox, the rest does not exist.
"""
