package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
)

func metadataCases() []testCase {
	allBytes := make([]byte, 256)
	for number := range allBytes {
		allBytes[number] = byte(number)
	}
	repeated := []Pair{
		{"x-one", []byte("1")}, {"x-two", []byte("b")}, {"x-one", []byte("2")}, {"x-two", []byte("a")}, {"x-one", []byte("1")},
	}
	binary := []Pair{
		{"x-bin", allBytes}, {"x-bin", []byte{0}}, {"x-bin", []byte{0xff, 0xfe}}, {"x-other-bin", []byte("a,b")},
		{"x-empty-bin", nil},
	}
	odd := []Pair{
		{"x-spaces", []byte("a b  c   d")}, {"x-tilde", []byte{0x7e}}, {"x-empty", nil},
		{"x_under.score-9", []byte("v")},
		{"x-printable", []byte(`!"#$%&'()*+,-./09:;<=>?@AZ[\]^_` + "`az{|}~")}, {"x-comma", []byte("a,b, c")},
		{"x-percent", []byte("%41%")},
	}
	long := []Pair{{"x-long", []byte(strings.Repeat("v", 7000))}, {"x-long-bin", body(4000, 0)}}
	cases := []testCase{{"metadata/early-headers", earlyHeaders}}
	for _, one := range []struct {
		name  string
		pairs []Pair
	}{{"repeated", repeated}, {"binary", binary}, {"odd", odd}, {"long", long}} {
		script := Script{{Do: doHeader, Pairs: one.pairs}, {Do: doEcho, Count: -1}, {Do: doTrailer, Pairs: one.pairs}}
		bothWays := call{metadata: one.pairs, script: script, send: [][]byte{body(10, 0)}}
		for _, method := range []string{defaultMethod, runtimeService + "Status", runtimeService + "ContainerStatus"} {
			bothWays.method = method
			cases = append(cases, plain("metadata/"+one.name+method, bothWays))
		}
		bothWays.kind, bothWays.method = bidi, ""
		cases = append(cases, plain("metadata/"+one.name+"-bidi", bothWays))
	}
	return append(cases,
		plain("metadata/content-subtype", call{script: Script{{Do: doEcho, Count: -1}}, send: [][]byte{body(10, 0)},
			options: []grpc.CallOption{grpc.CallContentSubtype("proto")}}),
		plain("metadata/authority", call{script: Script{{Do: doEcho, Count: -1}}, send: [][]byte{body(10, 0)},
			options: []grpc.CallOption{grpc.CallAuthority("authority.invalid:1")}}),
		plain("metadata/headers-without-messages",
			call{kind: bidi, script: Script{{Do: doHeader, Pairs: odd}, {Do: doTrailer, Pairs: odd}}}),
		plain("metadata/method-without-service", call{method: "/Odd", unseen: true, send: [][]byte{nil}}),
		plain("metadata/odd-method", call{method: "/a.b-c/d_e/f~g", script: Script{{Do: doEcho, Count: -1}}, send: [][]byte{nil}}),
	)
}

// earlyHeaders sends its first message only when it has the server's headers, and then waits before the second for the echo.
func earlyHeaders(t *target) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), defaultTimeout)
	defer cancel()
	script := Script{{Do: doHeader, Pairs: []Pair{{"x-early", []byte("yes")}}}, {Do: doEcho, Count: -1}}
	stream, _, err := t.open(ctx, call{kind: bidi, script: script})
	if err != nil {
		return nil, err
	}
	header, err := stream.Header()
	if err != nil {
		return nil, fmt.Errorf("no headers before the first message: %w", err)
	}
	return showMetadata("header", header), call{kind: bidi, pingPong: true, send: [][]byte{body(10, 0), body(10, 1)}}.exchange(stream)
}
