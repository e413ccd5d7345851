package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// call is what a client does, and what the server is asked to do.
type call struct {
	method   string
	kind     kind
	metadata []Pair
	script   Script
	send     [][]byte
	pingPong bool // receives an answer after each message that it sends
	timeout  time.Duration
	options  []grpc.CallOption
	unseen   bool // the server's gRPC refuses it before there could be a record of it
}

type kind struct{ clientStreams, serverStreams bool }

var (
	unary           = kind{false, false}
	clientStreaming = kind{true, false}
	serverStreaming = kind{false, true}
	bidi            = kind{true, true}
)

const (
	defaultMethod  = "/interop.Test/Call"
	defaultTimeout = 60 * time.Second
)

var callNumber atomic.Int64

// open starts the call; returns it with its call-id.
func (t *target) open(ctx context.Context, c call) (grpc.ClientStream, string, error) {
	id := fmt.Sprintf("%s-%d-%d", t.name, os.Getpid(), callNumber.Add(1)) // unlike those of clients before on the same server
	md := toMetadata(c.metadata)
	md.Set(callKey, id)
	if c.script != nil {
		md.Set(scriptKey, c.script.encode())
	}
	method := c.method
	if method == "" {
		method = defaultMethod
	}
	desc := &grpc.StreamDesc{ClientStreams: c.kind.clientStreams, ServerStreams: c.kind.serverStreams}
	stream, err := t.conn.NewStream(metadata.NewOutgoingContext(ctx, md), desc, method, c.options...)
	return stream, id, err
}

// do makes the call and returns what both ends saw of it.
func (t *target) do(c call) ([]string, error) {
	if c.timeout == 0 {
		c.timeout = defaultTimeout
	}
	view := &sighting{}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), sightingKey{}, view), c.timeout)
	defer cancel()
	began := time.Now()
	stream, id, err := t.open(ctx, c)
	if err == nil {
		err = c.exchange(stream)
	}
	result := status.Convert(err)
	lines := view.all()
	lines = append(lines, fmt.Sprintf("status %v %s, details %v", result.Code(), show([]byte(result.Message())), result.Details()))
	if took := time.Since(began); took > c.timeout+time.Second {
		return nil, fmt.Errorf("the call took %v, its deadline was %v", took, c.timeout)
	}
	if c.unseen {
		return lines, nil
	}
	record, err := t.waitSeen(id, "ended at the server", 5*time.Second, hasEnded)
	if err != nil {
		return nil, err
	}
	if lost := c.timeout - record.Deadline; lost < 0 || lost > 2*time.Second {
		return nil, fmt.Errorf("the server saw a deadline of %v, the client set %v", record.Deadline, c.timeout)
	}
	for _, line := range record.Lines {
		lines = append(lines, "server: "+line)
	}
	return lines, nil
}

// exchange sends and receives all messages; returns the error that the call ended with, nil for OK.
func (c call) exchange(stream grpc.ClientStream) error {
	if c.pingPong {
		for _, message := range c.send {
			if err := stream.SendMsg(&message); err != nil {
				break // the status follows below
			}
			if err := receiveOne(stream); err != nil {
				return err
			}
		}
		stream.CloseSend()
	} else {
		// At the same time, because a server that answers while it receives would be held back.
		go func() {
			for _, message := range c.send {
				if err := stream.SendMsg(&message); err != nil {
					return
				}
			}
			stream.CloseSend()
		}()
	}
	for {
		if err := receiveOne(stream); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if !c.kind.serverStreams {
			return nil
		}
	}
}

func receiveOne(stream grpc.ClientStream) error {
	var message []byte
	return stream.RecvMsg(&message)
}
