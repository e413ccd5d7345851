package main

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"syscall"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	seenMethod = "/interop.Control/Seen" // the record of the call that the request names (record.go)
	dieMethod  = "/interop.Control/Die"  // the server kills itself
)

// The largest message of any case is 32 MiB.
const maxMessage = 64 << 20

func serve(socket string, age time.Duration, streams uint32) error {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // of a server that was killed
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	records := newRecords()
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.StatsHandler(records),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return handle(records, stream) }),
	}
	if age > 0 {
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: age}))
	}
	if streams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(streams))
	}
	return grpc.NewServer(options...).Serve(listener)
}

func handle(records *records, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	switch method {
	case seenMethod:
		return answerSeen(records, stream)
	case dieMethod:
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	md, _ := metadata.FromIncomingContext(stream.Context())
	if text := md.Get(scriptKey); len(text) == 1 {
		var script Script
		if err := json.Unmarshal([]byte(text[0]), &script); err != nil {
			return status.Errorf(codes.InvalidArgument, "%s: %v", scriptKey, err)
		}
		return run(script, stream)
	}
	return answerCRI(method, stream)
}

func answerSeen(records *records, stream grpc.ServerStream) error {
	var id []byte
	if err := stream.RecvMsg(&id); err != nil {
		return err
	}
	answer, err := json.Marshal(records.snapshot(string(id)))
	if err != nil {
		return err
	}
	return stream.SendMsg(&answer)
}

func run(script Script, stream grpc.ServerStream) error {
	for _, step := range script {
		if err := runStep(step, stream); err != nil {
			return err
		}
	}
	return nil
}

func runStep(step Step, stream grpc.ServerStream) error {
	switch step.Do {
	case doHeader:
		return stream.SendHeader(toMetadata(step.Pairs))
	case doTrailer:
		stream.SetTrailer(toMetadata(step.Pairs))
		return nil
	case doReceive, doEcho:
		return receive(step, stream)
	case doSend:
		for number := range step.Count {
			message := body(step.Size, number)
			if err := stream.SendMsg(&message); err != nil {
				return err
			}
		}
		return nil
	case doWait:
		<-stream.Context().Done()
		return status.FromContextError(stream.Context().Err()).Err()
	case doStatus:
		return statusOf(step)
	}
	return status.Errorf(codes.InvalidArgument, "unknown step %q", step.Do)
}

func receive(step Step, stream grpc.ServerStream) error {
	for number := 0; number != step.Count; number++ {
		var message []byte
		err := stream.RecvMsg(&message)
		if err == io.EOF && step.Count < 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if step.Do == doEcho {
			if err := stream.SendMsg(&message); err != nil {
				return err
			}
		}
	}
	return nil
}

func statusOf(step Step) error {
	text := step.Text
	if step.TextLength > 0 {
		text = errorText(step.TextLength)
	}
	result := status.New(codes.Code(step.Code), string(text))
	if step.Details == nil {
		return result.Err()
	}
	detailed, err := result.WithDetails(&errdetails.DebugInfo{Detail: string(step.Details)})
	if err != nil {
		return err
	}
	return detailed.Err()
}
