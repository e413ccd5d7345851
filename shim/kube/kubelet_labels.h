// The labels and annotations that kubelet puts on containers and sandboxes in the runtime
// (pkg/kubelet/kuberuntime/labels.go and k8s.io/kubelet/pkg/types).
#ifndef SIDECAR_SHIM_SHIM_KUBE_KUBELET_LABELS_H_
#define SIDECAR_SHIM_SHIM_KUBE_KUBELET_LABELS_H_

namespace sidecar_shim {

inline constexpr char kPodNameLabel[] = "io.kubernetes.pod.name";
inline constexpr char kPodNamespaceLabel[] = "io.kubernetes.pod.namespace";
inline constexpr char kPodUidLabel[] = "io.kubernetes.pod.uid";
inline constexpr char kContainerNameLabel[] = "io.kubernetes.container.name";

inline constexpr char kPodGraceAnnotation[] = "io.kubernetes.pod.terminationGracePeriod";  // seconds
inline constexpr char kContainerHashAnnotation[] = "io.kubernetes.container.hash";
inline constexpr char kContainerPortsAnnotation[] = "io.kubernetes.container.ports";           // JSON
inline constexpr char kPreStopHandlerAnnotation[] = "io.kubernetes.container.preStopHandler";  // JSON
inline constexpr char kRestartCountAnnotation[] = "io.kubernetes.container.restartCount";
inline constexpr char kMessagePathAnnotation[] = "io.kubernetes.container.terminationMessagePath";
inline constexpr char kMessagePolicyAnnotation[] = "io.kubernetes.container.terminationMessagePolicy";

}  // namespace sidecar_shim

#endif  // SIDECAR_SHIM_SHIM_KUBE_KUBELET_LABELS_H_
