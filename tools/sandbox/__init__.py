"""The code that runs inside the sandbox, on the candidate's interpreter, with the standard library alone.

Two processes are always on the stage. The *candidate's side* (`candidate_zygote`, `candidate`) runs the solution. The
*tester's side* (`tester_zygote`, `tester`) runs the tests and decides. They share a socket (`wire`), a way to write
values (`values`, `numeric`) and the conversation on it (`peer`); to the tester (`session`), the solution's names are
`proxies`. The parent of the tester's process keeps the time (`tester_zygote`), the tester takes the tests (`examiner`).
Nothing here may import the rest of the package: inside the sandbox, the rest of the package does not exist.
"""
