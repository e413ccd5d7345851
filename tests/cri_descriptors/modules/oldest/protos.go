// Package protos imports what the .proto files lie beside, so that `go mod tidy` keeps it. Nothing here is ever compiled.
package protos

import (
	_ "github.com/gogo/protobuf/gogoproto"
	_ "k8s.io/cri-api/pkg/apis/runtime/v1"
)
