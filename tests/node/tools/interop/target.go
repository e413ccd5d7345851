package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
)

// target is one way to the server.
type target struct {
	name   string
	conn   *grpc.ClientConn // this way
	server *grpc.ClientConn // the direct way, to ask the server what it has seen
}

// A killed server is back within moments, and the client must not be what is slow.
var quickReconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.2, MaxDelay: 100 * time.Millisecond},
	MinConnectTimeout: 5 * time.Second,
}

func dial(socket string) *grpc.ClientConn {
	conn, err := grpc.NewClient("unix:"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(sightings{}),
		// The cases are about what the server and the shim do, not about grpc-go's own new attempts and its growing pauses.
		grpc.WithDisableRetry(),
		grpc.WithConnectParams(quickReconnect),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		panic(err) // only a malformed address is refused before the first call
	}
	return conn
}

// waitConnected is for before the first call, which would fail where no connection can be made in time.
func (t *target) waitConnected() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var id, answer []byte
	return t.conn.Invoke(ctx, seenMethod, &id, &answer, grpc.WaitForReady(true))
}

// seen is the server's record of a call at this moment.
func (t *target) seen(id string) (record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var found record
	request, answer := []byte(id), []byte(nil)
	if err := t.server.Invoke(ctx, seenMethod, &request, &answer); err != nil {
		return found, err
	}
	return found, json.Unmarshal(answer, &found)
}

// waitSeen waits until the server's record of the call is as wanted.
func (t *target) waitSeen(id, what string, limit time.Duration, wanted func(record) bool) (record, error) {
	deadline := time.Now().Add(limit)
	for {
		found, err := t.seen(id)
		if err == nil && wanted(found) {
			return found, nil
		}
		if time.Now().After(deadline) {
			return found, fmt.Errorf("%s: not %s within %v (%+v, %v)", id, what, limit, found, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func hasBegun(r record) bool { return r.Began }
func hasEnded(r record) bool { return r.Ended }
