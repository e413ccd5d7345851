package main

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
)

// record is what the server saw of one call.
type record struct {
	Began bool
	Ended bool
	// How long the call had when it arrived; 0: for ever.
	Deadline time.Duration
	// Bytes of messages that gRPC took from the server.
	Sent int
	// All else, so that two records can be compared by their text.
	Lines []string
}

// records has the records of all calls that have a call-id. It is the stats.Handler that gRPC tells what arrives.
type records struct {
	mutex sync.Mutex
	byID  map[string]*record
}

type recordKey struct{}

func newRecords() *records { return &records{byID: map[string]*record{}} }

// snapshot returns a copy of the record, an empty one where the call has not arrived.
func (r *records) snapshot(id string) record {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if found := r.byID[id]; found != nil {
		return *found
	}
	return record{}
}

func (r *records) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	md, _ := metadata.FromIncomingContext(ctx)
	id := md.Get(callKey)
	if len(id) == 0 {
		return ctx
	}
	begun := &record{Began: true, Lines: []string{"method " + info.FullMethodName}}
	if deadline, ok := ctx.Deadline(); ok {
		begun.Deadline = time.Until(deadline)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.byID[id[0]] = begun
	return context.WithValue(ctx, recordKey{}, begun)
}

func (r *records) HandleRPC(ctx context.Context, event stats.RPCStats) {
	record, ok := ctx.Value(recordKey{}).(*record)
	if !ok {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch event := event.(type) {
	case *stats.InHeader:
		record.Lines = append(record.Lines, showHeader("metadata", event.Header, event.Compression)...)
	case *stats.InPayload:
		record.Lines = append(record.Lines, showPayload(event))
	case *stats.OutPayload:
		record.Sent += event.Length
	case *stats.End:
		record.Ended = true
	}
}

func (*records) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*records) HandleConn(context.Context, stats.ConnStats)                       {}
