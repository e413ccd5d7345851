package main

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
)

// show writes bytes such that different ones differ, and long ones short.
func show(bytes []byte) string {
	if len(bytes) <= 300 {
		return fmt.Sprintf("%q", bytes)
	}
	return fmt.Sprintf("%q... (%d bytes, %x)", bytes[:40], len(bytes), sha256.Sum256(bytes))
}

// showMetadata writes a line per value; those of a key in their order, which counts, and the keys in any fixed order.
func showMetadata(what string, md metadata.MD) []string {
	var lines []string
	for key, values := range md {
		if key == callKey {
			continue // differs by intention
		}
		for number, value := range values {
			lines = append(lines, fmt.Sprintf("%s %s[%d]: %s", what, key, number, show([]byte(value))))
		}
	}
	slices.Sort(lines)
	return lines
}

func showHeader(what string, md metadata.MD, compression string) []string {
	return append(showMetadata(what, md), fmt.Sprintf("%s grpc-encoding: %q", what, compression))
}

func showPayload(event *stats.InPayload) string {
	bytes := *event.Payload.(*[]byte)
	return fmt.Sprintf("message, compressed %t: %s", event.CompressedLength != event.Length, show(bytes))
}
