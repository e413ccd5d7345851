"""What the tests with a client that compares share: prints a report and fails where something differs."""

from collections import defaultdict

SHOWN = 600  # letters of a difference; long ones have a hash in them anyway


def check(test, report, at_least):
    """Fails if a case has a difference, or fewer cases have run. Prints first which difference is in how many cases."""
    for case in report:
        for note in case["Notes"]:
            print(f"{case['Case']}: {note}", flush=True)
    cases_of = defaultdict(list)
    for case in report:
        for difference in case["Failures"] + case["Only"]:
            cases_of[difference[:SHOWN]].append(case["Case"])
    same = [case for case in report if not case["Failures"] and not case["Only"]]
    print(f"{test.id()}: {len(same)} of {len(report)} cases are the same through the shim", flush=True)
    for difference, cases in cases_of.items():
        print(f"  {len(cases)} cases, {cases[0]}: {difference}", flush=True)
    test.assertGreaterEqual(len(report), at_least, "all cases have run")
    test.assertEqual(len(report), len(same), "cases that are the same; how the others differ is printed above")
