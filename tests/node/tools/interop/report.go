package main

import (
	"fmt"
	"log"
	"slices"
	"strings"
	"time"
)

// testCase is run on each target. It returns what was seen, which must be the same on both, and an error where something is wrong
// on that target by itself.
type testCase struct {
	name string // group/case
	run  func(*target) (seen []string, err error)
}

// result is one case in the report.
type result struct {
	Case     string
	Failures []string // by target, what is wrong by itself
	Only     []string // lines that one target alone has shown, or shown elsewhere
	Notes    []string // differences that are allowed
}

const notePrefix = "note: " // of a line that may differ

func compare(direct, through string, prefixes []string) []result {
	server := dial(direct)
	targets := []*target{
		{name: "direct", conn: dial(direct), server: server},
		{name: "through", conn: dial(through), server: server},
	}
	for _, target := range targets {
		if err := target.waitConnected(); err != nil {
			log.Fatalf("%s: %v", target.name, err)
		}
	}
	var report []result
	for _, one := range allCases() {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(one.name, prefix) }) {
			began := time.Now()
			report = append(report, runOnBoth(one, targets))
			log.Printf("%s took %v", one.name, time.Since(began))
		}
	}
	return report
}

func runOnBoth(one testCase, targets []*target) result {
	found := result{Case: one.name, Failures: []string{}, Only: []string{}, Notes: []string{}}
	var seen [2][]string
	for number, target := range targets {
		lines, err := one.run(target)
		if err != nil {
			found.Failures = append(found.Failures, fmt.Sprintf("%s: %v", target.name, err))
		}
		for _, line := range lines {
			if strings.HasPrefix(line, notePrefix) {
				found.Notes = append(found.Notes, target.name+": "+strings.TrimPrefix(line, notePrefix))
			} else {
				seen[number] = append(seen[number], line)
			}
		}
	}
	if len(found.Failures) == 0 {
		found.Only = differences(seen[0], seen[1])
	}
	return found
}

// differences are the lines that only one side has, or both in full where only their order differs.
func differences(direct, through []string) []string {
	only := []string{}
	for _, line := range without(direct, through) {
		only = append(only, "direct: "+line)
	}
	for _, line := range without(through, direct) {
		only = append(only, "through: "+line)
	}
	if len(only) == 0 && !slices.Equal(direct, through) {
		return []string{"another order: " + strings.Join(direct, " | ") + " / " + strings.Join(through, " | ")}
	}
	return only
}

// without returns what is left of `lines` when each of `others` has taken away one of its like.
func without(lines, others []string) []string {
	left := slices.Clone(lines)
	for _, other := range others {
		if at := slices.Index(left, other); at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
	}
	return left
}
