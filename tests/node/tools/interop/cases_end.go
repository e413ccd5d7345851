package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/status"
)

// endCases are about deadlines and cancellation. That a deadline is passed on, every call of do() checks.
func endCases() []testCase {
	wait := Script{{Do: doReceive, Count: 1}, {Do: doWait}}
	expiring := func(name, method string, kind kind) testCase {
		c := call{method: method, kind: kind, script: wait, send: [][]byte{criMessage(3)}, timeout: 500 * time.Millisecond}
		return testCase{"end/expires-" + name, func(t *target) ([]string, error) { return expire(t, c) }}
	}
	cancelled := func(name, method string, kind kind) testCase {
		c := call{method: method, kind: kind, script: wait, send: [][]byte{criMessage(3)}}
		return testCase{"end/cancelled-" + name, func(t *target) ([]string, error) { return cancelInTheMiddle(t, c) }}
	}
	return []testCase{
		expiring("unary", defaultMethod, unary),
		expiring("bidi", defaultMethod, bidi),
		expiring("cri", runtimeService+"Status", unary),
		expiring("cri-handled", runtimeService+"ContainerStatus", unary),
		cancelled("unary", defaultMethod, unary),
		cancelled("bidi", defaultMethod, bidi),
		cancelled("cri", runtimeService+"Status", unary),
		cancelled("cri-handled", runtimeService+"ContainerStatus", unary),
		{"end/without-a-deadline", withoutDeadline},
	}
}

// expire lets a call's deadline pass. The client's clock, the server's and their notices race: so only the code counts.
func expire(t *target, c call) ([]string, error) {
	lines, err := t.do(c)
	lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "status DeadlineExceeded ") })
	if err == nil && len(lines) != 1 {
		err = errors.New("DEADLINE_EXCEEDED expected")
	}
	return nil, err
}

// cancelInTheMiddle cancels a call that the server has begun; the server must notice within a second.
func cancelInTheMiddle(t *target, c call) ([]string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, id, err := t.open(ctx, c)
	if err != nil {
		return nil, err
	}
	result := make(chan error, 1)
	go func() { result <- c.exchange(stream) }()
	if _, err := t.waitSeen(id, "begun at the server", 5*time.Second, func(r record) bool {
		return len(r.Lines) > 0 && r.Lines[len(r.Lines)-1] == "message, compressed false: "+show(c.send[0])
	}); err != nil {
		return nil, err
	}
	cancel()
	if _, err := t.waitSeen(id, "cancelled at the server", time.Second, hasEnded); err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("status %v", status.Code(<-result))}, nil
}

func withoutDeadline(t *target) ([]string, error) {
	c := call{script: Script{{Do: doEcho, Count: -1}}, send: [][]byte{body(10, 0)}}
	stream, id, err := t.open(context.Background(), c)
	if err == nil {
		err = c.exchange(stream)
	}
	if err != nil {
		return nil, err
	}
	record, err := t.waitSeen(id, "ended at the server", 5*time.Second, hasEnded)
	return []string{fmt.Sprintf("the server's deadline: %v", record.Deadline)}, err
}
