package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// neverReady, in the name or tag of a container's image, keeps its pod Pending.
const neverReady = "never-ready"

// kubelet does to pods what the kubelet of a real node would.
type kubelet struct {
	client kubernetes.Interface
	// addresses counts the pod addresses that were handed out.
	addresses uint32
}

// sync brings the pod with this key one step on: to its end if it is being
// deleted, else to the status that its containers would have.
func (k *kubelet) sync(ctx context.Context, lister listers.PodLister, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	pod, err := lister.Pods(namespace).Get(name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	pods := k.client.CoreV1().Pods(namespace)

	if pod.DeletionTimestamp != nil {
		// As the kubelet's last word: the containers have ended, the API server may forget the pod.
		options := metav1.NewDeleteOptions(0)
		options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
		return ignoreGone(pods.Delete(ctx, name, *options))
	}
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil
	}
	updated := pod.DeepCopy()
	updated.Status = k.status(pod)
	if equality.Semantic.DeepEqual(updated.Status, pod.Status) {
		return nil
	}
	_, err = pods.UpdateStatus(ctx, updated, metav1.UpdateOptions{})
	return ignoreGone(err)
}

// ignoreGone accepts that a pod went away or was replaced in the meantime.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// status is what the pod should report. It depends on nothing but the pod, so
// that a pod which reports it already is left alone.
func (k *kubelet) status(pod *corev1.Pod) corev1.PodStatus {
	status := *pod.Status.DeepCopy()
	if status.StartTime == nil {
		now := metav1.Now()
		status.StartTime = &now
	}
	status.ObservedGeneration = pod.Generation
	status.HostIP = "192.0.2.1"
	status.HostIPs = []corev1.HostIP{{IP: status.HostIP}}
	if status.PodIP == "" {
		status.PodIP = k.nextAddress()
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}

	lifecycle := lifecycleOf(pod, *status.StartTime)
	status.Phase = lifecycle.phase
	status.InitContainerStatuses = nil
	for _, container := range pod.Spec.InitContainers {
		state := lifecycle.init
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			state = lifecycle.main
		}
		status.InitContainerStatuses = append(status.InitContainerStatuses,
			containerStatus(container, state, lifecycle.initialized))
	}
	status.ContainerStatuses = nil
	for _, container := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, containerStatus(container, lifecycle.main, lifecycle.ready))
	}
	setCondition(&status, corev1.PodInitialized, lifecycle.initialized, lifecycle.reason)
	setCondition(&status, corev1.ContainersReady, lifecycle.ready, lifecycle.reason)
	setCondition(&status, corev1.PodReady, lifecycle.ready, lifecycle.reason)
	return status
}

// lifecycle is the stage that all containers of a pod have reached.
type lifecycle struct {
	phase       corev1.PodPhase
	init, main  corev1.ContainerState
	initialized corev1.ConditionStatus
	ready       corev1.ConditionStatus
	reason      string
}

func lifecycleOf(pod *corev1.Pod, since metav1.Time) lifecycle {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: since}}
	completed := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		Reason: "Completed", StartedAt: since, FinishedAt: since,
	}}
	switch {
	case isNeverReady(pod):
		waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
			Reason: "ImagePullBackOff", Message: "the test node never starts " + neverReady,
		}}
		return lifecycle{corev1.PodPending, waiting, waiting, corev1.ConditionFalse, corev1.ConditionFalse, "ContainersNotReady"}
	case pod.Spec.RestartPolicy == corev1.RestartPolicyAlways:
		return lifecycle{corev1.PodRunning, completed, running, corev1.ConditionTrue, corev1.ConditionTrue, ""}
	default:
		// The pod of a Job or of a Helm hook: it has done its work at once.
		return lifecycle{corev1.PodSucceeded, completed, completed, corev1.ConditionTrue, corev1.ConditionFalse, "PodCompleted"}
	}
}

func isNeverReady(pod *corev1.Pod) bool {
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for _, container := range containers {
			if strings.Contains(container.Image, neverReady) {
				return true
			}
		}
	}
	return false
}

func containerStatus(container corev1.Container, state corev1.ContainerState, ready corev1.ConditionStatus) corev1.ContainerStatus {
	started := state.Running != nil
	return corev1.ContainerStatus{
		Name:    container.Name,
		Image:   container.Image,
		ImageID: container.Image,
		State:   state,
		Ready:   ready == corev1.ConditionTrue,
		Started: &started,
	}
}

// setCondition sets a condition; the time of its last change moves only when it changes.
func setCondition(status *corev1.PodStatus, kind corev1.PodConditionType, value corev1.ConditionStatus, reason string) {
	if value == corev1.ConditionTrue {
		reason = ""
	}
	for i := range status.Conditions {
		condition := &status.Conditions[i]
		if condition.Type != kind {
			continue
		}
		if condition.Status != value {
			condition.LastTransitionTime = metav1.Now()
		}
		condition.Status, condition.Reason = value, reason
		return
	}
	status.Conditions = append(status.Conditions, corev1.PodCondition{
		Type: kind, Status: value, Reason: reason, LastTransitionTime: metav1.Now(),
	})
}

// nextAddress hands out addresses of 10.128.0.0/9, apart from the services' range.
func (k *kubelet) nextAddress() string {
	k.addresses++
	n := k.addresses
	return fmt.Sprintf("10.%d.%d.%d", 128+(n>>16)%128, (n>>8)%256, n%256)
}
