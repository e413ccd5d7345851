// A gRPC server that does as each call asks, and a client that makes each call twice, directly and through the shim, and compares
// what both ends have seen. go.sum pins all of it.
module sidecar-shim.invalid/tests/node/tools/interop

go 1.26.6

require (
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260526163538-3dc84a4a5aaa
	google.golang.org/grpc v1.83.2
	google.golang.org/protobuf v1.36.11
)

require (
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
