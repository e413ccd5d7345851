package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
)

func allCases() []testCase {
	return slices.Concat(metadataCases(), statusCases(), messageCases(), compressionCases(), streamCases(), endCases(),
		pressureCases(), loadCases(), restartCases(), oversizedCases())
}

// plain is a case of one call, which is all compared.
func plain(name string, c call) testCase {
	return testCase{name, func(t *target) ([]string, error) { return t.do(c) }}
}

// ending is a case whose call must end with that status, whichever way it is made.
func ending(name string, code codes.Code, c call) testCase {
	return testCase{name, func(t *target) ([]string, error) {
		lines, err := t.do(c)
		want := fmt.Sprintf("status %v ", code)
		asExpected := func(line string) bool { return strings.HasPrefix(line, want) }
		if err == nil && !slices.ContainsFunc(lines, asExpected) {
			err = fmt.Errorf("%v expected: %v", code, lines)
		}
		return lines, err
	}}
}

const runtimeService = "/runtime.v1.RuntimeService/"

// criMessage can be read both as a request that names a container and as the answer to ContainerStatus: its only field is a string
// that is itself such a message.
func criMessage(idSize int) []byte {
	return stringField(stringField(slices.Repeat([]byte("c"), idSize)))
}
