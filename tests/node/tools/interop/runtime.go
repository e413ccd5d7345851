package main

import (
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

// answerCRI answers a call without a script as a runtime that has no containers does; all that it does not know, as a server that
// does not know it. The shim itself makes such calls from its start on.
func answerCRI(method string, stream grpc.ServerStream) error {
	service, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	if service != "runtime.v1.RuntimeService" {
		return status.Errorf(codes.Unimplemented, "unknown service %s", service)
	}
	var request, answer []byte
	switch name {
	case "Version":
		answer = versionResponse()
	case "ListContainers", "ListPodSandbox":
	default:
		return status.Errorf(codes.Unimplemented, "unknown method %s for service %s", name, service)
	}
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

// VersionResponse of CRI: version, runtime_name, runtime_version, runtime_api_version.
func versionResponse() []byte {
	var message []byte
	for number, text := range []string{"0.1.0", "interop", "1", "v1"} {
		message = protowire.AppendTag(message, protowire.Number(number+1), protowire.BytesType)
		message = protowire.AppendString(message, text)
	}
	return message
}

// stringField is a message with that string as its field 1.
func stringField(text []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), text)
}
