package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

const (
	waiting   = 64      // messages of 1 MiB that one side has for the other, which does not read
	mayBeSent = 8 << 20 // what buffers and flow-control windows on the way may take of them
)

func pressureCases() []testCase {
	return []testCase{
		{"pressure/slow-client", slowClient},
		{"pressure/slow-server", slowServer},
		{"pressure/others-go-on", othersGoOn},
	}
}

// waitSteady waits until a number has not changed for a second: the sender is blocked.
func waitSteady(number func() (int, error)) (int, error) {
	last, since := -1, time.Now()
	for time.Since(since) < time.Second {
		now, err := number()
		if err != nil {
			return 0, err
		}
		if now != last {
			last, since = now, time.Now()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return last, nil
}

func checkBlocked(sent int) error {
	if sent > mayBeSent {
		return fmt.Errorf("%d bytes were sent to a side that does not read", sent)
	}
	return nil
}

func slowClient(t *target) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	c := call{kind: serverStreaming, script: Script{{Do: doSend, Count: waiting, Size: 1 << 20}}, send: [][]byte{nil}}
	view := &sighting{}
	stream, id, err := t.open(context.WithValue(ctx, sightingKey{}, view), c)
	if err != nil {
		return nil, err
	}
	if _, err := t.waitSeen(id, "begun at the server", 5*time.Second, hasBegun); err != nil {
		return nil, err
	}
	sent, err := waitSteady(func() (int, error) {
		record, err := t.seen(id)
		return record.Sent, err
	})
	if err == nil {
		err = checkBlocked(sent)
	}
	if err == nil {
		err = c.exchange(stream)
	}
	return append(view.all(), fmt.Sprintf("%sthe server could send %d KiB", notePrefix, sent>>10)), err
}

func slowServer(t *target) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	stream, _, err := t.open(ctx, call{kind: bidi, script: Script{{Do: doWait}}})
	if err != nil {
		return nil, err
	}
	var sent atomic.Int64
	go sendAll(stream, &sent)
	steady, _ := waitSteady(func() (int, error) { return int(sent.Load()), nil })
	return []string{fmt.Sprintf("%sthe client could send %d KiB", notePrefix, steady>>10)}, checkBlocked(steady)
}

func sendAll(stream grpc.ClientStream, sent *atomic.Int64) {
	for number := range waiting {
		message := body(1<<20, number)
		if stream.SendMsg(&message) != nil {
			return
		}
		sent.Add(int64(len(message)))
	}
}

// othersGoOn blocks 16 streams in both directions, which must not use up what the connection has for all.
func othersGoOn(t *target) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	var sent atomic.Int64
	for range 16 {
		script := Script{{Do: doSend, Count: waiting, Size: 1 << 20}}
		if _, _, err := t.open(ctx, call{kind: bidi, script: script}); err != nil {
			return nil, err
		}
		unread, _, err := t.open(ctx, call{kind: bidi, script: Script{{Do: doWait}}})
		if err != nil {
			return nil, err
		}
		go sendAll(unread, &sent)
	}
	if _, err := waitSteady(func() (int, error) { return int(sent.Load()), nil }); err != nil {
		return nil, err
	}
	began := time.Now()
	for number := range 20 {
		if err := t.echo(body(300<<10, number)); err != nil {
			return nil, fmt.Errorf("another call: %w", err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		return nil, fmt.Errorf("20 other calls took %v", took)
	}
	return nil, ctx.Err()
}
