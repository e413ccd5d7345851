package main

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc/stats"
)

// sighting is what a client saw of one call. Messages are apart, because gRPC tells of trailers when they arrive, but of a message
// when it is read, which may be later.
type sighting struct {
	mutex                       sync.Mutex
	headers, messages, trailers []string
}

type sightingKey struct{}

func (s *sighting) all() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Concat(s.headers, s.messages, s.trailers)
}

// sightings is the stats.Handler that fills the sighting in a call's context, if there is one.
type sightings struct{}

func (sightings) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (sightings) HandleRPC(ctx context.Context, event stats.RPCStats) {
	view, ok := ctx.Value(sightingKey{}).(*sighting)
	if !ok {
		return
	}
	view.mutex.Lock()
	defer view.mutex.Unlock()
	switch event := event.(type) {
	case *stats.InHeader:
		view.headers = append([]string{"headers"}, showHeader("header", event.Header, event.Compression)...)
	case *stats.InPayload:
		view.messages = append(view.messages, showPayload(event))
	case *stats.InTrailer:
		view.trailers = append([]string{"trailers"}, showMetadata("trailer", event.Trailer)...)
	}
}

func (sightings) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (sightings) HandleConn(context.Context, stats.ConnStats)                       {}
