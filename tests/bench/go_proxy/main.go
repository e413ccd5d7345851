// A transparent gRPC proxy between unix sockets, as proxies of CRI are usually written: one handler for all methods, which forwards
// each message unparsed, and all metadata. relay_bench compares the shim with it.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// kubelet's limit; grpc-go's own is 4 MiB.
const maxMessage = 16 << 20

func main() {
	listen := flag.String("listen", "", "endpoint to serve, unix:///PATH")
	runtime := flag.String("runtime", "", "endpoint to forward to, unix:///PATH")
	flag.Parse()

	connection, err := grpc.NewClient(*runtime,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(rawCodec{}),
			grpc.MaxCallRecvMsgSize(maxMessage),
			grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", strings.TrimPrefix(*listen, "unix://"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(rawCodec{}),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxSendMsgSize(maxMessage),
		grpc.UnknownServiceHandler(func(_ any, caller grpc.ServerStream) error {
			return forward(caller, connection)
		}))
	log.Fatal(server.Serve(listener))
}

// forward relays one call of any kind and returns its status.
func forward(caller grpc.ServerStream, connection *grpc.ClientConn) error {
	method, _ := grpc.MethodFromServerStream(caller)
	received, _ := metadata.FromIncomingContext(caller.Context())
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(caller.Context(), received.Copy()))
	defer cancel()
	both := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	runtime, err := connection.NewStream(ctx, both, method)
	if err != nil {
		return err
	}
	go func() {
		if err := forwardRequests(caller, runtime); err != nil {
			cancel()
		}
	}()
	err = forwardResponses(runtime, caller)
	caller.SetTrailer(runtime.Trailer())
	return err
}

func forwardRequests(caller grpc.ServerStream, runtime grpc.ClientStream) error {
	for {
		var message frame
		if err := caller.RecvMsg(&message); errors.Is(err, io.EOF) {
			return runtime.CloseSend()
		} else if err != nil {
			return err
		}
		// io.EOF: the runtime has answered already; its status comes with the responses.
		if err := runtime.SendMsg(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func forwardResponses(runtime grpc.ClientStream, caller grpc.ServerStream) error {
	header, err := runtime.Header()
	if err != nil {
		return err
	}
	if err := caller.SendHeader(header); err != nil {
		return err
	}
	for {
		var message frame
		if err := runtime.RecvMsg(&message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := caller.SendMsg(&message); err != nil {
			return err
		}
	}
}
