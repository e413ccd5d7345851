package main

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding/gzip"
)

var sizes = []int{0, 1, 16 << 10, 64 << 10, 1 << 20, 32 << 20}

func messageCases() []testCase {
	var cases []testCase
	echo := Script{{Do: doEcho, Count: -1}}
	for _, size := range sizes {
		name := func(what string) string { return fmt.Sprintf("messages/%s-%d", what, size) }
		several := [][]byte{body(size, 0), body(size, 1), body(7, 2), body(size, 3)}
		if size > 1<<20 {
			several = several[:2]
		}
		cases = append(cases,
			plain(name("unary"), call{kind: unary, script: echo, send: several[:1]}),
			plain(name("cri"), call{method: runtimeService + "Status", script: echo, send: several[:1]}),
			plain(name("client-streaming"), call{kind: clientStreaming, send: several,
				script: Script{{Do: doReceive, Count: -1}, {Do: doSend, Count: 1, Size: size}}}),
			plain(name("server-streaming"), call{kind: serverStreaming, send: several[:1],
				script: Script{{Do: doReceive, Count: -1}, {Do: doSend, Count: len(several), Size: size}}}),
			plain(name("bidi"), call{kind: bidi, script: echo, send: several}),
			plain(name("ping-pong"), call{kind: bidi, script: echo, send: several, pingPong: true}),
		)
	}
	cri := func(name, method string, message []byte) testCase {
		return plain("messages/cri-"+name, call{method: runtimeService + method, script: echo, send: [][]byte{message}})
	}
	return append(cases,
		cri("parsed", "ContainerStatus", criMessage(3)),
		cri("parsed-1-MiB", "ContainerStatus", criMessage(1<<20)),
		// Not of protobuf: the shim cannot read it and must not mind.
		cri("malformed-status", "ContainerStatus", []byte("\xff\xff")),
		cri("malformed-list", "ListContainers", []byte("\xff\xff")),
		plain("messages/cri-version", call{method: runtimeService + "Version", send: [][]byte{nil}}),
		plain("messages/cri-without-request", call{method: runtimeService + "Version", kind: clientStreaming}),
		plain("messages/none-either-way", call{kind: bidi, script: echo}),
	)
}

// compressionCases use gzip in both directions: a grpc-go server answers in the encoding of the request.
func compressionCases() []testCase {
	zipped := []grpc.CallOption{grpc.UseCompressor(gzip.Name)}
	echo := Script{{Do: doEcho, Count: -1}}
	status := runtimeService + "ContainerStatus"
	compressible := [][]byte{criMessage(100 << 10), criMessage(5), {}}
	return []testCase{
		plain("compression/unknown-unary", call{script: echo, send: compressible[:1], options: zipped}),
		plain("compression/unknown-bidi", call{kind: bidi, script: echo, send: compressible, options: zipped}),
		plain("compression/cri-version", call{method: runtimeService + "Version", send: [][]byte{nil}, options: zipped}),
		plain("compression/cri-relayed", call{method: runtimeService + "Status", script: echo, send: compressible[:1], options: zipped}),
		plain("compression/cri-status", call{method: status, script: echo, send: compressible[:1], options: zipped}),
		plain("compression/cri-list", call{method: runtimeService + "ListContainers", send: [][]byte{nil}, options: zipped}),
	}
}
