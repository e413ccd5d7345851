package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// failures counts by their text the errors that callers had.
type failures struct {
	mutex  sync.Mutex
	calls  int
	byText map[string]int
}

func (f *failures) count(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls++
	if err == nil {
		return
	}
	if f.byText == nil {
		f.byText = map[string]int{}
	}
	f.byText[show([]byte(err.Error()))]++
}

func (f *failures) err() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.calls == 0 {
		return errors.New("no call was made")
	}
	if len(f.byText) == 0 {
		return nil
	}
	return fmt.Errorf("of %d calls failed: %v", f.calls, f.byText)
}

func (f *failures) note() string { return fmt.Sprintf("%s%d calls", notePrefix, f.calls) }

// callers are goroutines that each make one call after the other.
type callers struct {
	failures
	stop chan struct{}
	wait sync.WaitGroup
}

func startCallers(count int, oneCall func() error) *callers {
	group := &callers{stop: make(chan struct{})}
	for range count {
		group.wait.Go(func() {
			for {
				select {
				case <-group.stop:
					return
				default:
					group.count(oneCall())
				}
			}
		})
	}
	return group
}

func (c *callers) finish() error {
	close(c.stop)
	c.wait.Wait()
	return c.err()
}

// echo makes a call and checks that its message comes back.
func (t *target) echo(message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	stream, _, err := t.open(ctx, call{script: Script{{Do: doEcho, Count: 1}}})
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&message); err != nil {
		return err
	}
	var answer []byte
	if err := stream.RecvMsg(&answer); err != nil {
		return err
	}
	if !slices.Equal(message, answer) {
		return errors.New("the echo differs from the message")
	}
	return nil
}

// query makes a CRI call that the server answers without a script.
func (t *target) query(method string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var request, answer []byte
	return t.conn.Invoke(ctx, runtimeService+method, &request, &answer)
}
