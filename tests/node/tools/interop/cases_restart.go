package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func restartCases() []testCase {
	return []testCase{{"restart/in-flight", killWithCallsInFlight}}
}

// killWithCallsInFlight has the server die. The test that runs this case starts it again.
func killWithCallsInFlight(t *target) ([]string, error) {
	waiting := call{kind: bidi, script: Script{{Do: doWait}}}
	results := make([]error, 16)
	var wait sync.WaitGroup
	for number := range results {
		ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
		defer cancel()
		stream, id, err := t.open(ctx, waiting)
		if err != nil {
			return nil, err
		}
		if _, err := t.waitSeen(id, "begun at the server", 5*time.Second, hasBegun); err != nil {
			return nil, err
		}
		wait.Go(func() { results[number] = receiveOne(stream) })
	}
	var request, answer []byte
	t.server.Invoke(context.Background(), dieMethod, &request, &answer) // which ends without an answer
	wait.Wait()
	for _, result := range results {
		if status.Code(result) != codes.Unavailable {
			return nil, fmt.Errorf("a call in flight ended with %v", result)
		}
	}
	if _, err := t.waitSeen("none", "asked for", 20*time.Second, func(record) bool { return true }); err != nil {
		return nil, fmt.Errorf("the server was not started again: %w", err)
	}
	back := time.Now()
	for {
		err := t.query("Version", time.Second)
		if err == nil {
			return []string{fmt.Sprintf("%scalls work %v after the server does", notePrefix, time.Since(back).Round(time.Millisecond))}, nil
		}
		if time.Since(back) > 2*time.Second {
			return nil, fmt.Errorf("2 s after the server is back: %w", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
