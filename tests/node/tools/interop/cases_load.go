package main

import (
	"context"
	"math/rand"
	"sync"
	"time"
)

const atOnce = 2000

// loadCases are about many calls. What they are for needs a certain server in two of them: see test_interop.py.
func loadCases() []testCase {
	return []testCase{
		{"load/at-once", func(t *target) ([]string, error) {
			return callAtOnce(func(number int) error { return t.echo(body(100, number)) })
		}},
		{"load/at-once-cri", func(t *target) ([]string, error) {
			return callAtOnce(func(int) error { return t.query("Version", defaultTimeout) })
		}},
		{"load/cancel-churn", cancelChurn},
		{"aging/16-callers", func(t *target) ([]string, error) {
			group := startCallers(16, func() error { return t.echo(body(1000, 0)) })
			time.Sleep(5 * time.Second) // how long the callers go on, while connections end under them
			return []string{group.note()}, group.finish()
		}},
		{"narrow/64-callers", func(t *target) ([]string, error) {
			group := startCallers(64, func() error { return t.echo(body(64<<10, 0)) })
			time.Sleep(3 * time.Second) // as above
			return []string{group.note()}, group.finish()
		}},
	}
}

func callAtOnce(oneCall func(number int) error) ([]string, error) {
	var found failures
	var wait sync.WaitGroup
	for number := range atOnce {
		wait.Go(func() { found.count(oneCall(number)) })
	}
	wait.Wait()
	return nil, found.err()
}

// cancelChurn cancels calls at random moments: before they reach the server, in the middle, and after their end. Others must not
// notice. The messages are small: by themselves two grpc-go peers stop for ever where each has so much to write that the socket
// is full, and so many cancellations to tell that it reads no more until it could write.
func cancelChurn(t *target) ([]string, error) {
	others := startCallers(8, func() error { return t.echo(body(500, 0)) })
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for range atOnce / 20 {
				cancelSoon(t)
			}
		})
	}
	wait.Wait()
	return []string{others.note()}, others.finish()
}

func cancelSoon(t *target) {
	ctx, cancel := context.WithCancel(context.Background())
	defer time.AfterFunc(time.Duration(rand.Int63n(int64(20*time.Millisecond))), cancel).Stop()
	defer cancel()
	script := Script{{Do: doEcho, Count: 3}, {Do: doSend, Count: 3, Size: 1000}}
	c := call{kind: bidi, script: script, send: [][]byte{body(10, 0), body(1000, 0), body(10, 0)}}
	if stream, _, err := t.open(ctx, c); err == nil {
		c.exchange(stream) // however it ends
	}
}
