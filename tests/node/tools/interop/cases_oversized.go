package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// oversizedCases have the server end a call with a text that a relay may refuse. It must not make others suffer.
func oversizedCases() []testCase {
	var cases []testCase
	for _, size := range []int{80 << 10, 1 << 20} {
		for _, method := range []string{"StopContainer", "ContainerStatus"} {
			cases = append(cases, testCase{fmt.Sprintf("oversized/%s-%d", method, size), func(t *target) ([]string, error) {
				return failAtLength(t, runtimeService+method, size)
			}})
		}
	}
	return cases
}

func failAtLength(t *target, method string, size int) ([]string, error) {
	others := startCallers(8, func() error { return t.query("Version", defaultTimeout) })
	lists := startCallers(8, func() error { return t.query("ListContainers", defaultTimeout) })
	outcomes := map[string]int{}
	var wrong error
	for range 10 {
		outcome, err := failOnce(t, method, size)
		outcomes[outcome]++
		if err != nil {
			wrong = err
		}
	}
	for _, group := range []*callers{others, lists} {
		if err := group.finish(); err != nil {
			wrong = fmt.Errorf("others: %w", err)
		}
	}
	return []string{fmt.Sprintf("%s%v", notePrefix, outcomes)}, wrong
}

func failOnce(t *target, method string, size int) (outcome string, wrong error) {
	text := string(errorText(size))
	c := call{method: method, send: [][]byte{criMessage(3)},
		script: Script{{Do: doReceive, Count: 1}, {Do: doStatus, Code: uint32(codes.Internal), TextLength: size}}}
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	stream, _, err := t.open(ctx, c)
	if err == nil {
		err = c.exchange(stream)
	}
	switch result := status.Convert(err); {
	case result.Code() == codes.Internal && result.Message() == text:
		return "the full text", nil
	case result.Code() == codes.Unavailable && result.Message() != "" && t.name == "through":
		return "UNAVAILABLE " + show([]byte(result.Message())), nil
	default:
		outcome = fmt.Sprintf("%v %s", result.Code(), show([]byte(result.Message())))
		return outcome, fmt.Errorf("the call itself: %s", outcome)
	}
}
