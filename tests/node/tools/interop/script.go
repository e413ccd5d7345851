package main

import (
	"encoding/json"
	"math/rand"

	"google.golang.org/grpc/metadata"
)

const (
	callKey   = "call-id"    // names a call in the server's records
	scriptKey = "script-bin" // what the server is to do: a Script as JSON
)

// Script is what the server does in a call, step by step. After the last step the call ends with OK.
type Script []Step

type Step struct {
	Do string // one of the constants below
	// With doSend: how many messages of which size. With doReceive, doEcho: how many, -1 for all.
	Count int
	Size  int
	Pairs []Pair // with doHeader, doTrailer
	// With doStatus.
	Code       uint32
	Text       []byte
	TextLength int    // instead of Text: errorText(TextLength), which a request's metadata may have no room for
	Details    []byte // the message of a status detail; nil: none
}

// Pair is a metadata entry. Its value is bytes, because those of "-bin" keys need not be text.
type Pair struct {
	Key   string
	Value []byte
}

const (
	doHeader  = "header"  // sends the initial metadata
	doTrailer = "trailer" // sets the trailing metadata
	doReceive = "receive"
	doSend    = "send"
	doEcho    = "echo"
	doWait    = "wait" // until the call is cancelled or its deadline has passed
	doStatus  = "status"
)

func (s Script) encode() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func toMetadata(pairs []Pair) metadata.MD {
	md := metadata.MD{}
	for _, pair := range pairs {
		md.Append(pair.Key, string(pair.Value))
	}
	return md
}

// body is a message of that size: the same for the same number, and not compressible, as a mixed up one would be noticed.
func body(size, number int) []byte {
	bytes := make([]byte, size)
	rand.New(rand.NewSource(int64(size)*1000 + int64(number))).Read(bytes)
	return bytes
}
