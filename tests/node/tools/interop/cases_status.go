package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// errorText has about that many bytes on the wire too, so that it stays below the limits of others: most of it needs no escape.
func errorText(size int) []byte {
	start := "50 %\né\u20ac\U0001f600 %41\t\r\n\""
	if size < len(start) {
		return []byte("a%\nb\u20acc")[:size]
	}
	return []byte(start + strings.Repeat("x", size-len(start)))
}

func statusCases() []testCase {
	var cases []testCase
	details := []byte("a detail")
	end := func(code codes.Code, text []byte) Step { return Step{Do: doStatus, Code: uint32(code), Text: text} }
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		c := call{script: Script{end(code, []byte("text"))}, send: [][]byte{nil}}
		cases = append(cases, ending(fmt.Sprintf("status/code-%d", code), code, c))
	}
	for _, size := range []int{0, 7, 1 << 10, 60 << 10} {
		failure := Step{Do: doStatus, Code: uint32(codes.Internal), TextLength: size}
		for _, method := range []string{defaultMethod, runtimeService + "ContainerStatus", runtimeService + "StopContainer"} {
			cases = append(cases, plain(fmt.Sprintf("status/text-%d%s", size, method),
				call{method: method, script: Script{{Do: doReceive, Count: 1}, failure}, send: [][]byte{criMessage(3)}}))
		}
		cases = append(cases, plain(fmt.Sprintf("status/text-%d-after-messages", size),
			call{kind: serverStreaming, script: Script{{Do: doSend, Count: 3, Size: 10}, failure}, send: [][]byte{nil}}))
	}
	detailed := Step{Do: doStatus, Code: uint32(codes.Internal), Text: []byte("text"), Details: details}
	trailer := Step{Do: doTrailer, Pairs: []Pair{{"x-last", []byte("1")}, {"x-last", []byte("2")}}}
	criFailure := Script{{Do: doReceive, Count: 1}, detailed}
	return append(cases,
		testCase{"status/containerd-is-refused", refuseContainerd},
		plain("status/details", call{script: Script{detailed}, send: [][]byte{nil}}),
		plain("status/details-of-cri",
			call{method: runtimeService + "ContainerStatus", script: criFailure, send: [][]byte{criMessage(3)}}),
		plain("status/details-after-messages",
			call{kind: bidi, script: Script{{Do: doEcho, Count: -1}, detailed}, send: [][]byte{body(5, 0)}}),
		plain("status/trailers-only-with-metadata", call{kind: bidi, script: Script{trailer, end(codes.NotFound, []byte("none"))}}),
		plain("status/unknown-cri-method", call{method: runtimeService + "Nonesuch", send: [][]byte{nil}}),
		plain("status/unknown-service", call{method: "/some.other/Nonesuch", kind: bidi, send: [][]byte{nil}}),
		plain("status/unknown-code", call{script: Script{end(99, []byte("ninety-nine"))}, send: [][]byte{nil}}),
	)
}

// refuseContainerd calls a service of containerd itself, which the shim does not relay: as if the server did not have it.
func refuseContainerd(t *target) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	method := "/containerd.services.containers.v1.Containers/List"
	c := call{method: method, script: Script{{Do: doEcho, Count: 1}}, send: [][]byte{nil}}
	stream, _, err := t.open(ctx, c)
	if err == nil {
		err = c.exchange(stream)
	}
	want := codes.OK
	if t.name == "through" {
		want = codes.Unimplemented
	}
	if status.Code(err) != want {
		return nil, fmt.Errorf("%v expected, not %v", want, status.Code(err))
	}
	return nil, nil
}
