// A runtime that is none, and its client:
//
//	interop serve --socket PATH [--max-connection-age DURATION] [--max-streams N]
//	interop compare --direct PATH --through PATH PREFIX...
//
// `compare` runs the cases whose names begin with one of the prefixes, on both sockets, and prints a JSON report (report.go).
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: interop serve|compare ...")
	}
	switch mode, arguments := os.Args[1], os.Args[2:]; mode {
	case "serve":
		flags := flag.NewFlagSet(mode, flag.ExitOnError)
		socket := flags.String("socket", "", "unix socket to listen on")
		age := flags.Duration("max-connection-age", 0, "keepalive's MaxConnectionAge; 0: for ever")
		streams := flags.Uint("max-streams", 0, "MaxConcurrentStreams of a connection; 0: any number")
		flags.Parse(arguments)
		log.Fatal(serve(*socket, *age, uint32(*streams)))
	case "compare":
		flags := flag.NewFlagSet(mode, flag.ExitOnError)
		direct := flags.String("direct", "", "the server's unix socket")
		through := flags.String("through", "", "the shim's unix socket")
		flags.Parse(arguments)
		started := time.Now()
		report := compare(*direct, *through, flags.Args())
		log.Printf("%d cases took %v", len(report), time.Since(started))
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			log.Fatal(err)
		}
	default:
		log.Fatalf("unknown mode %q", mode)
	}
}
