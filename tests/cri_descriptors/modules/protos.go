// Package protos imports what the .proto files lie beside, so that `go mod tidy` keeps it. Nothing here is ever compiled.
package protos

import (
	_ "k8s.io/api/batch/v1"
	_ "k8s.io/api/core/v1"
	_ "k8s.io/apimachinery/pkg/apis/meta/v1"
	_ "k8s.io/cri-api/pkg/apis/runtime/v1"
	_ "k8s.io/kubelet/pkg/apis/pods/v1alpha1"
)
