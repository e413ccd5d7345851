// The newer containerd of the node tests, with its runtime shim and ctr (the older one is the distribution's). go.sum pins all of it.
module sidecar-shim.invalid/tests/node/tools/containerd

go 1.26.6

require github.com/containerd/containerd/v2 v2.4.2
