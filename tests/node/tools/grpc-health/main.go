// A server of grpc.health.v1 for the readiness tests: says NOT_SERVING for a while, then SERVING, and tells when on its output.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	health_pb "google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	address := flag.String("listen", ":0", "address to listen on")
	service := flag.String("service", "", "the service whose health is told; others are unknown")
	after := flag.Duration("serving-after", 0, "how long it is NOT_SERVING")
	flag.Parse()

	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	state := health.NewServer()
	// The server itself, which is what an empty name asks for, would be SERVING from the beginning.
	state.SetServingStatus("", health_pb.HealthCheckResponse_NOT_SERVING)
	state.SetServingStatus(*service, health_pb.HealthCheckResponse_NOT_SERVING)
	time.AfterFunc(*after, func() {
		fmt.Println("ready")
		state.SetServingStatus(*service, health_pb.HealthCheckResponse_SERVING)
	})
	server := grpc.NewServer()
	health_pb.RegisterHealthServer(server, state)
	log.Fatal(server.Serve(listener))
}
