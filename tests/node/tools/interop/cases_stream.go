package main

import (
	"google.golang.org/grpc/codes"
)

// streamCases are about which side ends when.
func streamCases() []testCase {
	var many [][]byte
	for number := range 200 {
		many = append(many, body(64<<10, number))
	}
	refusal := Step{Do: doStatus, Code: uint32(codes.FailedPrecondition), Text: []byte("enough")}
	small := [][]byte{body(10, 0), body(10, 1), body(10, 2)}
	return []testCase{
		// The server reads one message of 12 MiB in all, and ends.
		plain("stream/early-refusal", call{kind: bidi, script: Script{{Do: doReceive, Count: 1}, refusal}, send: many}),
		plain("stream/early-ok", call{kind: bidi, script: Script{{Do: doEcho, Count: 1}}, send: many}),
		plain("stream/early-answer-client-streaming", call{kind: clientStreaming, send: many,
			script: Script{{Do: doReceive, Count: 1}, {Do: doSend, Count: 1, Size: 10}}}),
		plain("stream/refused-unread", call{kind: bidi, script: Script{refusal}}),
		plain("stream/answers-after-half-close",
			call{kind: bidi, script: Script{{Do: doReceive, Count: -1}, {Do: doSend, Count: 100, Size: 1000}}, send: small}),
		plain("stream/answers-before-requests",
			call{kind: bidi, script: Script{{Do: doSend, Count: 3, Size: 1000}, {Do: doReceive, Count: -1}}, send: small}),
		plain("stream/of-cri-v1", call{method: runtimeService + "GetContainerEvents", kind: serverStreaming, send: [][]byte{nil},
			script: Script{{Do: doReceive, Count: 1}, {Do: doSend, Count: 3, Size: 0}}}),
		plain("stream/of-cri-unknown", call{method: runtimeService + "StreamNewThings", kind: serverStreaming, send: [][]byte{nil},
			script: Script{{Do: doReceive, Count: -1}, {Do: doSend, Count: 50, Size: 5000}}}),
	}
}
